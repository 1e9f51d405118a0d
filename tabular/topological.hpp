// Topological value iteration (Dai & Goldsmith 2007): solve the strongly connected components of the process one by
// one, each after those that it leads to, so that what lies outside it is known already.
#pragma once
#include "tabular/mdp.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

// Deterministic and silent. An iteration is a pass over all components. A state without a cycle takes one backup; a
// component 32 Gauss-Seidel sweeps at most or, if they do not suffice, Newton's method on it alone (soft policy
// iteration of the process that ends with fixed values where the component is left) and, where that fails, sweeps
// again, options.max_iterations of them in all. The bounds are those of a full sweep after the pass; if the errors
// handed on from component to component exceed the tolerance, the next pass asks for ten times more precision.
// Throws std::invalid_argument, naming the option, if one is out of range. Not converging is a status: look at it.
Solution topological(const Mdp& mdp, const SolverOptions& options = {});

}  // namespace softrl::tabular
