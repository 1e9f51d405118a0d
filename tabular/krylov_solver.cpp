#include "tabular/krylov_solver.hpp"

#include <algorithm>

namespace softrl::tabular {

bool KrylovSolver::solve(const FloatVector& b, double tolerance, FloatVector& x) {
  KrylovOptions options{.tolerance = tolerance, .max_iterations = 15, .threads = threads_};
  if (!needs_multigrid_) {
    const auto sweeps = [&](const FloatVector& r, FloatVector& z) {
      std::fill(z.begin(), z.end(), 0.0f);
      sweep_forward(matrix_, r, z);
      sweep_backward(matrix_, r, z);
    };
    if (bicgstab(matrix_, b, sweeps, options, x).converged) return true;
    needs_multigrid_ = true;
  }
  if (!multigrid_) multigrid_.emplace(matrix_, threads_);
  options.max_iterations = 100;
  const auto cycle = [&](const FloatVector& r, FloatVector& z) { multigrid_->apply(r, z); };
  return bicgstab(matrix_, b, cycle, options, x).converged;
}

}  // namespace softrl::tabular
