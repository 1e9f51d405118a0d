#include "irl/maximise_near.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace softrl::irl {
namespace {

constexpr double sufficient_share = 1e-4;  // of the gain that the slope promises
constexpr int most_halvings = 60;

// Gains below this share of the value are lost in its rounding. Steps then go on by the gradient alone, with the B at
// hand, as long as each leaves at most half of the gain that the last one promised.
constexpr double value_rounding = 1e-12, enough = 0.5;

// B after a step s on which the gradient fell by y: the nearest symmetric matrix with B y = s.
void mend(Eigen::MatrixXd& inverse, const Eigen::VectorXd& s, const Eigen::VectorXd& y) {
  const double curvature = s.dot(y);
  if (!(curvature > 0.0)) return;  // the function bends the other way: nothing to learn of a maximum
  const Eigen::VectorXd along = inverse * y;
  inverse += (1.0 + y.dot(along) / curvature) / curvature * (s * s.transpose()) -
             (along * s.transpose() + s * along.transpose()) / curvature;
}

}  // namespace

Maximum maximise_near(const Objective& objective, const Eigen::VectorXd& start, const ValueAndGradient& at_start,
                      const NearOptions& options) {
  Maximum result{.weights = start, .iterations = 0, .evaluations = 1, .infeasible_trials = 0, .iteration_limit = false};
  ValueAndGradient here = at_start;
  Eigen::MatrixXd inverse = options.inverse;
  double promised = std::numeric_limits<double>::infinity();  // by the last step that the gradient alone decided on
  for (;;) {
    const Eigen::VectorXd step = inverse * here.gradient;
    const double slope = here.gradient.dot(step);
    if (!(0.5 * slope > options.tolerance)) return result;
    if (result.iterations == options.max_iterations) {
      result.iteration_limit = true;
      return result;
    }
    bool better = false;
    if (0.5 * slope <= value_rounding * std::abs(here.value)) {
      if (!(0.5 * slope <= enough * promised)) return result;
      promised = 0.5 * slope;
      const Eigen::VectorXd trial = result.weights + step;
      ++result.evaluations;
      std::optional<ValueAndGradient> found = objective(trial);
      if (!found) return result;
      result.weights = trial;
      here = std::move(*found);
      better = true;
    }
    for (int halving = 0; halving < most_halvings && !better; ++halving) {
      const double t = std::ldexp(1.0, -halving);
      const Eigen::VectorXd trial = result.weights + t * step;
      if (!trial.allFinite()) continue;
      ++result.evaluations;
      std::optional<ValueAndGradient> found = objective(trial);
      if (!found) ++result.infeasible_trials;
      if (!found || !(found->value >= here.value + sufficient_share * t * slope)) continue;
      better = found->value > here.value;
      if (!better) return result;  // no more to gain than rounding
      mend(inverse, trial - result.weights, here.gradient - found->gradient);
      result.weights = trial;
      here = std::move(*found);
    }
    if (!better) return result;
    ++result.iterations;
    if (options.progress) options.progress(result.iterations, here.value, result.weights);
  }
}

}  // namespace softrl::irl
