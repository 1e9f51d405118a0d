// BiCGSTAB (van der Vorst 1992), preconditioned from the right, for the non-symmetric systems of a policy.
#pragma once
#include <functional>

#include "tabular/policy_matrix.hpp"

namespace softrl::tabular {

struct KrylovOptions {
  double tolerance;    // Stop once max |b − A x| ≤ tolerance, as far as single precision can tell.
  int max_iterations;  // Of two products and two preconditioner calls each.
  int threads = 1;
};

struct KrylovResult {
  bool converged;
  int iterations;
  double residual;  // max |b − A x|; may be NaN after a breakdown.
};

// z ≈ A⁻¹ r, a linear function of r.
using Preconditioner = std::function<void(const FloatVector& r, FloatVector& z)>;

// Starts from x = 0. `b` should be scaled to magnitudes near 1. Sums are made in an order that does not depend on
// `threads`, so neither does the result.
KrylovResult bicgstab(const PolicyMatrix& a, const FloatVector& b, const Preconditioner& preconditioner,
                      const KrylovOptions& options, FloatVector& x);

}  // namespace softrl::tabular
