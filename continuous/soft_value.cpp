#include "continuous/soft_value.hpp"

#include <cmath>
#include <numbers>

#include "softrl/check.hpp"

namespace softrl::continuous {

torch::Tensor soft_value(const torch::Tensor& q, double temperature, const torch::Tensor& log_weights) {
  check_positive("temperature", temperature);
  torch::Tensor x = q / temperature;
  if (log_weights.defined()) x = x + log_weights;
  return temperature * at::logsumexp(x, -1);
}

torch::Tensor value_from_uniform_actions(const torch::Tensor& q, double temperature, int action_size) {
  const double log_volume = action_size * std::numbers::ln2;
  return soft_value(q, temperature) + temperature * (log_volume - std::log(static_cast<double>(q.size(-1))));
}

}  // namespace softrl::continuous
