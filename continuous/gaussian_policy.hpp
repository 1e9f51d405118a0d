// What soft actor-critic has learned, as a policy: a = box(tanh u), u ~ N(μ(s), diag σ²(s)).
#pragma once
#include <Eigen/Core>

#include "continuous/action_scale.hpp"
#include "continuous/frozen_network.hpp"
#include "continuous/trained_policy.hpp"

namespace softrl::continuous {

class GaussianPolicy final : public TrainedPolicy {
 public:
  // `network`: state to μ and log σ, d of each. Throws std::invalid_argument if the sizes do not fit.
  GaussianPolicy(FrozenNetwork network, const BoxSpace& box);

  Eigen::Index observation_size() const override { return network_.state_size(); }
  Eigen::Index action_size() const override { return scale_.size(); }

  // All three throw std::invalid_argument for an argument of the wrong size or not finite.
  Eigen::VectorXd sample(const Eigen::VectorXd& observation, Random& random) const override;
  double log_prob(const Eigen::VectorXd& observation, const Eigen::VectorXd& action) const override;
  Eigen::VectorXd best(const Eigen::VectorXd& observation) const override;  // box(tanh μ(s))
  std::string describe(PolicyGraph& graph, const std::string& observation, const std::string& noise) const override;

 private:
  struct Normal {
    Eigen::VectorXd mean, deviation;  // [d]
  };
  Normal at(const Eigen::VectorXd& observation) const;

  FrozenNetwork network_;
  ActionScale scale_;
};

}  // namespace softrl::continuous
