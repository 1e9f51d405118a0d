#include "continuous/sampling_policy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <Eigen/LU>

#include "continuous/policy_graph.hpp"
#include "softrl/check.hpp"
#include "softrl/operators.hpp"

namespace softrl::continuous {
namespace {

constexpr int starts = 64;      // of the search for preimages
constexpr int candidates = 64;  // for the best action
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

Eigen::VectorXd draw_noise(Eigen::Index size, Random& random) {
  Eigen::VectorXd noise(size);
  for (double& x : noise) x = random.normal();
  return noise;
}

// [size × candidates], the same every time.
Eigen::MatrixXd noise_of_candidates(Eigen::Index size) {
  Random random(0, "sampling_policy.best");
  Eigen::MatrixXd noise(size, candidates);
  for (double& x : noise.reshaped()) x = random.normal();
  return noise;
}

}  // namespace

SamplingPolicy::SamplingPolicy(FrozenNetwork network, std::vector<FrozenNetwork> critics, const BoxSpace& box)
    : network_(std::move(network)), critics_(std::move(critics)), scale_(box) {
  check_size("noise", network_.input_size(), scale_.size());
  check_size("action", network_.layers.empty() ? 0 : network_.output_size(), scale_.size());
  for (const FrozenNetwork& critic : critics_) {
    check_size("observation of a critic", critic.state_size(), network_.state_size());
    check_size("action of a critic", critic.input_size(), scale_.size());
  }
}

Eigen::VectorXd SamplingPolicy::sample(const Eigen::VectorXd& observation, Random& random) const {
  check_vector("observation", observation, observation_size());
  const Eigen::VectorXd noise = draw_noise(action_size(), random);
  return scale_.to_box(network_.output(network_.state_part(observation), noise).array().tanh().matrix());
}

Eigen::VectorXd SamplingPolicy::best(const Eigen::VectorXd& observation) const {
  check_vector("observation", observation, observation_size());
  check_critics();
  const Eigen::MatrixXd noise = noise_of_candidates(action_size());
  const Eigen::MatrixXd actions = network_.outputs(network_.state_part(observation), noise).array().tanh().matrix();
  Eigen::VectorXd smallest = Eigen::VectorXd::Constant(candidates, std::numeric_limits<double>::infinity());
  for (const FrozenNetwork& critic : critics_)
    smallest = smallest.cwiseMin(critic.outputs(critic.state_part(observation), actions).row(0).transpose());
  Eigen::Index greatest = 0;
  smallest.maxCoeff(&greatest);
  return scale_.to_box(actions.col(greatest));
}

void SamplingPolicy::check_critics() const {
  if (critics_.empty()) throw std::invalid_argument("the best action needs critics");
}

std::string SamplingPolicy::describe(PolicyGraph& graph, const std::string& observation,
                                     const std::string& noise) const {
  using Op = PolicyGraph::Operation;
  const std::string state = graph.state_part(network_, observation);
  if (!noise.empty()) {
    const std::string first = graph.apply(Op::Add, state, graph.input_part(network_, noise));
    return scale_.to_box(graph, graph.apply(Op::Tanh, graph.output_of(network_, first)));
  }
  check_critics();
  const Eigen::MatrixXd of_noise = (network_.input_weight * noise_of_candidates(action_size())).transpose();
  const std::string first = graph.apply(Op::Add, graph.with_choices(state), graph.constant(of_noise));
  const std::string actions = graph.apply(Op::Tanh, graph.output_of(network_, first));  // [N, candidates, d]
  std::string smallest;
  for (const FrozenNetwork& critic : critics_) {
    const std::string of_state = graph.with_choices(graph.state_part(critic, observation));
    const std::string q = graph.output_of(critic, graph.apply(Op::Add, of_state, graph.input_part(critic, actions)));
    smallest = smallest.empty() ? q : graph.apply(Op::Min, smallest, q);
  }
  return scale_.to_box(graph, graph.pick_greatest(actions, smallest, action_size()));
}

double SamplingPolicy::log_prob(const Eigen::VectorXd& observation, const Eigen::VectorXd& action) const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check_vector("observation", observation, observation_size());
  check_vector("action", action, action_size());
  const Eigen::ArrayXd squashed = scale_.to_unit(action).array();
  if (!(squashed.abs() < 1.0).all()) return -infinity;

  const Eigen::VectorXd u = squashed.atanh().matrix();
  const double log_action_by_u = (1.0 - squashed.square()).log().sum() + scale_.log_half_widths();  // log |det ∂a/∂u|
  const Eigen::VectorXd state_part = network_.state_part(observation);

  Random random(0, "sampling_policy.starts");
  std::vector<Eigen::VectorXd> found;
  std::vector<double> log_densities;
  for (int start = 0; start < starts; ++start) {
    const auto preimage = find_preimage(network_, state_part, u, draw_noise(action_size(), random));
    if (!preimage) continue;
    bool known = false;
    for (const Eigen::VectorXd& other : found) known = known || (other - preimage->noise).norm() < same_preimage;
    if (known) continue;
    found.push_back(preimage->noise);
    log_densities.push_back(log_standard_normal(preimage->noise) - preimage->log_determinant - log_action_by_u);
  }
  return log_sum_exp(log_densities);
}

}  // namespace softrl::continuous
