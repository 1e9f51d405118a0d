// What every exact solver returns, with the bounds it certifies.
#pragma once
#include <Eigen/Core>

#include "softrl/status.hpp"

namespace softrl::tabular {

struct Solution {
  // Converged: error_bound ≤ tolerance. IterationLimit. Stalled: rounding (or a singular system at discount 1) forbids
  // the tolerance asked for, or the values overflow: then the residual is not finite. Infeasible: at discount 1, some
  // value is infinite or no terminal state can be reached. The bounds below hold whatever the status.
  Status status;
  int iterations;          // Sweeps of value iteration, linear solves of policy iteration.
  double residual;         // max_s |TV − V| at the last sweep, in reward units.
  double lower_gap;        // values − lower_gap ≤ V* in every state; +∞ if nothing is certified.
  double upper_gap;        // V* ≤ values + upper_gap in every state; +∞ if nothing is certified.
  double error_bound;      // max of the two gaps: max_s |values(s) − V*(s)| is at most this, rounding included.
  Eigen::VectorXd values;  // [S] the midpoint of the certified bounds; the last finite iterate where there are none.
  Eigen::VectorXd policy;  // [K] Boltzmann policy of `values` over pairs; to_dense() makes it [S, A].
};

}  // namespace softrl::tabular
