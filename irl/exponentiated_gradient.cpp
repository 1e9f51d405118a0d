#include "irl/exponentiated_gradient.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softrl::irl {

// w± = exp(±u), so that θ · scale = sinh(u): the steps are additive in u.
Maximum exponentiated_gradient(const Objective& objective, const Eigen::VectorXd& start,
                               const MaximiseOptions& options) {
  if (options.penalty.l1 > 0.0) throw std::invalid_argument("l1: the exponentiated gradient knows no L1 penalty");
  constexpr double vanished = 1e-8, enough = 1e-4, smallest_step = 1e-20, largest_step = 1e6, rounding = 1e-15;
  Maximum result{.weights = start, .iterations = 0, .evaluations = 0, .infeasible_trials = 0, .iteration_limit = false};
  if (start.size() == 0) return result;
  const Eigen::VectorXd scale =
      options.scale.size() == 0 ? Eigen::VectorXd(Eigen::VectorXd::Ones(start.size())) : options.scale;

  // F / unit and its gradient in scaled variables x.
  const auto evaluate = [&](const Eigen::VectorXd& x) -> std::optional<ValueAndGradient> {
    const Eigen::VectorXd theta = x.cwiseQuotient(scale);
    ++result.evaluations;
    auto trial = theta.allFinite() ? objective(theta) : std::nullopt;
    if (!trial) return std::nullopt;
    trial->value = (trial->value - options.penalty.value(theta)) / options.unit;
    trial->gradient = (trial->gradient - options.penalty.slope(theta)).cwiseQuotient(scale) / options.unit;
    return trial;
  };
  Eigen::VectorXd u = start.cwiseProduct(scale).array().asinh();
  auto here = evaluate(start.cwiseProduct(scale));
  if (!here) throw std::invalid_argument("start: the objective is not defined there");
  for (double step = 1.0;; step = std::min(2.0 * step, largest_step)) {
    const Eigen::VectorXd x = u.array().sinh();
    result.weights = x.cwiseQuotient(scale);
    if (here->gradient.norm() <= vanished * std::max(1.0, x.norm())) return result;
    if (result.iterations == options.max_iterations) {
      result.iteration_limit = true;
      return result;
    }
    std::optional<ValueAndGradient> there;
    Eigen::VectorXd next;
    for (;; step *= 0.5) {
      if (step < smallest_step) return result;
      next = u + step * here->gradient;
      const Eigen::VectorXd moved = next.array().sinh();
      there = evaluate(moved);
      if (!there) ++result.infeasible_trials;
      if (there && there->value >= here->value + enough * here->gradient.dot(moved - x)) break;
    }
    // Rises below rounding cannot be told from none: halving and doubling the step would go on for ever.
    const bool rises = there->value > here->value + rounding * std::abs(here->value);
    u = next;
    result.weights = Eigen::VectorXd(u.array().sinh()).cwiseQuotient(scale);
    here = std::move(there);
    ++result.iterations;
    if (options.progress) options.progress(result.iterations, here->value * options.unit, result.weights);
    if (!rises) return result;
  }
}

}  // namespace softrl::irl
