// Small processes for the tests of the tabular module.
#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include "softrl/random.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

struct RandomMdpOptions {
  int states = 8;
  int actions = 3;     // The most in a state; each state has between 1 and this many.
  int successors = 3;  // The most of a pair.
  double discount = 0.9;
  double terminal_probability = 0.0;  // Of every move to end in a terminal state; > 0 adds one with value −1.5.
  double reward_scale = 1.0;
};

inline Mdp random_mdp(const RandomMdpOptions& options, std::uint64_t seed) {
  Random random(seed, "random mdp");
  MdpBuilder builder(options.discount);
  for (int s = 0; s < options.states; ++s) {
    builder.add_state();
    const auto actions = 1 + random.below(options.actions);
    for (int a = 0; a < actions; ++a) {
      std::vector<Successor> row;
      double sum = 0.0;
      for (std::int64_t t = 1 + random.below(options.successors); t > 0; --t) {
        row.push_back({static_cast<Index>(random.below(options.states)), 0.05 + random.uniform()});
        sum += row.back().probability;
      }
      for (auto& [state, probability] : row) probability *= (1.0 - options.terminal_probability) / sum;
      if (options.terminal_probability > 0.0) row.push_back({options.states, options.terminal_probability});
      builder.add_action(options.reward_scale * random.normal(), row);
    }
  }
  if (options.terminal_probability > 0.0) builder.add_terminal_state(-1.5);
  return std::move(builder).build();
}

// One state whose every action returns to it: V = r + α log A + γ V if all rewards are r.
inline Mdp bandit(const std::vector<double>& rewards, double discount) {
  MdpBuilder builder(discount);
  builder.add_state();
  for (const double reward : rewards) builder.add_action(reward, 0);
  return std::move(builder).build();
}

// n states in a row before a terminal one; in each, action 0 goes on (reward −cost), action 1 stays (reward −cost).
inline Mdp corridor(int length, double cost, double discount) {
  MdpBuilder builder(discount);
  for (int s = 0; s < length; ++s) {
    builder.add_state();
    builder.add_action(-cost, s + 1);
    builder.add_action(-cost, s);
  }
  builder.add_terminal_state();
  return std::move(builder).build();
}

}  // namespace softrl::tabular
