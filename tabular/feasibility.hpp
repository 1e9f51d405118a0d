// When a problem with discount 1 has a finite solution (docs/math.md 2, last paragraph, and 4.4).
#pragma once
#include <vector>

#include <Eigen/Core>

#include "tabular/bellman.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

// The states, in order, from which no terminal state can be reached by any policy of positive weight. At discount 1 a
// state like that has no finite value worth the name. Costs O(states + transitions).
std::vector<Index> states_without_exit(const Mdp& mdp, const BaseMeasure& measure = {});

// True only if the value of some state is +∞ at discount 1: there is a set of states that can be kept for ever and in
// which every sweep adds more than rounding error to `values`, with only the actions that stay in it. False proves
// nothing. Costs at most a backup of the state a transition leaves, for every transition.
bool grows_forever(const Bellman& bellman, const Eigen::VectorXd& values);

}  // namespace softrl::tabular
