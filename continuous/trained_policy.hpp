// A policy as training leaves it: one that draws actions, and one that always takes the best.
#pragma once
#include <string>
#include <string_view>

#include <Eigen/Core>

#include "softrl/policy.hpp"

namespace softrl::continuous {

class PolicyGraph;

class TrainedPolicy : public ContinuousPolicy {
 public:
  virtual Eigen::Index observation_size() const = 0;
  virtual Eigen::Index action_size() const = 0;
  virtual bool deterministic() const { return false; }  // sample() is best(), always.

  // The action without chance: the most probable one, as far as the policy can tell.
  virtual Eigen::VectorXd best(const Eigen::VectorXd& observation) const = 0;

  // The same as operations on arrays (policy_graph.hpp): the name of the action for observations of that name, drawn by
  // the `noise` of that name, d entries N(0, 1) in the order in which sample() draws them; the best action if it is
  // empty. Throws std::invalid_argument for a policy that has no such form.
  virtual std::string describe(PolicyGraph& graph, const std::string& observation, const std::string& noise) const;
};

// The best action, always, as a policy; `policy` must outlive it. Its law has no density: log_prob() is ∞ at the action
// and −∞ elsewhere.
class BestAction final : public ContinuousPolicy {
 public:
  explicit BestAction(const TrainedPolicy& policy) : policy_(&policy) {}
  Eigen::VectorXd sample(const Eigen::VectorXd& observation, Random&) const override {
    return policy_->best(observation);
  }
  double log_prob(const Eigen::VectorXd& observation, const Eigen::VectorXd& action) const override;

 private:
  const TrainedPolicy* policy_;
};

// Throws std::invalid_argument, naming the argument, if it has another size or is not finite.
void check_vector(std::string_view name, const Eigen::VectorXd& values, Eigen::Index size);

// log N(x; 0, I)
double log_standard_normal(const Eigen::VectorXd& x);

}  // namespace softrl::continuous
