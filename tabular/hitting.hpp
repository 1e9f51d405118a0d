// Whether and when a policy first comes to a set of states: Norris, Markov Chains (1997), Theorems 1.3.2 and 1.3.5.
// The discount plays no part. Probabilities and times are the minimal non-negative solutions of
//     h = P_π h off the targets, h = 1 on them          k = 1 + P_π k off the targets, k = 0 on them
// The graph of moves tells where h is 0 or 1 and where k is infinite; only the rest is computed, and certified. P_π is
// meant with its rows divided by their sums, those of the policy as well: as stored they sum to 1 only nearly, and a
// chain that is sure to come would do so with probability 1 − 10⁻¹⁶. Of what is computed, the bounds hold for both.
#pragma once
#include <span>

#include <Eigen/Core>

#include "softrl/status.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

struct Hitting {
  // Converged; or Stalled: it takes so long that rounding hides it, error_bound is +∞, and `states` is only right
  // where the graph decides (0 elsewhere).
  Status status;
  double error_bound;      // max over s with a finite answer of |states(s) − exact|, rounding included.
  Eigen::VectorXd states;  // [S] for a start in s.
};

// [S] P(some target is ever entered | s_0 = s): 1 in targets; exactly 0 where none can be reached, and exactly 1 where
// none can be missed. Terminal states are never left.
// Both throw std::invalid_argument, naming the state, if `policy` [K] is not one or a target is not a state.
Hitting hitting_probabilities(const Mdp& mdp, const Eigen::VectorXd& policy, std::span<const Index> targets);

// [S] expected steps until a target is entered: 0 in targets; +∞ exactly where the probability is below 1.
Hitting expected_hitting_times(const Mdp& mdp, const Eigen::VectorXd& policy, std::span<const Index> targets);

}  // namespace softrl::tabular
