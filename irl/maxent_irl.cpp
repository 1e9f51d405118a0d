#include "irl/maxent_irl.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "irl/estimates.hpp"
#include "irl/exponentiated_gradient.hpp"
#include "irl/features.hpp"
#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

constexpr int most_newton_steps = 20;

// In standard deviations per demonstration: a hundred times what the search stops at.
constexpr double endless_slope = 1e-6;

void check_options(const std::vector<std::string>& names, const MaxEntIrlOptions& options) {
  const bool program = !options.prefix.empty();
  check_positive(options.prefix + "tolerance", options.tolerance);
  check_count(options.prefix + (program ? "max-iterations" : "max_iterations"), options.max_iterations, 1);
  check_at_least(options.prefix + "l1", options.penalty.l1, 0.0);
  check_at_least(options.prefix + "l2", options.penalty.l2, 0.0);
  check_finite(options.prefix + "l1", options.penalty.l1);
  check_finite(options.prefix + "l2", options.penalty.l2);
  if (options.penalty.l1 > 0.0 && options.optimiser == Optimiser::ExponentiatedGradient)
    throw std::invalid_argument(fmt::format("{}l1: the exponentiated gradient knows no L1 penalty, got {}",
                                            options.prefix, options.penalty.l1));
  check_start_and_fixed(names, options.prefix, options.start, options.fixed);
}

Eigen::VectorXd feasible_start(MaxEntLikelihood& likelihood, const MaxEntIrlOptions& options) {
  const std::vector<std::string>& names = likelihood.features().names;
  const bool to_goal = likelihood.process().horizon().kind == Horizon::Kind::ToGoal;
  Eigen::VectorXd unit = Eigen::VectorXd::Zero(likelihood.features().count());
  if (to_goal) unit = unit_costs(likelihood.choice_features());
  for (double c = 1.0;; c *= 2.0) {
    Eigen::VectorXd start = with_named_weights(names, c * unit, options.prefix + "start", options.start);
    start = with_named_weights(names, std::move(start), options.prefix + "fix", options.fixed);
    if (likelihood.solve(start).feasible) return start;
    if (c < 64.0 && to_goal && options.start.size() + options.fixed.size() < names.size()) continue;
    const std::string name = options.prefix + (options.start.empty() && !options.fixed.empty() ? "fix" : "start");
    throw std::invalid_argument(
        to_goal ? fmt::format("{}: no feasible weights to start from: on the way to a goal every loop must cost "
                              "more than the entropy it gathers; give some, or add a feature that is constant",
                              name)
                : fmt::format("{}: at these weights the values are beyond double precision", name));
  }
}

// The size that the roots of −H's diagonal have if the data tell all weights well: of features where they were met, and
// of features as such, because demonstrations may have avoided one altogether.
Eigen::VectorXd information_scale(const MaxEntLikelihood& likelihood) {
  const RowMatrix& features = likelihood.choice_features();
  const double discount = likelihood.process().horizon().discount;
  Eigen::VectorXd squares = Eigen::VectorXd::Zero(features.cols());
  double steps = 0.0;
  for (const auto& step : likelihood.counts().steps) {
    const double weight = std::pow(discount, 2 * step.t);
    squares += weight * features.row(step.choice).transpose().cwiseAbs2();
    steps += weight;
  }
  if (steps == 0.0) steps = static_cast<double>(likelihood.demonstrations());
  squares += steps * features.cwiseAbs2().colwise().mean().transpose();
  return squares.cwiseSqrt();
}

double flat(const Penalty& penalty) { return penalty.l2 > 0.0 ? rounding_curvature : flat_curvature; }

// Where the search stands, with the penalty.
struct Position {
  MaxEntCurvature curvature;  // of L
  double objective;
  Penalised end;
};

std::optional<Position> position(MaxEntLikelihood& likelihood, const Eigen::VectorXd& weights,
                                 const std::vector<int>& varying, const Eigen::VectorXd& scale,
                                 const Penalty& penalty) {
  std::optional<MaxEntCurvature> curvature = likelihood.curvature(weights);
  if (!curvature) return std::nullopt;
  const double objective = curvature->value - penalty.value(weights(varying));
  Penalised end = penalised(penalty, Eigen::VectorXd::Ones(weights.size()), weights, curvature->gradient,
                            curvature->hessian, varying, scale, flat(penalty));
  return Position{.curvature = std::move(*curvature), .objective = objective, .end = std::move(end)};
}

// By more than rounding. Where the objective is not concave, Newton's steps may lead down, to a saddle.
bool falls(double before, double after) { return !(after >= before - 1e-9 * std::max(1.0, std::abs(before))); }

}  // namespace

std::string_view to_string(Optimiser optimiser) {
  return optimiser == Optimiser::Lbfgs ? "lbfgs" : "exponentiated_gradient";
}

