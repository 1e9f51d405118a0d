// Policies: tabular and neural ones both answer to this.
#pragma once
#include <Eigen/Core>

#include "softrl/random.hpp"

namespace softrl {

template <class Observation, class Action>
class Policy {
 public:
  virtual ~Policy() = default;
  virtual Action sample(const Observation& observation, Random& random) const = 0;
  // log π(action|observation): a log probability for discrete actions, a log density for continuous ones; −∞ where the
  // action is never taken.
  virtual double log_prob(const Observation& observation, const Action& action) const = 0;
};

using DiscretePolicy = Policy<int, int>;
using ContinuousPolicy = Policy<Eigen::VectorXd, Eigen::VectorXd>;

}  // namespace softrl
