#include "irl/fit.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "irl/estimates.hpp"
#include "irl/maximise.hpp"
#include "irl/maximise_in_box.hpp"
#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

std::string describe(const SpectralRadius& radius) {
  if (std::isinf(radius.upper)) return "";
  return fmt::format(": the spectral radius is between {:.9g} and {:.9g}, and must be below 1", radius.lower,
                     radius.upper);
}

// "start a=-1, fix b=-2": what the caller gave.
std::string given_weights(const FitOptions& options) {
  std::vector<std::string> words;
  for (const auto& [option, weights] : {std::pair("start", &options.start), std::pair("fix", &options.fixed)})
    for (const auto& [name, value] : *weights)
      words.push_back(fmt::format("{}{} {}={}", options.prefix, option, name, value));
  return fmt::format("{}", fmt::join(words, ", "));
}

struct Bounds {
  Eigen::VectorXd lower, upper;  // [K]

  bool any(const std::vector<int>& weights) const {
    return lower(weights).array().isFinite().any() || upper(weights).array().isFinite().any();
  }
  Eigen::VectorXd nearest(const Eigen::VectorXd& weights) const { return weights.cwiseMax(lower).cwiseMin(upper); }
};

Bounds bounds_of(const std::vector<std::string>& names, const FitOptions& options) {
  const auto count = static_cast<Eigen::Index>(names.size());
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Bounds bounds{.lower = Eigen::VectorXd::Constant(count, -infinity),
                .upper = Eigen::VectorXd::Constant(count, infinity)};
  for (const auto& [name, lower, upper] : options.bounds) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      throw std::invalid_argument(
          fmt::format("bounds: unknown weight \"{}\" (weights: {})", name, fmt::join(names, ", ")));
    if (!(lower < upper))
      throw std::invalid_argument(fmt::format("bounds of {}: {} must be below {}", name, lower, upper));
    for (const NamedWeight& start : options.start)
      if (start.name == name && !(start.value >= lower && start.value <= upper))
        throw std::invalid_argument(fmt::format("{}start: {}={} is not between its bounds, {} and {}", options.prefix,
                                                name, start.value, lower, upper));
    bounds.lower(found - names.begin()) = lower;
    bounds.upper(found - names.begin()) = upper;
  }
  return bounds;
}

Eigen::VectorXd feasible_start(RouteModel& model, const Eigen::VectorXd& unit, const Bounds& bounds,
                               const FitOptions& options) {
  const std::vector<std::string>& names = model.weight_names();
  std::vector<bool> given = is_named(names, options.start);
  const std::vector<bool> fixed = is_named(names, options.fixed);
  bool all_given = true;
  for (std::size_t j = 0; j < names.size(); ++j) all_given = all_given && (given[j] || fixed[j]);
  const std::string name = options.prefix + "start";
  for (double c = 1.0;; c *= 2.0) {
    Eigen::VectorXd start = with_named_weights(names, bounds.nearest(c * unit), name, options.start);
    start = with_named_weights(names, std::move(start), options.prefix + "fix", options.fixed);
    const LikelihoodValue value = model.evaluate(start);
    if (value.status == PathSumStatus::Finite) return start;
    const std::string why = fmt::format("{}{}", describe(value.status),
                                        value.status == PathSumStatus::Divergent ? describe(model.radius()) : "");
    const std::string told = given_weights(options);
    if (all_given) throw std::invalid_argument(fmt::format("{}: at these weights {}", told, why));
    if (c >= 64.0 || value.status == PathSumStatus::OutOfRange)
      throw std::invalid_argument(
          fmt::format("{}: no feasible start was found for the other weights, give some; at the last ones tried {}",
                      told.empty() ? name : told, why));
  }
}

// Why the data cannot tell this weight whatever the others are, or an empty string.
std::string cannot_tell(const FeatureSummary& features, int weight) {
  if (features.trip_squares(weight) > 0.0) return {};
  return features.largest(weight) == 0.0
             ? "is 0 on every move"
             : "is 0 on every move of every trip, so that the likelihood has no maximum: the weight runs to infinity";
}

// Scores of clusters [clusters × K]: sums over their trips.
RowMatrix cluster_scores(const std::vector<Trip>& trips, const RowMatrix& scores) {
  std::unordered_map<std::string, Eigen::Index> row_of;
  RowMatrix result = RowMatrix::Zero(scores.rows(), scores.cols());
  Eigen::Index rows = 0;
  for (std::size_t t = 0; t < trips.size(); ++t) {
    Eigen::Index row = rows;
    if (!trips[t].cluster.empty()) row = row_of.try_emplace(trips[t].cluster, rows).first->second;
    if (row == rows) ++rows;
    result.row(row) += scores.row(static_cast<Eigen::Index>(t));
  }
  return result.topRows(rows);
}

}  // namespace

