// A policy that was trained on normalised observations, for the task's own.
#pragma once
#include <memory>

#include "continuous/observation_scale.hpp"
#include "continuous/trained_policy.hpp"

namespace softrl::continuous {

class NormalisedPolicy final : public TrainedPolicy {
 public:
  // Throws std::invalid_argument if the sizes do not fit.
  NormalisedPolicy(std::unique_ptr<TrainedPolicy> policy, ObservationScale scale);

  Eigen::Index observation_size() const override { return policy_->observation_size(); }
  Eigen::Index action_size() const override { return policy_->action_size(); }
  bool deterministic() const override { return policy_->deterministic(); }

  // As the policy's own, of normalised observations.
  Eigen::VectorXd sample(const Eigen::VectorXd& observation, Random& random) const override;
  double log_prob(const Eigen::VectorXd& observation, const Eigen::VectorXd& action) const override;
  Eigen::VectorXd best(const Eigen::VectorXd& observation) const override;
  std::string describe(PolicyGraph& graph, const std::string& observation, const std::string& noise) const override;

 private:
  Eigen::VectorXd normalised(const Eigen::VectorXd& observation) const;

  std::unique_ptr<TrainedPolicy> policy_;
  ObservationScale scale_;
};

}  // namespace softrl::continuous