MaxEntFit maxent_irl(MaxEntLikelihood& likelihood, const MaxEntIrlOptions& options) {
  const std::vector<std::string>& names = likelihood.features().names;
  check_options(names, options);
  MaxEntFit result{};
  result.weights = feasible_start(likelihood, options);

  const std::vector<bool> fixed = is_named(names, options.fixed);
  std::vector<int> varying, held;
  for (int j = 0; j < likelihood.features().count(); ++j) {
    if (fixed[static_cast<std::size_t>(j)]) continue;
    const bool nowhere = (likelihood.choice_features().col(j).array() == 0.0).all();
    (nowhere ? held : varying).push_back(j);
    if (nowhere)
      result.warnings.push_back(fmt::format("{} is 0 everywhere; it was held at its start, {:.6g}. Leave it out",
                                            names[static_cast<std::size_t>(j)], result.weights(j)));
  }

  const auto n = static_cast<double>(likelihood.demonstrations());
  const Eigen::VectorXd scale = information_scale(likelihood);
  MaximiseOptions search{.penalty = options.penalty,
                         .scale = scale(varying) / std::sqrt(n),
                         .unit = n,
                         .max_iterations = options.max_iterations};
  if (options.progress)
    search.progress = [&](int iteration, double objective, const Eigen::VectorXd& /*weights*/) {
      const Measurement measurement{"objective", objective};
      options.progress({.done = iteration, .limit = options.max_iterations, .measurements = {&measurement, 1}});
    };
  const auto value_at = [&](const Eigen::VectorXd& weights) -> std::optional<ValueAndGradient> {
    Eigen::VectorXd all = result.weights;
    all(varying) = weights;
    auto value = likelihood.evaluate(all);
    if (value) value->gradient = value->gradient(varying).eval();
    return value;
  };
  const bool lbfgs = options.optimiser == Optimiser::Lbfgs;
  const Maximum maximum = (lbfgs ? maximise : exponentiated_gradient)(value_at, result.weights(varying), search);
  result.weights(varying) = maximum.weights;
  result.iterations = maximum.iterations;
  result.evaluations = maximum.evaluations;
  result.infeasible_trials = maximum.infeasible_trials;

  // Near the maximum differences of values drown in rounding, but the gradient does not: Newton's steps go on with it.
  auto here = position(likelihood, result.weights, varying, scale, options.penalty);
  if (!here)
    throw std::runtime_error(
        "the search ended where the sum over paths cannot be certified, next to where it diverges: a smaller penalty "
        "may help, or another start");
  while (lbfgs && !maximum.iteration_limit && here->end.gain > 1e-24 * n && result.newton_steps < most_newton_steps) {
    Eigen::VectorXd weights = result.weights;
    weights(here->end.free) += here->end.newton;
    const bool same_signs =
        options.penalty.l1 == 0.0 || (weights.cwiseSign().array() == result.weights.cwiseSign().array()).all();
    if (!same_signs || !weights.allFinite()) break;
    auto there = position(likelihood, weights, varying, scale, options.penalty);
    if (!there || !(there->end.gain < 0.5 * here->end.gain) || falls(here->objective, there->objective)) break;
    result.weights = std::move(weights);
    here = std::move(there);
    ++result.newton_steps;
  }

  const Eigen::VectorXd free_scale = scale(here->end.free);
  Estimates estimates = estimate({.names = names,
                                  .weights = result.weights,
                                  .free = here->end.free,
                                  .held = held,
                                  .gradient = here->end.gradient,
                                  .hessian = here->end.hessian,
                                  .scores = here->curvature.scores,
                                  .scale = free_scale,
                                  .score_variance = here->curvature.score_variance,
                                  .flat = flat(options.penalty),
                                  .observations = "demonstrations"});
  result.covariance = std::move(estimates.covariance);
  result.robust_covariance = std::move(estimates.robust_covariance);
  result.estimated = std::move(estimates.estimated);
  result.condition_number = estimates.condition_number;
  result.remaining_gain = estimates.remaining_gain + here->end.held_gain;
  result.warnings.insert(result.warnings.end(), estimates.warnings.begin(), estimates.warnings.end());

  result.objective = here->objective;
  result.policy = likelihood.solve(result.weights);
  result.log_likelihood = likelihood.action_log_likelihood(result.policy);
  result.uniform_log_likelihood = likelihood.uniform_log_likelihood();
  result.counted_features = likelihood.counts().features.colwise().mean().transpose();
  result.expected_features = result.counted_features - here->curvature.gradient / n;
  result.feature_mismatch = here->curvature.gradient.cwiseAbs().maxCoeff() / n;
  result.counted_visits = likelihood.counted_visits() / n;
  result.expected_visits = likelihood.expected_visits(result.policy) / n;
  // Where the objective is flat and yet has a slope, it rises without end.
  const Eigen::VectorXd slope =
      here->end.gradient(here->end.free) + here->end.hessian(here->end.free, here->end.free) * here->end.newton;
  const bool unbounded = slope.cwiseQuotient(free_scale).norm() > endless_slope * std::sqrt(n);
  if (unbounded && !maximum.iteration_limit)
    result.warnings.push_back(
        "the objective has no maximum: by luck the demonstrations' features are such as no policy can reach on "
        "average. A penalty (l2) helps, or more demonstrations");
  result.status = result.remaining_gain <= options.tolerance && !unbounded ? Status::Converged
                  : maximum.iteration_limit                                ? Status::IterationLimit
                                                                           : Status::Stalled;
  if (result.status == Status::Stalled && !unbounded)
    result.warnings.push_back(
        result.infeasible_trials > 0
            ? "the search ended at the edge of the weights at which paths sum to a finite value, and found no better "
              "ones inside: demonstrations that were cut may pull it there. A penalty (l2) helps, or another start"
            : "the search found no better weights in the direction in which the objective should rise. Another start "
              "may help, or a penalty (l2)");
  return result;
}

}  // namespace softrl::irl
