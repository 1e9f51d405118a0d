// Features on a finite MDP, f(s), f(s, a) or f(s, a, s') in R^k (docs/math.md 4): the reward of a step is θ · f.
#pragma once
#include <string>
#include <vector>

#include <Eigen/Core>

#include "irl/road_network.hpp"
#include "tabular/mdp.hpp"

namespace softrl::irl {

using tabular::Index;
using tabular::Mdp;

struct MdpFeatures {
  enum class On {
    States,        // [S × k] counted whenever an action is taken in the state: not in terminal ones, which have none
    StateActions,  // [K × k] by pairs, numbered as in Mdp
    Transitions,   // [N × k] numbered as in Mdp: pair by pair, in the order of successors(); where a row lists a
                   // successor twice, a demonstration is taken to have met the first
  };
  std::vector<std::string> names;  // [k]
  On on = On::StateActions;
  RowMatrix values;

  int count() const { return static_cast<int>(names.size()); }
};

// Throws std::invalid_argument, naming the feature and the row: a wrong size, a value that is not finite or is beyond
// largest_feature (features.hpp), a feature whose squares underflow, a name that is empty or appears twice, no feature
// at all.
void check_features(const Mdp& mdp, const MdpFeatures& features);

// All of `parts` side by side, on whatever all of them can be told of.
MdpFeatures join(const Mdp& mdp, const std::vector<MdpFeatures>& parts);

// [K × k] E[f | s, a].
RowMatrix on_state_actions(const Mdp& mdp, const MdpFeatures& features);

// [N × k] f(s, a, s').
RowMatrix on_transitions(const Mdp& mdp, const MdpFeatures& features);

}  // namespace softrl::irl
