// The least value of a quadratic plus the upper envelope of linear functions: what a cutting-plane or bundle method
// solves in every step.
//
//     min over (x, ξ) of λ/2 ‖x‖² + ξ   subject to   v_j · x + b_j ≤ ξ for every cut,  a_m · x ≤ 0 for every bound
//
// With λ = 1, all b_j = 0 and no bounds, Σ α_j v_j = −x is the point of least norm in the convex hull of the v_j.
#pragma once
#include <vector>

#include <Eigen/Core>

#include "irl/road_network.hpp"

namespace softrl::irl {

struct Cut {
  Eigen::VectorXd slope;  // v [K]
  double offset = 0.0;    // b
};

struct BundleMinimum {
  Eigen::VectorXd x;       // [K]
  Eigen::VectorXd shares;  // [cuts] α ≥ 0, their multipliers, which sum to 1 however exact the solution is.
  double lower_bound;      // Of the minimum, by weak duality: it holds however exact the solution is.
};

// `cuts`, at least one; `bounds` [any × K] the a. By a primal-dual interior-point method (Mehrotra's predictor and
// corrector), exact to about 1e-7 for cuts of norm about 1.
BundleMinimum minimise_bundle(double lambda, const std::vector<Cut>& cuts, const RowMatrix& bounds);

}  // namespace softrl::irl
