// Modified policy iteration (Puterman & Shin 1978): between two sweeps of the optimal backup, several of the cheaper
// backup of one policy, the Boltzmann policy of the last values. Newton's method (docs/math.md 2.7) with inexact
// solves.
//     W = TV,   π the Boltzmann policy of V,   V' = T_π^m W
#pragma once
#include "tabular/mdp.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

// Deterministic and silent. An iteration is a sweep of the optimal backup, which certifies the bounds, and then up to
// 100 of the policy's, until their changes are a tenth of what the optimal sweep's were.
// Throws std::invalid_argument, naming the option, if one is out of range. Not converging is a status: look at it.
Solution modified_policy_iteration(const Mdp& mdp, const SolverOptions& options = {});

}  // namespace softrl::tabular
