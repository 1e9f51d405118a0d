// Transitions and trajectories: demonstrations go in as these, replay and evaluation come out as these.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "softrl/check.hpp"
#include "softrl/environment.hpp"
#include "softrl/policy.hpp"
#include "softrl/random.hpp"

namespace softrl {

template <class Observation, class Action>
struct Transition {
  Observation observation;
  Action action;
  double reward = 0.0;
  Observation next_observation;
  bool terminated = false;
  bool truncated = false;
};

template <class Observation, class Action>
struct Trajectory {
  std::vector<Transition<Observation, Action>> transitions;

  double discounted_return(double discount = 1.0) const {
    double result = 0.0;
    for (auto t = transitions.rbegin(); t != transitions.rend(); ++t) result = t->reward + discount * result;
    return result;
  }
};

// One episode of `policy` in `environment`, which has just started with `observation`: until it terminates, is
// truncated, or `max_steps` ≥ 1 steps are done (the last transition is then marked truncated). Actions are drawn from
// `random`.
template <class Observation, class Action>
Trajectory<Observation, Action> rollout_from(Observation observation, Environment<Observation, Action>& environment,
                                             const Policy<Observation, Action>& policy, Random& random, int max_steps) {
  check_count("max_steps", max_steps, 1);
  Trajectory<Observation, Action> trajectory;
  for (int t = 1; t <= max_steps; ++t) {
    Action action = policy.sample(observation, random);
    Step<Observation> step = environment.step(action);
    const bool truncated = step.truncated || (t == max_steps && !step.terminated);
    trajectory.transitions.push_back({.observation = std::move(observation),
                                      .action = std::move(action),
                                      .reward = step.reward,
                                      .next_observation = step.observation,
                                      .terminated = step.terminated,
                                      .truncated = truncated});
    if (step.terminated || truncated) break;
    observation = std::move(step.observation);
  }
  return trajectory;
}

// The same, once reset(seed) has started it.
template <class Observation, class Action>
Trajectory<Observation, Action> rollout(Environment<Observation, Action>& environment,
                                        const Policy<Observation, Action>& policy, Random& random, int max_steps,
                                        std::optional<std::uint64_t> seed = std::nullopt) {
  return rollout_from(environment.reset(seed), environment, policy, random, max_steps);
}

}  // namespace softrl
