// Small processes, features and demonstrations for the tests of inverse RL, and oracles that walk every trajectory.
#pragma once
#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include <fmt/format.h>

#include "irl/maxent_likelihood.hpp"
#include "softrl/random.hpp"
#include "tabular/examples.hpp"

namespace softrl::irl {

inline MdpFeatures random_features(const Mdp& mdp, int count, MdpFeatures::On on, std::uint64_t seed) {
  Random random(seed, "features");
  MdpFeatures features{.names = {}, .on = on, .values = {}};
  for (int j = 0; j < count; ++j) features.names.push_back(fmt::format("f{}", j));
  const int rows = on == MdpFeatures::On::States         ? mdp.states()
                   : on == MdpFeatures::On::StateActions ? mdp.pairs()
                                                         : mdp.transitions();
  features.values = RowMatrix::NullaryExpr(rows, count, [&] { return random.normal(); });
  if (on != MdpFeatures::On::Transitions) return features;
  // A row may list a successor twice; nobody could tell which of the two it was.
  for (Index k = 0; k < mdp.pairs(); ++k) {
    const auto next = mdp.successors(k);
    for (std::size_t i = 0; i < next.size(); ++i) {
      const auto first = static_cast<Index>(std::find(next.begin(), next.end(), next[i]) - next.begin());
      features.values.row(mdp.first_transition(k) + static_cast<Index>(i)) =
          features.values.row(mdp.first_transition(k) + first).eval();
    }
  }
  return features;
}

// Somebody who walks at random from random states that are not terminal.
inline std::vector<Demonstration> random_walks(const Mdp& mdp, int count, int steps, std::uint64_t seed) {
  Random random(seed, "walks");
  std::vector<Demonstration> result;
  for (int i = 0; i < count; ++i) {
    Demonstration walk{.name = fmt::format("{}", i), .states = {}, .actions = {}};
    Index state = 0;
    do state = static_cast<Index>(random.below(mdp.states()));
    while (mdp.is_terminal(state));
    walk.states.push_back(state);
    for (int t = 0; t < steps && !mdp.is_terminal(state); ++t) {
      const Index pair = mdp.first_pair(state) + static_cast<Index>(random.below(mdp.action_count(state)));
      const auto p = mdp.probabilities(pair);
      walk.actions.push_back(mdp.action(pair, state));
      state = mdp.successors(pair)[p.empty() ? 0 : static_cast<std::size_t>(random.categorical(p))];
      walk.states.push_back(state);
    }
    result.push_back(std::move(walk));
  }
  return result;
}

// A trajectory of at most `steps` moves that ends early only in a terminal state.
struct Trajectory {
  std::vector<Index> states, pairs, transitions;
  double move_probability = 1.0;  // Π P(s'|s,a)
};

inline void each_trajectory(const Mdp& mdp, const Trajectory& so_far, int steps,
                            const std::function<void(const Trajectory&)>& use) {
  const Index state = so_far.states.back();
  if (steps == 0 || mdp.is_terminal(state)) return use(so_far);
  for (Index k = mdp.first_pair(state); k < mdp.first_pair(state + 1); ++k) {
    const auto successors = mdp.successors(k);
    for (std::size_t i = 0; i < successors.size(); ++i) {
      Trajectory longer = so_far;
      longer.states.push_back(successors[i]);
      longer.pairs.push_back(k);
      longer.transitions.push_back(mdp.first_transition(k) + static_cast<Index>(i));
      longer.move_probability *= mdp.deterministic() ? 1.0 : mdp.probabilities(k)[i];
      each_trajectory(mdp, longer, steps - 1, use);
    }
  }
}

inline void each_trajectory(const Mdp& mdp, Index start, int steps, const std::function<void(const Trajectory&)>& use) {
  each_trajectory(mdp, Trajectory{.states = {start}, .pairs = {}, .transitions = {}}, steps, use);
}

}  // namespace softrl::irl
