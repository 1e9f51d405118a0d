// Gauss-Seidel sweeps: the optimal backup of one state after the other, each from the newest values.
//
// To and fro they spread a change of policy. The hard maximum, and a soft one of low temperature, changes its mind
// abruptly: a policy that differs in a few states makes their neighbours change theirs, one ring after the other. In
// place such a wave crosses the whole process in one sweep, and not in one linear solve a ring, of which river-swim
// takes as many as it has states.
#pragma once
#include <Eigen/Core>

#include "tabular/bellman.hpp"

namespace softrl::tabular {

// One sweep of `values` [S] in the order of states, or against it; terminal states keep theirs. The Sweep tells by how
// much states changed when their turn came, and max |V| before.
Sweep sweep_in_place(Bellman& bellman, Eigen::VectorXd& values, bool forward);

// A sweep against the order of states, then one in it.
void sweep_to_and_fro(Bellman& bellman, Eigen::VectorXd& values);

}  // namespace softrl::tabular
