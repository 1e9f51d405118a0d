// What a sampling network has learned, as a Policy: ξ ~ N(0, I), u = f(s, ξ), a = centre + half_width · tanh(u).
#pragma once
#include <vector>

#include <Eigen/Core>

#include "continuous/action_scale.hpp"
#include "continuous/frozen_network.hpp"
#include "continuous/trained_policy.hpp"

namespace softrl::continuous {

class SamplingPolicy final : public TrainedPolicy {
 public:
  // `network`: state and noise to the action before the squash, noise and action of the same size. `box`: the task's
  // actions; finite bounds. `critics` judge actions in [−1, 1]^d; without any there is no best(). Throws
  // std::invalid_argument if the sizes do not fit.
  SamplingPolicy(FrozenNetwork network, std::vector<FrozenNetwork> critics, const BoxSpace& box);

  Eigen::Index observation_size() const override { return network_.state_size(); }
  Eigen::Index action_size() const override { return scale_.size(); }

  // All of these throw std::invalid_argument for an argument of the wrong size or not finite.
  Eigen::VectorXd sample(const Eigen::VectorXd& observation, Random& random) const override;

  // The log density of sample()'s law at `action`. f is piecewise linear in ξ, so the density is a sum over the ξ that
  // lead to the action: log Σ_ξ N(ξ; 0, I) / |det ∂a/∂ξ|. They are sought by Newton's method from 64 fixed starts; one
  // that is missed makes the result a lower bound. −∞ where none is found, and outside or on the edge of the box.
  // Costs hundreds of evaluations of the network: for diagnostics, not for inner loops.
  double log_prob(const Eigen::VectorXd& observation, const Eigen::VectorXd& action) const override;

  // Of 64 actions, the same draws of ξ every time, that of the greatest Q: the law is in proportion to exp(Q/α).
  Eigen::VectorXd best(const Eigen::VectorXd& observation) const override;
  std::string describe(PolicyGraph& graph, const std::string& observation, const std::string& noise) const override;

 private:
  void check_critics() const;

  FrozenNetwork network_;
  std::vector<FrozenNetwork> critics_;
  ActionScale scale_;
};

}  // namespace softrl::continuous
