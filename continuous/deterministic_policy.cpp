#include "continuous/deterministic_policy.hpp"

#include <utility>

#include "continuous/policy_graph.hpp"
#include "softrl/check.hpp"

namespace softrl::continuous {

DeterministicPolicy::DeterministicPolicy(FrozenNetwork network, const BoxSpace& box)
    : network_(std::move(network)), scale_(box) {
  check_size("output of the actor", network_.output_size(), scale_.size());
}

Eigen::VectorXd DeterministicPolicy::best(const Eigen::VectorXd& observation) const {
  check_vector("observation", observation, observation_size());
  return scale_.to_box(network_.output(network_.state_part(observation)).array().tanh().matrix());
}

std::string DeterministicPolicy::describe(PolicyGraph& graph, const std::string& observation,
                                          const std::string&) const {
  const std::string u = graph.output_of(network_, graph.state_part(network_, observation));
  return scale_.to_box(graph, graph.apply(PolicyGraph::Operation::Tanh, u));
}

Eigen::VectorXd DeterministicPolicy::sample(const Eigen::VectorXd& observation, Random&) const {
  return best(observation);
}

double DeterministicPolicy::log_prob(const Eigen::VectorXd& observation, const Eigen::VectorXd& action) const {
  check_vector("action", action, action_size());
  return BestAction(*this).log_prob(observation, action);
}

}  // namespace softrl::continuous
