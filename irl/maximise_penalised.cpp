#include "irl/maximise_penalised.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include <Eigen/Eigenvalues>

#include "irl/estimates.hpp"
#include "irl/maximise_at_kinks.hpp"
#include "irl/maximise_near.hpp"

namespace softrl::irl {
namespace {

constexpr int most_boxes = 50;
constexpr double least_change_before_kinks = 1e-7;  // of L-BFGS, which else zigzags across one
constexpr int directions_per_iteration = 5;         // at kinks, where most of them find a slope and do not move

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

// B with B Bᵀ = (−H)⁻¹, flat directions left out [K × K]. `scale` as in covariances().
Eigen::MatrixXd root_of_inverse(const Eigen::MatrixXd& hessian, const Eigen::VectorXd& scale) {
  const Eigen::MatrixXd inverse = covariances(hessian, RowMatrix(0, hessian.rows()), scale).inverse;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(scale.asDiagonal() * inverse * scale.asDiagonal());
  return scale.cwiseInverse().asDiagonal() * solver.eigenvectors() *
         solver.eigenvalues().cwiseMax(0.0).cwiseSqrt().asDiagonal();
}

// On from where the search for a smooth function ended, with the weights that no bound holds against their slope.
void go_over_kinks(Maximum& found, const Objective& value,
                   const std::function<Curvature(const Eigen::VectorXd&)>& curvature, const PenalisedOptions& options) {
  const Eigen::VectorXd start = found.weights;
  const Curvature here = curvature(start);
  std::vector<int> free;
  for (int j = 0; j < static_cast<int>(start.size()); ++j)
    if (!(start(j) == options.lower(j) && here.gradient(j) <= 0.0) &&
        !(start(j) == options.upper(j) && here.gradient(j) >= 0.0))
      free.push_back(j);
  if (free.empty()) return;
  const auto all = [&](const Eigen::VectorXd& weights) {
    Eigen::VectorXd whole = start;
    whole(free) = weights;
    return whole;
  };
  const Objective in_bounds = [&](const Eigen::VectorXd& weights) -> std::optional<ValueAndGradient> {
    const Eigen::VectorXd whole = all(weights);
    if ((whole.array() < options.lower.array()).any() || (whole.array() > options.upper.array()).any())
      return std::nullopt;
    auto at = value(whole);
    if (at) at->gradient = at->gradient(free).eval();
    return at;
  };
  const Eigen::VectorXd scale = std::sqrt(options.unit) * options.scale(free);
  const int before = found.iterations;
  const Maximum end = maximise_at_kinks(in_bounds, start(free), root_of_inverse(here.hessian(free, free), scale),
                                        {.tolerance = options.kink_tolerance,
                                         .max_iterations = directions_per_iteration * options.max_iterations,
                                         .progress = [&](int move, double objective, const Eigen::VectorXd& weights) {
                                           if (options.progress)
                                             options.progress(before + move, objective, all(weights));
                                         }});
  found.weights(free) = end.weights;
  found.iterations += end.iterations;
  found.evaluations += 1 + end.evaluations;
  found.infeasible_trials += end.infeasible_trials;
  found.iteration_limit = end.iteration_limit;
  found.remaining_gain = end.remaining_gain;
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
  const auto curvature_of_smooth = [&](const Eigen::VectorXd& theta) {
    Curvature at = curvature(theta);
    at.gradient -= slope(theta);
    at.hessian.diagonal() -= options.penalty.l2 * options.sizes.cwiseAbs2();
    return at;
  };
  const auto over_kinks = [&](Maximum found) {
    if (options.kinks) go_over_kinks(found, smooth, curvature_of_smooth, options);
    return found;
  };
  const bool boxed = sparse || options.lower.array().isFinite().any() || options.upper.array().isFinite().any();
  if (!boxed && options.near)
    return over_kinks(maximise_near(smooth, start, penalise(options.near->value, start),
                                    {.inverse = options.near->inverse,
                                     .tolerance = options.tolerance,
                                     .max_iterations = options.max_iterations,
                                     .progress = options.progress}));
  if (!boxed)
    return over_kinks(maximise(smooth, start,
                               {.scale = options.scale,
                                .unit = options.unit,
                                .max_iterations = options.max_iterations,
                                .least_change = options.kinks ? least_change_before_kinks : 0.0,
                                .progress = options.progress}));

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
          const Curvature at = curvature_of_smooth(all(weights));
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
    if (!sparse) return over_kinks(std::move(result));
  }
  return result;
}

}  // namespace softrl::irl
