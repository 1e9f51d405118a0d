// How often a policy visits each state and state-action (docs/math.md 4.5), by one linear solve:
//     x = start + γ P_πᵀ x        x(s) = Σ_t γ^t P(s_t = s)        x(s,a) = x(s) π(a|s)
// The discounted visitation is not normalised: without terminal states it sums to 1/(1 − γ), so (1 − γ) x is the
// distribution that some papers mean. At discount 1 it is the expected number of visits before absorption.
// For finite horizons see finite_horizon.hpp.
#pragma once
#include <Eigen/Core>

#include "softrl/status.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

struct Visitation {
  // Converged; or at discount 1 Infeasible: from the start, `policy` is not sure to reach a terminal state; or Stalled:
  // it takes so long that rounding hides it, or that no solution was found. Other than Converged, visits are 0 and
  // error_bound is +∞.
  Status status;
  double flow_residual;  // Σ_s |x − start − γ P_πᵀ x|, as computed: flow in is flow out, but for this.
  double error_bound;  // Σ_s |states(s) − x(s)| is at most this, with rows as stored; +∞ if nothing is certified.
  Eigen::VectorXd states;  // [S] x(s); in a terminal state, which is left at once, γ^t summed over arrivals. States
                           //     that cannot be reached have exactly 0.
  Eigen::VectorXd pairs;   // [K] x(s,a).
};

// `policy` [K]; `start` [S] is the distribution of the first state or any non-negative weights; empty: that of `mdp`.
// Throws std::invalid_argument, naming the state, if they are not.
Visitation visitation(const Mdp& mdp, const Eigen::VectorXd& policy, const Eigen::VectorXd& start = {});

// `start` itself, or the initial distribution of `mdp` if it is empty. Throws std::invalid_argument unless it is
// non-negative and finite.
Eigen::VectorXd start_distribution(const Mdp& mdp, const Eigen::VectorXd& start);

}  // namespace softrl::tabular
