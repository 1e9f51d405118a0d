// The weights within bounds that maximise a smooth concave function: a projected Newton method (Bertsekas 1982).
//
//     x ← P(x + t d),   d = (−H)⁻¹ g over the weights that are not held at a bound,   P cuts to the bounds
//
// A weight is held where it is at a bound that its slope pushes against. As in maximise.hpp the function may be defined
// on a part of the box only; a trial outside is worth −∞.
#pragma once
#include <functional>
#include <optional>
#include <vector>

#include <Eigen/Core>

#include "irl/maximise.hpp"

namespace softrl::irl {

struct Curvature {
  Eigen::VectorXd gradient;  // [K]
  Eigen::MatrixXd hessian;   // [K × K]
};

struct BoxOptions {
  Eigen::VectorXd lower, upper;  // [K] lower < upper; ±∞ where there is no bound
  double tolerance = 1e-10;      // > 0: stop once a Newton step would add no more
  int max_iterations = 200;      // ≥ 1
  // After every iteration. May throw to abort.
  std::function<void(int iteration, double value, const Eigen::VectorXd& weights)> progress = {};
};

struct BoxMaximum {
  Maximum maximum;
  std::vector<bool> at_bound;  // [K] held at a bound in the end: the maximum lies beyond it, if anywhere
};

// `value` and `curvature` are of the same function; the second is asked only where the first is defined. `start` [K]
// lies in the box, and the function is defined there.
BoxMaximum maximise_in_box(const Objective& value, const std::function<Curvature(const Eigen::VectorXd&)>& curvature,
                           const Eigen::VectorXd& start, const BoxOptions& options);

}  // namespace softrl::irl
