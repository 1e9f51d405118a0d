#include "irl/fit.hpp"

#include <cmath>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "irl/estimates.hpp"
#include "irl/maximise.hpp"
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

Eigen::VectorXd feasible_start(RouteModel& model, const Eigen::VectorXd& unit, const FitOptions& options) {
  const std::vector<std::string>& names = model.weight_names();
  std::vector<bool> given = is_named(names, options.start);
  const std::vector<bool> fixed = is_named(names, options.fixed);
  bool all_given = true;
  for (std::size_t j = 0; j < names.size(); ++j) all_given = all_given && (given[j] || fixed[j]);
  const std::string name = options.prefix + "start";
  for (double c = 1.0;; c *= 2.0) {
    Eigen::VectorXd start = with_named_weights(names, c * unit, name, options.start);
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
  result.weights = feasible_start(model, summary.unit_costs, options);
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
  // If the moves of a trip varied independently, −H would have at most the sum of their squared features as its
  // diagonal.
  const Eigen::VectorXd information_scale = summary.trip_squares(free).cwiseSqrt();
  const auto trips = static_cast<double>(data.trips.size());
  MaximiseOptions search{
      .scale = information_scale / std::sqrt(trips), .unit = trips, .max_iterations = options.max_iterations};
  if (options.progress)
    search.progress = [&](int iteration, double log_likelihood) {
      const Measurement measurement{"log_likelihood", log_likelihood};
      options.progress({.done = iteration, .limit = options.max_iterations, .measurements = {&measurement, 1}});
    };
  const auto value_at = [&](const Eigen::VectorXd& weights) -> std::optional<ValueAndGradient> {
    Eigen::VectorXd all = result.weights;
    all(free) = weights;
    LikelihoodValue value = model.evaluate(all);
    if (value.status != PathSumStatus::Finite) return std::nullopt;
    return ValueAndGradient{.value = value.log_likelihood, .gradient = value.gradient(free)};
  };
  const Maximum maximum = maximise(value_at, result.weights(free), search);
  result.weights(free) = maximum.weights;

  const LikelihoodCurvature at_end = model.curvature(result.weights);
  if (at_end.status != PathSumStatus::Finite)
    throw std::runtime_error(fmt::format("at the fitted weights {}", describe(at_end.status)));
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
                                  .scale = information_scale,
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
