// The solution of x = A x + b, A ≥ 0 and b ≥ 0, by Gauss-Seidel sweeps from x = 0, which it approaches from below: for
// path sums whose factors would not fit into memory.
#pragma once
#include <vector>

#include "irl/lu_pattern.hpp"
#include "softrl/status.hpp"

namespace softrl::irl {

struct SweepOptions {
  double tolerance = 1e-10;  // > 0: of the relative error of every entry.
  int max_sweeps = 10'000;   // ≥ 1
};

// Overwrites `x`, which holds b, by the solution; `a` are the values of A in the places of `rows`. Rows are swept in
// `order`; x is 0 on others. What every entry grows by shrinks from sweep to sweep by a factor of at most q, and so it
// does for ever: if q < 1, what is missing is at most q / (1 − q) times the last step. Converged if that is within a
// thousandth of the tolerance or, where rounding allows no more, within the tolerance; Stalled if the sums diverge: no
// entry's step shrinks, or one is beyond double precision; or IterationLimit.
Status sweep(const SparseRows& rows, const std::vector<double>& a, const std::vector<int>& order,
             std::vector<double>& x, const SweepOptions& options = {});

}  // namespace softrl::irl
