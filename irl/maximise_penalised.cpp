#include "irl/maximise_penalised.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include "irl/maximise_near.hpp"

namespace softrl::irl {
namespace {

constexpr int most_boxes = 50;

// The sign that each weight may have, next to `weights`, where L has the slope `gradient`; 0 for one that stays at 0.
Eigen::VectorXd orthant(const Eigen::VectorXd& weights, const Eigen::VectorXd& gradient,
                        const PenalisedOptions& options) {
  return Eigen::VectorXd::NullaryExpr(weights.size(), [&](Eigen::Index j) {
    const double slope = gradient(j), limit = options.penalty.l1 * options.sizes(j);
    if (weights(j) != 0.0) return std::copysign(1.0, weights(j));
    if (slope > limit && options.upper(j) > 0.0) return 1.0;
    if (slope < -limit && options.lower(j) < 0.0) return -1.0;
    return 0.0;
  });
}

}  // namespace

Maximum maximise_penalised(const Objective& value, const std::function<Curvature(const Eigen::VectorXd&)>& curvature,
                           const Eigen::VectorXd& start, const PenalisedOptions& options) {
  const bool sparse = options.penalty.l1 > 0.0;
  Eigen::VectorXd signs = Eigen::VectorXd::Zero(start.size());  // of the orthant, where there is an L1 penalty
  const Penalty ridge{.l2 = options.penalty.l2};
  const auto penalty = [&](const Eigen::VectorXd& theta) {
    return options.penalty.l1 * signs.dot(options.sizes.cwiseProduct(theta)) +
           ridge.value(options.sizes.cwiseProduct(theta));
  };
  const auto slope = [&](const Eigen::VectorXd& theta) {
    return Eigen::VectorXd(
        options.sizes.cwiseProduct(options.penalty.l1 * signs + ridge.slope(options.sizes.cwiseProduct(theta))));
  };
  const auto penalise = [&](ValueAndGradient at, const Eigen::VectorXd& theta) {
    at.value -= penalty(theta);
    at.gradient -= slope(theta);
    return at;
  };
  const Objective smooth = [&](const Eigen::VectorXd& theta) {
    auto found = value(theta);
    if (found) found = penalise(std::move(*found), theta);
    return found;
  };
  const bool boxed = sparse || options.lower.array().isFinite().any() || options.upper.array().isFinite().any();
  if (!boxed && options.near)
    return maximise_near(smooth, start, penalise(options.near->value, start),
                         {.inverse = options.near->inverse,
                          .tolerance = options.tolerance,
                          .max_iterations = options.max_iterations,
                          .progress = options.progress});
  if (!boxed)
    return maximise(smooth, start,
                    {.scale = options.scale,
                     .unit = options.unit,
                     .max_iterations = options.max_iterations,
                     .progress = options.progress});

  Maximum result{.weights = start, .iterations = 0, .evaluations = 0, .infeasible_trials = 0, .iteration_limit = false};
  for (int box = 0; box < most_boxes && result.iterations < options.max_iterations; ++box) {
    if (sparse) {
      const Curvature here = curvature(result.weights);
      ++result.evaluations;
      const Eigen::VectorXd next = orthant(result.weights, here.gradient, options);
      if (box > 0 && next == signs) return result;
      signs = next;
    }
    std::vector<int> active;
    for (int j = 0; j < static_cast<int>(start.size()); ++j)
      if (!sparse || signs(j) != 0.0) active.push_back(j);
    const auto all = [&](const Eigen::VectorXd& weights) {
      Eigen::VectorXd whole = result.weights;
      whole(active) = weights;
      return whole;
    };
    Eigen::VectorXd lower = options.lower, upper = options.upper;
    if (sparse) {
      lower = (signs.array() > 0.0).select(lower.cwiseMax(0.0), lower);
      upper = (signs.array() < 0.0).select(upper.cwiseMin(0.0), upper);
    }
    const int before = result.iterations;
    const BoxMaximum found = maximise_in_box(
        [&](const Eigen::VectorXd& weights) {
          auto at = smooth(all(weights));
          if (at) at->gradient = at->gradient(active).eval();
          return at;
        },
        [&](const Eigen::VectorXd& weights) {
          const Eigen::VectorXd theta = all(weights);
          Curvature at = curvature(theta);
          at.gradient -= slope(theta);
          at.hessian.diagonal() -= options.penalty.l2 * options.sizes.cwiseAbs2();
          return Curvature{.gradient = at.gradient(active), .hessian = at.hessian(active, active)};
        },
        result.weights(active),
        {.lower = lower(active),
         .upper = upper(active),
         .tolerance = options.tolerance,
         .max_iterations = options.max_iterations - before,
         .progress = [&](int iteration, double objective, const Eigen::VectorXd& weights) {
           if (options.progress) options.progress(before + iteration, objective, all(weights));
         }});
    result.weights(active) = found.maximum.weights;
    result.iterations += found.maximum.iterations;
    result.evaluations += found.maximum.evaluations;
    result.infeasible_trials += found.maximum.infeasible_trials;
    result.iteration_limit = found.maximum.iteration_limit;
    if (!sparse) return result;
  }
  return result;
}

}  // namespace softrl::irl
