// The stationary distribution that a policy settles to: the long-run share of time in each state,
//     x(s) = lim_T (1/T) Σ_{t<T} P(s_t = s)        x = P_πᵀ x        Σ x = 1
// It exists for every chain, periodic or not; terminal states are never left, and the discount plays no part. Where the
// chain may end up in several recurrent classes, x depends on the start: each class has the share of runs that come to
// it.
#pragma once
#include <Eigen/Core>

#include "softrl/status.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

struct StationaryDistribution {
  Status status;         // Converged; or Stalled: it settles or returns so slowly that rounding hides it, then x is 0.
  double error_bound;    // Σ_s |states(s) − x(s)| is at most this, rounding included; +∞ if nothing is certified.
  double flow_residual;  // Σ_s |x − P_πᵀ x|, as computed.
  Index recurrent_classes;  // Of the whole chain, terminal states included: x is the same for all starts if it is 1.
  Eigen::VectorXd states;   // [S] x(s), exactly 0 in transient states.
  Eigen::VectorXd pairs;    // [K] x(s) π(a|s).
};

// `policy` [K]; `start` [S] is the distribution of the first state or any non-negative weights; empty: that of `mdp`.
// Costs up to four linear solves. Throws std::invalid_argument, naming the state, if they are not.
StationaryDistribution stationary_distribution(const Mdp& mdp, const Eigen::VectorXd& policy,
                                               const Eigen::VectorXd& start = {});

}  // namespace softrl::tabular
