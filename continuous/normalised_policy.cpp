#include "continuous/normalised_policy.hpp"

#include <utility>

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

}  // namespace softrl::continuous
