// What spreads a change of policy: sweeps of the optimal backup in place, to and fro.
//
// The hard maximum, and a soft one of low temperature, changes its mind abruptly: a policy that differs in a few states
// makes their neighbours change theirs, one ring after the other. In place such a wave crosses the whole process in one
// sweep, and not in one linear solve a ring, of which river-swim takes as many as it has states.
#pragma once
#include <Eigen/Core>

#include "tabular/bellman.hpp"

namespace softrl::tabular {

// A Gauss-Seidel sweep of `values` [S] against the order of states and one in it; terminal states keep theirs. Costs
// two backups of each state.
void sweep_to_and_fro(Bellman& bellman, Eigen::VectorXd& values);

}  // namespace softrl::tabular
