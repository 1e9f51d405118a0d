#include "continuous/gaussian_policy.hpp"

#include <limits>
#include <utility>

#include "continuous/policy_graph.hpp"
#include "continuous/squashed_gaussian_bounds.hpp"
#include "softrl/check.hpp"

namespace softrl::continuous {

GaussianPolicy::GaussianPolicy(FrozenNetwork network, const BoxSpace& box) : network_(std::move(network)), scale_(box) {
  check_size("output of the actor", network_.output_size(), 2 * scale_.size());
}

GaussianPolicy::Normal GaussianPolicy::at(const Eigen::VectorXd& observation) const {
  check_vector("observation", observation, observation_size());
  const Eigen::VectorXd output = network_.output(network_.state_part(observation));
  const Eigen::ArrayXd log_deviation =
      output.tail(scale_.size()).array().max(least_log_deviation).min(greatest_log_deviation);
  return {.mean = output.head(scale_.size()), .deviation = log_deviation.exp().matrix()};
}

Eigen::VectorXd GaussianPolicy::sample(const Eigen::VectorXd& observation, Random& random) const {
  const Normal normal = at(observation);
  Eigen::VectorXd u = normal.mean;
  for (Eigen::Index j = 0; j < u.size(); ++j) u(j) += normal.deviation(j) * random.normal();
  return scale_.to_box(u.array().tanh().matrix());
}

double GaussianPolicy::log_prob(const Eigen::VectorXd& observation, const Eigen::VectorXd& action) const {
  const Normal normal = at(observation);
  check_vector("action", action, action_size());
  const Eigen::ArrayXd unit = scale_.to_unit(action).array();
  if (!(unit.abs() < 1.0).all()) return -std::numeric_limits<double>::infinity();
  const Eigen::VectorXd noise = (unit.atanh().matrix() - normal.mean).cwiseQuotient(normal.deviation);
  return log_standard_normal(noise) - normal.deviation.array().log().sum() - (1.0 - unit.square()).log().sum() -
         scale_.log_half_widths();
}

Eigen::VectorXd GaussianPolicy::best(const Eigen::VectorXd& observation) const {
  return scale_.to_box(at(observation).mean.array().tanh().matrix());
}

std::string GaussianPolicy::describe(PolicyGraph& graph, const std::string& observation,
                                     const std::string& noise) const {
  using Op = PolicyGraph::Operation;
  const std::string output = graph.output_of(network_, graph.state_part(network_, observation));
  std::string u = graph.columns(output, 0, scale_.size());
  if (!noise.empty()) {
    const std::string log_deviation = graph.clip(graph.columns(output, scale_.size(), 2 * scale_.size()),
                                                 least_log_deviation, greatest_log_deviation);
    u = graph.apply(Op::Add, u, graph.apply(Op::Mul, graph.apply(Op::Exp, log_deviation), noise));
  }
  return scale_.to_box(graph, graph.apply(Op::Tanh, u));
}

}  // namespace softrl::continuous
