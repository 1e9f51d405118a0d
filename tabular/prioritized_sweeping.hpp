// Prioritised sweeping (Moore & Atkeson 1993; Andre, Friedman & Parr 1998): back up the state whose value is most out
// of date, then tell the states that may move there.
//     V(s) ← (TV)(s)  for the s of largest priority       priority(p) ≥ γ |change of V(s)|  for the predecessors p of s
#pragma once
#include "tabular/mdp.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

// Deterministic and silent; worth while where changes are local. An iteration is as many single backups as there are
// states. It starts from a full sweep, whose changes are the first priorities, and whenever the priorities have become
// ten times smaller (and now and then before) a full sweep sets them right and certifies the bounds. Needs memory for
// the predecessors, a quarter to a third of the transitions'. Not divided among threads.
// Throws std::invalid_argument, naming the option, if one is out of range. Not converging is a status: look at it.
Solution prioritized_sweeping(const Mdp& mdp, const SolverOptions& options = {});

}  // namespace softrl::tabular
