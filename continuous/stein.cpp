#include "continuous/stein.hpp"

#include <numbers>

namespace softrl::continuous {

torch::Tensor stein_direction(const torch::Tensor& fixed, const torch::Tensor& scores, const torch::Tensor& updated,
                              const SteinOptions& options) {
  const torch::NoGradGuard no_graph;
  const torch::Tensor distances = squared_distances(fixed, updated);                                    // [B, M, N]
  const torch::Tensor h = bandwidth(distances, options.bandwidth, options.bandwidth_floor);             // [B, 1, 1]
  const torch::Tensor kernel = (distances / -h).exp_().transpose(1, 2);                                 // [B, N, M]
  const torch::Tensor attraction = at::bmm(kernel, scores);                                             // [B, N, d]
  const torch::Tensor repulsion = 2.0 / h * (updated * kernel.sum(-1, true) - at::bmm(kernel, fixed));  // Σ_i ∇_{x_i} k
  return (attraction + repulsion) / fixed.size(1);
}

torch::Tensor log_squash(const torch::Tensor& u) {
  return (2.0 * (std::numbers::ln2 - u - at::softplus(-2.0 * u))).sum(-1);
}

torch::Tensor squashed_score(const torch::Tensor& action, const torch::Tensor& action_score) {
  return action_score * (1.0 - action.square()) - 2.0 * action;
}

}  // namespace softrl::continuous
