// Soft policy iteration (docs/math.md 2.6, 2.7): evaluate the policy exactly, take the Boltzmann policy of its action
// values, repeat. This is Newton's method on V = TV, so a handful of iterations do; each costs two linear solves to
// rounding (policy_system.hpp), for the values and for the number of steps that tells how exact they are. Two sweeps in
// place before each let changes of policy spread (sweep_in_place.hpp).
//     (I − γ P_π) V = r_π − α D(π)        π' ∝ μ exp(Q_π/α)
#pragma once
#include "tabular/mdp.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

// Deterministic and silent. The first policy is the Boltzmann policy of the given start values or, without them or
// where it need not reach a terminal state at discount 1, the uniform one over actions of positive weight. Where that
// takes so many steps to the end that rounding leaves nothing of its value, and wherever a later policy does, sweeps of
// value iteration take the place of linear solves until their policy is of use. Throws std::invalid_argument, naming
// the option, if one is out of range. Not converging is a status: look at it.
Solution soft_policy_iteration(const Mdp& mdp, const SolverOptions& options = {});

}  // namespace softrl::tabular
