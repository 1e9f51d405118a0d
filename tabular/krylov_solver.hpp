// A x = b for the matrix A of a policy, to few digits and in single precision: BiCGSTAB, preconditioned by Gauss-Seidel
// sweeps as long as those suffice, then by multigrid. Whoever needs more digits asks again for what is left
// (policy_system.hpp).
#pragma once
#include <optional>
#include <utility>

#include "tabular/aggregation_multigrid.hpp"
#include "tabular/bicgstab.hpp"
#include "tabular/policy_matrix.hpp"

namespace softrl::tabular {

class KrylovSolver {
 public:
  KrylovSolver(PolicyMatrix a, int threads) : matrix_(std::move(a)), threads_(threads) {}
  KrylovSolver(const KrylovSolver&) = delete;  // the multigrid refers to the matrix
  KrylovSolver& operator=(const KrylovSolver&) = delete;

  const PolicyMatrix& matrix() const { return matrix_; }
  // For linearise() to fill anew.
  PolicyMatrix& new_matrix() {
    multigrid_.reset();
    return matrix_;
  }

  // Whether max |b − A x| ≤ tolerance was reached, for `b` scaled to magnitudes near 1. `x` is what came of at most 115
  // iterations, and may be NaN.
  bool solve(const FloatVector& b, double tolerance, FloatVector& x);

 private:
  PolicyMatrix matrix_;
  int threads_;
  bool needs_multigrid_ = false;  // As one system of a process did, so will the others.
  std::optional<AggregationMultigrid> multigrid_;
};

}  // namespace softrl::tabular
