// The smallest environment: from 0, action 1 goes a step to the right and action 0 stays, for reward −1; the task ends
// at `goal`. Its policy goes right with a given probability, so an episode's length is negative binomial.
#pragma once
#include <cmath>

#include "softrl/environment.hpp"
#include "softrl/policy.hpp"

namespace softrl::test {

class Walk : public DiscreteEnvironment {
 public:
  explicit Walk(int goal) : goal_(goal) {}
  Space observation_space() const override { return DiscreteSpace{goal_ + 1}; }
  Space action_space() const override { return DiscreteSpace{2}; }
  int reset(std::optional<std::uint64_t> = std::nullopt) override { return position_ = 0; }
  Step<int> step(const int& action) override {
    position_ += action;
    return {.observation = position_, .reward = -1.0, .terminated = position_ == goal_};
  }

 private:
  int goal_;
  int position_ = 0;
};

class GoRight : public DiscretePolicy {
 public:
  explicit GoRight(double probability) : probability_(probability) {}
  int sample(const int&, Random& random) const override { return random.uniform() < probability_ ? 1 : 0; }
  double log_prob(const int&, const int& action) const override {
    return std::log(action == 1 ? probability_ : 1.0 - probability_);
  }

 private:
  double probability_;
};

}  // namespace softrl::test
