// The weights within bounds that maximise a smooth concave function L less a penalty (penalty.hpp).
//
// Without L1 and bounds by L-BFGS (maximise.hpp), L2 being part of a smooth function, or from a start near the maximum
// by steps with a known Hessian (maximise_near.hpp). Else by Newton's method in boxes
// (maximise_in_box.hpp): where no weight changes its sign the L1 penalty is linear, so that such an orthant, cut by the
// bounds, is a box in which F is smooth. Weights at 0 stay there unless the slope of L exceeds the penalty's; when a
// box is done, those that want to leave 0 choose the next one. There are few boxes, and OWL-QN needs many more steps.
//
// If L has kinks, and there is no L1 penalty, the search goes on from where these stall: maximise_at_kinks.hpp.
#pragma once
#include <functional>
#include <optional>

#include <Eigen/Core>

#include "irl/maximise.hpp"
#include "irl/maximise_in_box.hpp"
#include "irl/penalty.hpp"

namespace softrl::irl {

// What is known where a search starts.
struct KnownStart {
  ValueAndGradient value;   // of L
  Eigen::MatrixXd inverse;  // [K × K] about (−H)⁻¹ of L less the penalty, positive definite
};

struct PenalisedOptions {
  Penalty penalty = {};
  Eigen::VectorXd sizes;         // [K] > 0: by which the penalty counts weights.
  Eigen::VectorXd lower, upper;  // [K] lower < upper; ±∞ where there is no bound
  Eigen::VectorXd scale;         // [K] as in MaximiseOptions, as are the rest
  double unit = 1.0;
  double tolerance = 1e-10;  // > 0: in boxes, stop once Newton steps would add no more
  int max_iterations = 200;
  bool kinks = false;
  double kink_tolerance = 1e-8;  // > 0: of maximise_at_kinks
  std::function<void(int iteration, double value, const Eigen::VectorXd& weights)> progress = {};
  std::optional<KnownStart> near = {};  // the start is near the maximum; of no use with L1 or bounds
};

// `value` and `curvature` are of L; the second is asked only where the first is defined, as it must be at `start` [K],
// which lies within the bounds.
Maximum maximise_penalised(const Objective& value, const std::function<Curvature(const Eigen::VectorXd&)>& curvature,
                           const Eigen::VectorXd& start, const PenalisedOptions& options);

}  // namespace softrl::irl
