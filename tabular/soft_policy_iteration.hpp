// Soft policy iteration (docs/math.md 2.6, 2.7): evaluate the policy exactly, take the Boltzmann policy of its action
// values, repeat. This is Newton's method on V = TV, so a handful of iterations do; each costs a sparse LU
// factorisation.
//     (I − γ P_π) V = r_π − α D(π)        π' ∝ μ exp(Q_π/α)
#pragma once
#include <Eigen/Core>

#include "softrl/progress.hpp"
#include "tabular/base_measure.hpp"
#include "tabular/mdp.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

struct SoftPolicyIterationOptions {
  double temperature = 1.0;             // α ≥ 0, in reward units; 0 is the hard maximum.
  double tolerance = 1e-8;              // ≥ 0, in reward units: stop once the certified error is at most this.
  int max_iterations = 1'000;           // ≥ 1 linear solves.
  BaseMeasure base_measure = {};        // Counting measure (entropy bonus) unless given.
  Eigen::VectorXd initial_values = {};  // [S] whose Boltzmann policy is the first; empty: the base measure itself is.
  ProgressObserver progress = {};       // Each iteration: residual, error_bound.
};

// Deterministic and silent. At discount 1 the first policy must be sure to reach a terminal state, as the default is
// wherever one can be reached.
// Throws std::invalid_argument, naming the option, if one is out of range. Not converging is a status: look at it.
Solution soft_policy_iteration(const Mdp& mdp, const SoftPolicyIterationOptions& options = {});

}  // namespace softrl::tabular
