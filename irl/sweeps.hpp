// The solution of x = A x + b, A ≥ 0 and b ≥ 0, by Gauss-Seidel sweeps from x = 0, which it approaches from below: for
// path sums whose factors would not fit into memory.
#pragma once
#include <vector>

#include "irl/lu_pattern.hpp"
#include "softrl/status.hpp"

namespace softrl::irl {

struct SweepOptions {
  double tolerance = 1e-10;  // > 0: of the relative error of every entry.
  int max_sweeps = 10'000;   // ≥ 1, on x and w together
};

// Overwrites `x`, which holds b, by the solution; `a` are the values of A in the places of `rows`. Rows are swept in
// `order`; x is 0 on others.
//
// Sweeps approach x from below, so that the residual r = b + A x − x is nowhere negative, and what is missing is
// (I − A)⁻¹ r. Some w ≥ 0 with w − A w ≥ x / 2, found by sweeps on w = A w + x, proves that this inverse exists and is
// nowhere negative, and r ≤ ε x that no more than 2 ε w is missing. Converged if that is within `tolerance`, and as far
// below as rounding allows, down to a thousandth; Stalled if the sums diverge: no step becomes smaller, or an entry is
// beyond double precision; or IterationLimit.
Status sweep(const SparseRows& rows, const std::vector<double>& a, const std::vector<int>& order,
             std::vector<double>& x, const SweepOptions& options = {});

}  // namespace softrl::irl
