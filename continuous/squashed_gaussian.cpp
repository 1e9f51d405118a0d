#include "continuous/squashed_gaussian.hpp"

#include <cmath>
#include <numbers>

#include "continuous/stein.hpp"

namespace softrl::continuous {

SquashedSample squashed_sample(const torch::Tensor& parameters, const torch::Tensor& noise) {
  const auto parts = parameters.chunk(2, -1);
  const torch::Tensor log_deviation = parts[1].clamp(least_log_deviation, greatest_log_deviation);
  const torch::Tensor deviation = log_deviation.exp();
  const torch::Tensor u = parts[0] + deviation * noise;
  const double log_normaliser = 0.5 * static_cast<double>(noise.size(-1)) * std::log(2.0 * std::numbers::pi);
  return {.noise = noise,
          .deviation = deviation,
          .inside = parts[1].eq(log_deviation).to(parameters.scalar_type()),
          .action = u.tanh(),
          .log_prob = (-0.5 * noise.square() - log_deviation).sum(-1) - log_normaliser - log_squash(u)};
}

torch::Tensor squashed_gradient(const SquashedSample& sample, const torch::Tensor& temperature,
                                const torch::Tensor& action_gradient) {
  const torch::Tensor by_u = 2.0 * temperature * sample.action - (1.0 - sample.action.square()) * action_gradient;
  const torch::Tensor by_log_deviation = sample.inside * (by_u * sample.deviation * sample.noise - temperature);
  return at::cat(std::vector<torch::Tensor>{by_u, by_log_deviation}, -1);
}

}  // namespace softrl::continuous
