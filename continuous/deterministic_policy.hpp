// What a deterministic actor has learned, as a policy: a = box(tanh μ(s)), without chance.
#pragma once
#include <Eigen/Core>

#include "continuous/action_scale.hpp"
#include "continuous/frozen_network.hpp"
#include "continuous/trained_policy.hpp"

namespace softrl::continuous {

class DeterministicPolicy final : public TrainedPolicy {
 public:
  // `network`: state to action before the squash. Throws std::invalid_argument if the sizes do not fit.
  DeterministicPolicy(FrozenNetwork network, const BoxSpace& box);

  Eigen::Index observation_size() const override { return network_.state_size(); }
  Eigen::Index action_size() const override { return scale_.size(); }
  bool deterministic() const override { return true; }

  // All three throw std::invalid_argument for an argument of the wrong size or not finite.
  Eigen::VectorXd sample(const Eigen::VectorXd& observation, Random& random) const override;
  // Its law has no density: ∞ at the action, −∞ elsewhere.
  double log_prob(const Eigen::VectorXd& observation, const Eigen::VectorXd& action) const override;
  Eigen::VectorXd best(const Eigen::VectorXd& observation) const override;
  std::string describe(PolicyGraph& graph, const std::string& observation, const std::string& noise) const override;

 private:
  FrozenNetwork network_;
  ActionScale scale_;
};

}  // namespace softrl::continuous
