// Soft value iteration (docs/math.md 2.1, 2.5): repeat V ← TV until the certified bounds are as close as asked for.
//     V(s) = α log Σ_a μ(a|s) exp(Q(s,a)/α)        Q(s,a) = r(s,a) + γ Σ_s' P(s'|s,a) V(s')
#pragma once
#include "tabular/mdp.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

// Deterministic and silent; each sweep costs O(stored transitions). Below discount 1 the error shrinks by γ a sweep,
// and the bounds are MacQueen-Porteus; at discount 1 they are the verified enclosure of certificate.hpp. Throws
// std::invalid_argument, naming the option, if one is out of range. Not converging is a status: look at it.
Solution soft_value_iteration(const Mdp& mdp, const SolverOptions& options = {});

}  // namespace softrl::tabular
