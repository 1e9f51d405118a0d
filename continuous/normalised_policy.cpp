#include "continuous/normalised_policy.hpp"

#include <utility>

#include "continuous/policy_graph.hpp"
#include "softrl/check.hpp"

namespace softrl::continuous {

NormalisedPolicy::NormalisedPolicy(std::unique_ptr<TrainedPolicy> policy, ObservationScale scale)
    : policy_(std::move(policy)), scale_(std::move(scale)) {
  check_size("mean of observations", scale_.mean.size(), observation_size());
  check_size("deviation of observations", scale_.deviation.size(), observation_size());
}

Eigen::VectorXd NormalisedPolicy::normalised(const Eigen::VectorXd& observation) const {
  check_vector("observation", observation, observation_size());
  return scale_.apply(observation);
}

Eigen::VectorXd NormalisedPolicy::sample(const Eigen::VectorXd& observation, Random& random) const {
  return policy_->sample(normalised(observation), random);
}

double NormalisedPolicy::log_prob(const Eigen::VectorXd& observation, const Eigen::VectorXd& action) const {
  return policy_->log_prob(normalised(observation), action);
}

Eigen::VectorXd NormalisedPolicy::best(const Eigen::VectorXd& observation) const {
  return policy_->best(normalised(observation));
}

std::string NormalisedPolicy::describe(PolicyGraph& graph, const std::string& observation,
                                       const std::string& noise) const {
  using Op = PolicyGraph::Operation;
  const std::string centred = graph.apply(Op::Sub, observation, graph.constant(scale_.mean));
  const std::string scaled = graph.apply(Op::Div, centred, graph.constant(scale_.deviation));
  return policy_->describe(graph, graph.clip(scaled, -greatest_normalised, greatest_normalised), noise);
}

}  // namespace softrl::continuous
