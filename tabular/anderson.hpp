// Anderson-accelerated value iteration with a safeguard (Anderson 1965; Walker & Ni 2011; for policies Geist & Scherrer
// 2018). With f_i = T V_i − V_i, the next point is the combination of the last few T V_i, with weights that add up to
// 1, for which the same combination of the f_i is smallest:
//     V_{k+1} = T V_k − ΔG x,   x = argmin |f_k − ΔF x|₂,   ΔF, ΔG the differences of successive f and TV   (type II)
#pragma once
#include "tabular/mdp.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

// Deterministic and silent. An iteration is a sweep. The safeguard: an extrapolated point is kept only if |f|₂ is at
// most min(γ, 0.99) times the largest of the last ten kept ones, and if the spread of its f is still at most ten times
// what as many plain sweeps would ensure; otherwise the plain sweep follows from the last kept point. Extrapolation
// does not leave the band around TV in which the solution must lie, and it rests when it brings little. Needs memory
// for about 20 arrays of values. Throws std::invalid_argument, naming the option, if one is out of range. Not
// converging is a status: look at it.
Solution anderson(const Mdp& mdp, const SolverOptions& options = {});

}  // namespace softrl::tabular
