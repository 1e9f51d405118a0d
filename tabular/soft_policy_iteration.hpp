// Soft policy iteration (docs/math.md 2.6, 2.7): evaluate the policy exactly, take the Boltzmann policy of its action
// values, repeat. This is Newton's method on V = TV, so a handful of iterations do; each costs a sparse LU
// factorisation.
//     (I − γ P_π) V = r_π − α D(π)        π' ∝ μ exp(Q_π/α)
#pragma once
#include "tabular/mdp.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

// Deterministic and silent. At discount 1 the first policy must be sure to reach a terminal state, as the default is
// wherever one can be reached.
// Throws std::invalid_argument, naming the option, if one is out of range. Not converging is a status: look at it.
Solution soft_policy_iteration(const Mdp& mdp, const SolverOptions& options = {});

}  // namespace softrl::tabular
