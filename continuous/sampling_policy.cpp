#include "continuous/sampling_policy.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <Eigen/LU>

#include "softrl/check.hpp"
#include "softrl/operators.hpp"

namespace softrl::continuous {
namespace {

constexpr int starts = 64;
constexpr int newton_limit = 100;
constexpr int halvings = 12;
constexpr double tolerance = 1e-10;     // of f(ξ) = u, relative to 1 + |u|
constexpr double same_preimage = 1e-6;  // distance below which two solutions are one

struct Preimage {
  Eigen::VectorXd noise;
  double log_determinant;  // log |det ∂u/∂ξ|
};

// Solves f(ξ) = u from `noise` on. A step is halved until it brings f nearer to u: on a piecewise linear map a full one
// may leave the piece it was computed for.
std::optional<Preimage> find_preimage(const FrozenNetwork& network, const Eigen::VectorXd& state_part,
                                      const Eigen::VectorXd& u, Eigen::VectorXd noise) {
  auto at = network.linearise(state_part, noise);
  double error = (at.output - u).norm();
  for (int iteration = 0; iteration < newton_limit; ++iteration) {
    const Eigen::FullPivLU<Eigen::MatrixXd> solver(at.jacobian);
    if (!solver.isInvertible()) return std::nullopt;
    if (error <= tolerance * (1.0 + u.norm()))
      return Preimage{.noise = std::move(noise),
                      .log_determinant = solver.matrixLU().diagonal().array().abs().log().sum()};
    const Eigen::VectorXd step = solver.solve(u - at.output);
    double scale = 1.0;
    for (int halving = 0;; ++halving, scale *= 0.5) {
      if (halving == halvings) return std::nullopt;
      const Eigen::VectorXd candidate = noise + scale * step;
      auto linearised = network.linearise(state_part, candidate);
      const double candidate_error = (linearised.output - u).norm();
      if (candidate_error >= error) continue;
      noise = candidate;
      at = std::move(linearised);
      error = candidate_error;
      break;
    }
  }
  return std::nullopt;
}

void check_vector(std::string_view name, const Eigen::VectorXd& values, Eigen::Index size) {
  check_size(name, values.size(), size);
  for (const double value : values) check_finite(name, value);
}

double log_normal(const Eigen::VectorXd& x) {
  return -0.5 * (x.squaredNorm() + static_cast<double>(x.size()) * std::log(2.0 * std::numbers::pi));
}

}  // namespace

SamplingPolicy::SamplingPolicy(FrozenNetwork network, const BoxSpace& box)
    : network_(std::move(network)), centre_(0.5 * (box.high + box.low)), half_width_(0.5 * (box.high - box.low)) {
  check_size("noise", network_.input_size(), centre_.size());
  check_size("action", network_.layers.empty() ? 0 : network_.layers.back().bias.size(), centre_.size());
  for (const double width : half_width_) check_positive("half width of the action box", width);
}

Eigen::VectorXd SamplingPolicy::sample(const Eigen::VectorXd& observation, Random& random) const {
  check_vector("observation", observation, observation_size());
  Eigen::VectorXd noise(action_size());
  for (double& x : noise) x = random.normal();
  const Eigen::VectorXd u = network_.output(network_.state_part(observation), noise);
  return centre_ + half_width_.cwiseProduct(u.array().tanh().matrix());
}

double SamplingPolicy::log_prob(const Eigen::VectorXd& observation, const Eigen::VectorXd& action) const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check_vector("observation", observation, observation_size());
  check_vector("action", action, action_size());
  const Eigen::ArrayXd squashed = (action - centre_).array() / half_width_.array();
  if (!(squashed.abs() < 1.0).all()) return -infinity;

  const Eigen::VectorXd u = squashed.atanh().matrix();
  const double log_action_by_u = ((1.0 - squashed.square()) * half_width_.array()).log().sum();  // log |det ∂a/∂u|
  const Eigen::VectorXd state_part = network_.state_part(observation);

  Random random(0, "sampling_policy.starts");
  std::vector<Eigen::VectorXd> found;
  std::vector<double> log_densities;
  for (int start = 0; start < starts; ++start) {
    Eigen::VectorXd noise(action_size());
    for (double& x : noise) x = random.normal();
    const auto preimage = find_preimage(network_, state_part, u, std::move(noise));
    if (!preimage) continue;
    bool known = false;
    for (const Eigen::VectorXd& other : found) known = known || (other - preimage->noise).norm() < same_preimage;
    if (known) continue;
    found.push_back(preimage->noise);
    log_densities.push_back(log_normal(preimage->noise) - preimage->log_determinant - log_action_by_u);
  }
  return log_sum_exp(log_densities);
}

}  // namespace softrl::continuous
