// Soft policy iteration whose linear systems are solved only as well as pays (docs/math.md 2.7): an inexact Newton
// method for processes of millions of states, where a factorisation would not fit.
//     (I − γ P_π) δ = TV − V        V ← V + δ        π the Boltzmann policy at V
//
// BiCGSTAB solves for the correction, with a Gauss-Seidel sweep in either direction as its preconditioner, or, where
// that turns out too slow (discounts near 1), with aggregation multigrid. At temperature 0, Gauss-Seidel sweeps of the
// backup itself between corrections let changes of policy spread. Corrections are held in single precision; the
// backup that follows each, and the bounds, are in double precision. How well a system must be solved follows the
// residual TV − V: where a correction made it grow or was not found, the next are solved better, and after nine such
// plain sweeps take over for good, which converge below discount 1. That a residual falls with each correction, but
// ever less, is not excluded by this; max_iterations ends it.
#pragma once
#include "tabular/mdp.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

// Deterministic and silent; the answer does not depend on options.threads. An iteration is one correction, of one pass
// over the transitions and as many over the much smaller P_π as its solve takes. Throws std::invalid_argument, naming
// the option, if one is out of range. Not converging is a status: look at it.
Solution krylov_policy_iteration(const Mdp& mdp, const SolverOptions& options = {});

}  // namespace softrl::tabular
