// The exact value of a given policy (docs/math.md 2.2): a linear solve, then a certified error.
//     V_π = r_π − α D(π) + γ P_π V_π
#pragma once
#include <Eigen/Core>

#include "softrl/status.hpp"
#include "tabular/base_measure.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

struct PolicyEvaluationOptions {
  double temperature = 1.0;       // α ≥ 0, in reward units; 0 counts rewards alone.
  BaseMeasure base_measure = {};  // Counting measure (entropy bonus) unless given.
};

struct PolicyEvaluation {
  // Converged; or, at discount 1, Infeasible: `policy` is not sure to reach a terminal state; or Stalled: it takes so
  // long that rounding hides it, or that no solution was found. Other than Converged, values are 0 but for terminal
  // ones, and error_bound is +∞.
  Status status;
  double residual;         // max_s |T_π V − V|.
  double error_bound;      // max_s |values(s) − V_π(s)| is at most this, rounding included: of the process with
                           // rows as stored, and of that with rows divided by their sums.
  Eigen::VectorXd values;  // [S], reward units.
};

// `policy` [K] over pairs. Throws std::invalid_argument, naming option, state or action, if it is not a policy of
// `mdp`, or if the temperature is positive and it takes an action of base weight 0, whose value would be −∞.
PolicyEvaluation policy_evaluation(const Mdp& mdp, const Eigen::VectorXd& policy,
                                   const PolicyEvaluationOptions& options = {});

}  // namespace softrl::tabular
