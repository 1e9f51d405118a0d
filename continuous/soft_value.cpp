#include "continuous/soft_value.hpp"

namespace softrl::continuous {

torch::Tensor soft_value(const torch::Tensor& q, const torch::Tensor& temperature, const torch::Tensor& log_weights) {
  torch::Tensor x = q / temperature;
  if (log_weights.defined()) x = x + log_weights;
  return temperature * at::logsumexp(x, -1);
}

}  // namespace softrl::continuous
