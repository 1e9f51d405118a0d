// Gauss-Seidel value iteration: sweeps in place, in which a state already sees the new values of those before it.
//     V(s) ← (TV)(s)   for s = 0, 1, …, S−1,   then for s = S−1, …, 0,   and so on
#pragma once
#include "tabular/mdp.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

// Deterministic and silent. An iteration is a sweep in place; from values that are all too low (V ≤ TV) or all too high
// it gets at least as far as one of value iteration, and news travels in one go as far as states are ordered along
// their moves. Bounds come from ordinary sweeps of the start values, whenever the changes promise that one will
// meet the tolerance, and after every 16 iterations. Sweeps in place are not divided among threads.
// Throws std::invalid_argument, naming the option, if one is out of range. Not converging is a status: look at it.
Solution gauss_seidel(const Mdp& mdp, const SolverOptions& options = {});

}  // namespace softrl::tabular
