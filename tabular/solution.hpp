// What every exact solver is asked, and what it answers with the bounds it certifies.
#pragma once
#include <optional>

#include <Eigen/Core>

#include "softrl/progress.hpp"
#include "softrl/status.hpp"
#include "tabular/base_measure.hpp"
#include "tabular/feasibility.hpp"
#include "tabular/method.hpp"

namespace softrl::tabular {

// One set of options for all methods, so that they can be exchanged and compared.
struct SolverOptions {
  double temperature = 1.0;             // α ≥ 0, in reward units; 0 is the hard maximum.
  double tolerance = 1e-8;              // ≥ 0, in reward units: stop once the certified error is at most this.
  int max_iterations = 100'000;         // ≥ 1, of the method's own iterations (Solution::iterations).
  BaseMeasure base_measure = {};        // Counting measure (entropy bonus) unless given.
  Eigen::VectorXd initial_values = {};  // [S] warm start, terminal states ignored; empty: the method's own start.
  int threads = 1;                      // ≥ 0; 0: one for each core. Answers do not depend on it.
  ProgressObserver progress = {};       // Each iteration: residual, error_bound.
};

struct Solution {
  Method method;  // That found it.
  // Converged: error_bound ≤ tolerance. IterationLimit. Stalled: rounding (or a singular system at discount 1) forbids
  // the tolerance asked for, or the values overflow: then the residual is not finite. Infeasible: at discount 1, some
  // value is infinite or no terminal state can be reached. The bounds below hold whatever the status.
  Status status;
  int iterations;          // Sweeps of value iteration, linear solves of policy iteration; each method says which.
  double residual;         // max_s |TV − V| at the last sweep, in reward units.
  double lower_gap;        // values − lower_gap ≤ V* in every state; +∞ if nothing is certified.
  double upper_gap;        // V* ≤ values + upper_gap in every state; +∞ if nothing is certified.
  double error_bound;      // max of the two gaps: max_s |values(s) − V*(s)| is at most this, rounding included.
  Eigen::VectorXd values;  // [S] the midpoint of the certified bounds; a finite iterate where there are none.
  Eigen::VectorXd policy;  // [K] Boltzmann policy of `values` over pairs; to_dense() makes it [S, A].
  std::optional<Existence> existence;  // At discount 1: bounds of the gain of staying for ever, and what follows.
};

}  // namespace softrl::tabular
