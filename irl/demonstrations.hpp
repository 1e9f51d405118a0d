// Demonstrations of somebody who moves in a finite MDP: what inverse RL learns from.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "irl/maxent_process.hpp"

namespace softrl::irl {

struct Demonstration {
  std::string name;
  std::vector<Index> states;   // [T + 1] the last is where it ends: in a terminal state, or because it was cut
  std::vector<Index> actions;  // [T] names of actions as in Mdp

  int steps() const { return static_cast<int>(actions.size()); }
};

// Throws std::invalid_argument, naming the demonstration and the step: no steps, states or actions that there are not,
// a successor of probability 0.
void check_demonstrations(const Mdp& mdp, const std::vector<Demonstration>& demonstrations);

// A CSV file with the columns trajectory, t, state, action, and perhaps next_state: a row per step, t = 0, 1, 2, …, in
// any order. Where a demonstration ends, next_state says, or a last row without action; neither is needed where the
// last move was sure. Throws std::runtime_error, "file:line: column: what is wrong".
std::vector<Demonstration> read_demonstrations(const std::filesystem::path& file, const Mdp& mdp);

// The same file, with all five columns. Throws std::runtime_error if it cannot be written.
void write_demonstrations(const std::filesystem::path& file, const std::vector<Demonstration>& demonstrations);

struct SimulationOptions {
  int count = 100;         // ≥ 1
  int max_steps = 1000;    // ≥ 1 a demonstration that takes longer is cut; a fixed horizon ends it in any case
  std::uint64_t seed = 0;  // The same seed, the same demonstrations.
};

// Somebody who follows the policy in the MDP, from its initial distribution. `mdp` is that of `process`.
std::vector<Demonstration> simulate(const Mdp& mdp, const MaxEntProcess& process, const SoftPolicy& policy,
                                    const SimulationOptions& options = {});

}  // namespace softrl::irl
