// Between which log σ of the tanh-Gaussian is kept, in training and after it.
#pragma once

namespace softrl::continuous {

constexpr double least_log_deviation = -20.0, greatest_log_deviation = 2.0;

}  // namespace softrl::continuous
