// Environments with Gymnasium's semantics: gridworlds, multi-goal and MuJoCo tasks all answer to this.
//
// `terminated` says that the task itself has ended: the value of what follows is 0. `truncated` says that somebody
// stopped watching (a time limit): the value of what follows is not 0, and a learner bootstraps from it.
// After either, the next call must be reset().
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <Eigen/Core>

#include "softrl/check.hpp"

namespace softrl {

struct DiscreteSpace {
  int n;  // {0, …, n−1}
};
struct BoxSpace {
  Eigen::VectorXd low, high;  // [d] bounds, each may be infinite
};
using Space = std::variant<DiscreteSpace, BoxSpace>;

template <class Observation>
struct Step {
  Observation observation;
  double reward = 0.0;
  bool terminated = false;
  bool truncated = false;
  std::vector<double> info = {};  // In the order of Environment::info_names().
};

template <class Observation, class Action>
class Environment {
 public:
  virtual ~Environment() = default;
  virtual Space observation_space() const = 0;
  virtual Space action_space() const = 0;
  virtual std::vector<std::string> info_names() const { return {}; }

  // Starts an episode. With a seed, the environment's generator is set by it first; without one it goes on.
  virtual Observation reset(std::optional<std::uint64_t> seed = std::nullopt) = 0;

  // One step. Throws std::invalid_argument if `action` is not of the action space's shape or not finite.
  virtual Step<Observation> step(const Action& action) = 0;
};

using DiscreteEnvironment = Environment<int, int>;
using ContinuousEnvironment = Environment<Eigen::VectorXd, Eigen::VectorXd>;

// Cuts episodes of `environment` after `limit` steps: the step that reaches it is truncated (and may be terminated
// too).
template <class Observation, class Action>
class TimeLimit : public Environment<Observation, Action> {
 public:
  TimeLimit(std::unique_ptr<Environment<Observation, Action>> environment, int limit)
      : environment_(std::move(environment)), limit_(limit) {
    check_count("time limit", limit, 1);
  }
  Space observation_space() const override { return environment_->observation_space(); }
  Space action_space() const override { return environment_->action_space(); }
  std::vector<std::string> info_names() const override { return environment_->info_names(); }
  Observation reset(std::optional<std::uint64_t> seed = std::nullopt) override {
    elapsed_ = 0;
    return environment_->reset(seed);
  }
  Step<Observation> step(const Action& action) override {
    auto step = environment_->step(action);
    step.truncated = step.truncated || ++elapsed_ >= limit_;
    return step;
  }

 protected:
  int elapsed_ = 0;  // Steps of this episode so far; open to tasks that restore a saved state.

 private:
  std::unique_ptr<Environment<Observation, Action>> environment_;
  int limit_;
};

}  // namespace softrl