FitResult fit(RouteModel& model, const FitOptions& options) {
  check_positive(options.prefix + "tolerance", options.tolerance);
  check_count(options.prefix + (options.prefix.empty() ? "max_iterations" : "max-iterations"), options.max_iterations,
              1);
  const RouteData& data = model.data();
  const std::vector<std::string>& names = model.weight_names();
  const FeatureSummary summary = model.features();
  check_start_and_fixed(names, options.prefix, options.start, options.fixed);

  FitResult result{};
  const Bounds bounds = bounds_of(names, options);
  result.weights = feasible_start(model, summary.unit_costs, bounds, options);
  result.at_bound.assign(names.size(), false);
  const std::vector<bool> fixed = is_named(names, options.fixed);
  std::vector<int> free, held;  // the weights that vary, and those that the trips cannot tell
  for (int j = 0; j < static_cast<int>(names.size()); ++j) {
    if (fixed[j]) continue;
    if (const std::string why = cannot_tell(summary, j); !why.empty()) {
      held.push_back(j);
      result.warnings.push_back(fmt::format("{} {}; it was held at its start, {:.6g}. Leave it out, or fix it",
                                            names[j], why, result.weights(j)));
    } else {
      free.push_back(j);
    }
  }
  const auto trips = static_cast<double>(data.trips.size());
  std::function<void(int, double)> progress;
  if (options.progress)
    progress = [&](int iteration, double log_likelihood) {
      const Measurement measurement{"log_likelihood", log_likelihood};
      options.progress({.done = iteration, .limit = options.max_iterations, .measurements = {&measurement, 1}});
    };
  const auto all = [&](const Eigen::VectorXd& weights) {
    Eigen::VectorXd whole = result.weights;
    whole(free) = weights;
    return whole;
  };
  const auto value_at = [&](const Eigen::VectorXd& weights) -> std::optional<ValueAndGradient> {
    LikelihoodValue value = model.evaluate(all(weights));
    if (value.status != PathSumStatus::Finite) return std::nullopt;
    return ValueAndGradient{.value = value.log_likelihood, .gradient = value.gradient(free)};
  };
  const auto curvature_at = [&](const Eigen::VectorXd& weights) {
    LikelihoodCurvature at = model.curvature(weights);
    if (at.status != PathSumStatus::Finite)
      throw std::runtime_error(fmt::format("at the fitted weights {}", describe(at.status)));
    return at;
  };
  // If the moves of a trip varied independently, −H would have at most the sum of their squared features as its
  // diagonal.
  const auto information_scale = [&] { return Eigen::VectorXd(summary.trip_squares(free).cwiseSqrt()); };
  Maximum maximum;
  if (!bounds.any(free)) {
    maximum = maximise(value_at, result.weights(free),
                       {.scale = information_scale() / std::sqrt(trips),
                        .unit = trips,
                        .max_iterations = options.max_iterations,
                        .progress = progress});
    result.weights(free) = maximum.weights;
  } else {
    const BoxMaximum in_box =
        maximise_in_box(value_at,
                        [&](const Eigen::VectorXd& weights) {
                          const LikelihoodCurvature at = curvature_at(all(weights));
                          return Curvature{.gradient = at.gradient(free), .hessian = at.hessian(free, free)};
                        },
                        result.weights(free),
                        {.lower = bounds.lower(free),
                         .upper = bounds.upper(free),
                         .tolerance = 0.01 * options.tolerance,
                         .max_iterations = options.max_iterations,
                         .progress = progress});
    maximum = in_box.maximum;
    result.weights(free) = maximum.weights;
    std::vector<int> inside;
    for (std::size_t i = 0; i < free.size(); ++i) {
      if (in_box.at_bound[i])
        result.at_bound[free[i]] = true;
      else
        inside.push_back(free[i]);
    }
    free = inside;  // the others are known as little as fixed ones
  }

  const LikelihoodCurvature at_end = curvature_at(result.weights);
  result.radius = model.radius();
  result.log_likelihood = at_end.log_likelihood;
  result.null_log_likelihood = random_walk_log_likelihood(data);
  result.iterations = maximum.iterations;
  result.evaluations = maximum.evaluations;
  result.infeasible_trials = maximum.infeasible_trials;

  result.trip_log_likelihoods = at_end.trip_log_likelihoods;
  const RowMatrix scores = cluster_scores(data.trips, at_end.scores);
  result.clusters = static_cast<int>(scores.rows());

  Estimates estimates = estimate({.names = names,
                                  .weights = result.weights,
                                  .free = free,
                                  .held = held,
                                  .gradient = at_end.gradient,
                                  .hessian = at_end.hessian,
                                  .scores = scores,
                                  .scale = information_scale(),
                                  .observations = "trips"});
  result.covariance = std::move(estimates.covariance);
  result.robust_covariance = std::move(estimates.robust_covariance);
  result.estimated = std::move(estimates.estimated);
  result.condition_number = estimates.condition_number;
  result.remaining_gain = estimates.remaining_gain;
  // Scores sum to 0 at the maximum, so that those of G clusters span G − 1 dimensions.
  if (scores.rows() < static_cast<Eigen::Index>(data.trips.size()) &&
      scores.rows() <= static_cast<Eigen::Index>(free.size()))
    result.warnings.push_back(
        fmt::format("robust errors need more clusters of trips than free weights; there are {} and {}", scores.rows(),
                    free.size()));
  result.warnings.insert(result.warnings.end(), estimates.warnings.begin(), estimates.warnings.end());
  if (result.remaining_gain > options.tolerance && result.radius.upper > 0.99)
    result.warnings.push_back(fmt::format(
        "the search ended at the edge of the weights at which the sum over paths is finite (spectral radius "
        "{:.6g}): the model may not fit these trips",
        result.radius.upper));
  result.status = result.remaining_gain <= options.tolerance ? Status::Converged
                  : maximum.iteration_limit                  ? Status::IterationLimit
                                                             : Status::Stalled;
  return result;
}

}  // namespace softrl::irl
