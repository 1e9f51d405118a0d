// The weights that maximise a smooth function, from a start at which its second derivatives are about known: the
// quasi-Newton method of Broyden, Fletcher, Goldfarb and Shanno (Nocedal and Wright 2006, 6.1)
//
//     θ ← θ + t B g        B ≈ (−H)⁻¹, mended by every step: B y = s for the last step s and fall y of the gradient g
//
// A full step, t = 1, is tried first. From a start near the maximum with a B that is right to a tenth, every step gains
// two digits and more, for the price of a gradient.
#pragma once
#include <functional>

#include <Eigen/Core>

#include "irl/maximise.hpp"

namespace softrl::irl {

struct NearOptions {
  Eigen::MatrixXd inverse;   // [K × K] B at the start, positive definite
  double tolerance = 1e-10;  // > 0: stop once a full step promises no more than this, ½ gᵀ B g
  int max_iterations = 200;  // ≥ 1
  // After every iteration. May throw to abort.
  std::function<void(int iteration, double value, const Eigen::VectorXd& weights)> progress = {};
};

// `at_start` is the function at `start` [K], which counts as an evaluation. Trials where it is not defined are worth
// −∞. Ends also when no better weights are found on the line, or, where gains are lost in the rounding of values, when
// the gradient no longer falls: how good the end is, its gradient tells.
Maximum maximise_near(const Objective& objective, const Eigen::VectorXd& start, const ValueAndGradient& at_start,
                      const NearOptions& options);

}  // namespace softrl::irl
