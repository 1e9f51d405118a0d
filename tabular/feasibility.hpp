// When a problem with discount 1 has a finite solution (docs/math.md 2.12, 4.4).
#pragma once
#include <vector>

#include <Eigen/Core>

#include "tabular/bellman.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

// The states, in order, from which no terminal state can be reached by any policy of positive weight. At discount 1 a
// state like that has no finite value worth the name. Costs O(states + transitions).
std::vector<Index> states_without_exit(const Mdp& mdp, const BaseMeasure& measure = {});

struct Existence {
  // At discount 1 a finite solution exists if every state has an exit and staying for ever is worth −∞ everywhere.
  // Undecided: the bounds of the gain have 0 between them. At temperature 0 that is all that can be said of a gain of
  // exactly 0 (loops that cost nothing): values are finite, but V = TV has other solutions too. At positive ones a gain
  // of 0 is too much already, and known where rewards along a loop add up to 0 without rounding; what would cancel
  // entropy, such as a cost of α log 2, is never exactly a double.
  enum class Verdict { Exists, DoesNotExist, Undecided };
  Verdict verdict;
  Index states_without_exit;

  // Bounds, rounding included, of the gain g: the most that a step is worth in the long run to a policy that stays for
  // ever, max_π lim E[Σ r − α D(π)]/n, in reward units. Both −∞ if every policy ends with certainty.
  double gain_lower, gain_upper;
};

// exp(g/α), α > 0: for deterministic moves the spectral radius of the path-sum operator M_ss' = Σ_a μ exp(r/α) where it
// does not end, and for stochastic ones its counterpart with expected logarithms, the growth of exp(V/α) a sweep.
struct SpectralRadiusBounds {
  double lower, upper;
};
SpectralRadiusBounds spectral_radius(const Existence& existence, double temperature);

struct ExistenceOptions {
  int max_sweeps = 200;         // ≥ 1, of the part of the process that can be stayed in.
  int max_solves = 30;          // ≥ 0 linear solves (Newton's steps) where sweeps do not settle it.
  Index largest_solve = 5'000;  // Most states for which to use them.
  double relative_width = 0.1;  // ≥ 0: settled once the sign of the gain is known, and the gain up to this share.
};

// Bounds the gain and judges by it, whatever the discount, as if it were 1. Every V bounds it,
//     min (T_C V − V)  ≤  g_C  ≤  max (T_C V − V)
// over each maximal end component C, T_C the backup with only the actions that stay; V is improved by damped sweeps,
// then by policy iteration. `guess` [S] is a first V, such as a solver's iterate; it may be empty, infinite or NaN.
Existence existence(const Bellman& bellman, const Eigen::VectorXd& guess, const ExistenceOptions& options = {});

}  // namespace softrl::tabular
