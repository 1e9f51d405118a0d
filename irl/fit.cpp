#include "irl/fit.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "irl/estimates.hpp"
#include "irl/maximise_penalised.hpp"
#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

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
    if (!all_given && c < 64.0 && value.status != PathSumStatus::OutOfRange) continue;
    const std::string why = fmt::format(
        "{}{}", describe(value.status),
        value.status == PathSumStatus::Divergent ? describe_bounds(model.radius(), model.data().network) : "");
    const std::string told = given_weights(options);
    if (all_given) throw std::invalid_argument(fmt::format("{}: at these weights {}", told, why));
    if (told.empty())
      throw std::invalid_argument(fmt::format(
          "no feasible start was found, give one by {}; at the last weights tried {}. If every feature is 0 "
          "on a cycle of links, no weights are feasible: a constant for every link makes some",
          name, why));
    throw std::invalid_argument(fmt::format(
        "{}: no feasible start was found for the other weights, give some; at the last ones tried {}", told, why));
  }
}

// Where the search that wrote the checkpoint was, if it had the same objective.
Eigen::VectorXd resumed_start(const FitCheckpoint& resume, const std::vector<std::string>& names, const Bounds& bounds,
                              const FitOptions& options,
                              const std::function<double(const Eigen::VectorXd&)>& objective) {
  if (resume.names != names || resume.weights.size() != static_cast<Eigen::Index>(names.size()))
    throw std::invalid_argument(fmt::format("the checkpoint is of other weights: {}", fmt::join(resume.names, ", ")));
  const double here = resume.of_sample ? resume.objective : objective(resume.weights);
  if (with_named_weights(names, resume.weights, options.prefix + "fix", options.fixed) != resume.weights ||
      bounds.nearest(resume.weights) != resume.weights || !(std::abs(here - resume.objective) <= 1e-9 * std::abs(here)))
    throw std::invalid_argument(
        fmt::format("the checkpoint is of another study or other options: at its weights the objective is {:.9g}, and "
                    "was {:.9g}",
                    here, resume.objective));
  return resume.weights;
}

// One destination in so many makes a sample, if that leaves so many trips for each weight.
constexpr std::size_t sample_step = 8, least_sample = 10;

// What a sample hardly tells, a ridge of this information keeps near 0 there: by it, a size of 1 has an error of 3.
constexpr double sample_ridge = 0.1;

// The information on a weight is in proportion to what trips have of its feature, but for rare ones: so many times the
// proportion of trips at most.
constexpr double rarest = 10.0;

struct SampleFit {
  FitResult fit;
  Eigen::VectorXd trip_squares;  // [K] FeatureSummary's, of the sample
};

// The fit to the trips of a sample of destinations, by which the search for all starts. Nothing if it would not help.
// Whatever is wrong with the options or the data is for the fit to all trips to say.
std::optional<SampleFit> fit_to_sample(const RouteModel& model, FitOptions options) {
  std::vector<bool> used(model.data().destinations.size(), false);
  for (const Trip& trip : model.data().trips) used[trip.destination] = true;
  std::size_t nth = 0;
  for (std::size_t d = 0; d < used.size(); ++d)
    if (used[d]) used[d] = nth++ % sample_step == 0;
  std::vector<Trip> trips;
  for (const Trip& trip : model.data().trips)
    if (used[trip.destination]) trips.push_back(trip);
  if (trips.size() < least_sample * model.weight_names().size() || 2 * trips.size() > model.data().trips.size())
    return std::nullopt;
  const RouteData data = with_trips(model.data(), std::move(trips));
  const std::unique_ptr<RouteModel> sample = model.of_trips(data);
  if (!sample) return std::nullopt;
  if (options.resume) {
    const std::vector<bool> fixed = is_named(options.resume->names, options.fixed);
    options.start.clear();
    for (std::size_t j = 0; j < fixed.size(); ++j)
      if (!fixed[j])
        options.start.push_back({options.resume->names[j], options.resume->weights(static_cast<Eigen::Index>(j))});
    options.resume.reset();
  }
  options.l2 = std::max(options.l2, sample_ridge / static_cast<double>(data.trips.size()));
  if (options.checkpoint)
    options.checkpoint = [tell = options.checkpoint](FitCheckpoint at) {
      at.of_sample = true;
      at.iterations = at.evaluations = at.infeasible_trials = 0;
      tell(at);
    };
  if (options.progress)
    options.progress = [tell = options.progress](const Progress& at) {
      const Measurement measurement{"log_likelihood_of_a_sample", at.measurements.front().value};
      tell({.done = at.done, .limit = at.limit, .measurements = {&measurement, 1}});
    };
  try {
    FitResult result = fit(*sample, options);
    if (result.status == Status::Converged)
      return SampleFit{.fit = std::move(result), .trip_squares = sample->features().trip_squares};
  } catch (const std::invalid_argument&) {
  }
  return std::nullopt;
}

// Why the data cannot tell this weight whatever the others are, or an empty string.
std::string cannot_tell(const FeatureSummary& features, int weight, bool penalised) {
  if (features.trip_squares(weight) > 0.0 || (penalised && features.largest(weight) > 0.0)) return {};
  return features.largest(weight) == 0.0
             ? "is 0 on every move"
             : "is 0 on every move of every trip: the likelihood never falls as the weight goes to minus or plus "
               "infinity, and has no maximum that the trips tell";
}

// The likelihood at `weights`, if that is finite, with the inverse Hessian that a sample of the trips lets expect.
std::optional<KnownStart> known_at(RouteModel& model, const Eigen::VectorXd& weights, const std::vector<int>& varying,
                                   const FeatureSummary& summary, const SampleFit& sample) {
  for (const int j : varying)
    if (!sample.fit.estimated[j]) return std::nullopt;
  const LikelihoodValue value = model.evaluate(weights);
  if (value.status != PathSumStatus::Finite) return std::nullopt;
  const double more =
      static_cast<double>(model.data().trips.size()) / static_cast<double>(sample.fit.trip_log_likelihoods.size());
  Eigen::VectorXd shrink(varying.size());
  for (std::size_t i = 0; i < varying.size(); ++i) {
    const double squares = summary.trip_squares(varying[i]), sampled = sample.trip_squares(varying[i]);
    const double times = squares > 0.0 ? std::min(squares / sampled, rarest * more) : more;
    shrink(static_cast<Eigen::Index>(i)) = 1.0 / std::sqrt(times);
  }
  return KnownStart{.value = {.value = value.log_likelihood, .gradient = value.gradient(varying)},
                    .inverse = shrink.asDiagonal() * sample.fit.covariance(varying, varying) * shrink.asDiagonal()};
}

// Weights whose log-likelihood has a value, but no second derivatives that can be computed.
struct NoCurvature {
  Eigen::VectorXd weights;
  PathSumStatus status;
};

// What is known of a search that ended there: the weights, and that nothing else is.
FitResult without_curvature(RouteModel& model, FitResult result, const NoCurvature& end) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  const Eigen::Index count = end.weights.size();
  const LikelihoodValue value = model.evaluate(end.weights);
  result.status = Status::Stalled;
  result.weights = end.weights;
  result.log_likelihood = value.status == PathSumStatus::Finite ? value.log_likelihood : unknown;
  result.null_log_likelihood = random_walk_log_likelihood(model.data());
  result.objective = result.remaining_gain = result.degrees_of_freedom = result.condition_number = unknown;
  result.estimated.assign(static_cast<std::size_t>(count), false);
  result.at_bound.assign(static_cast<std::size_t>(count), false);
  result.covariance = result.robust_covariance = Eigen::MatrixXd::Constant(count, count, unknown);
  result.trip_log_likelihoods =
      Eigen::VectorXd::Constant(static_cast<Eigen::Index>(model.data().trips.size()), unknown);
  const std::vector<int> groups = independent_groups(model.data().trips);
  result.clusters = 1 + *std::max_element(groups.begin(), groups.end());
  result.radius = model.radius();
  result.warnings.push_back(fmt::format(
      "the search came to weights where {}, so that errors are not known. Too few trips, or separable ones, "
      "drive weights there: an L2 penalty or bounds keep them away",
      describe(end.status)));
  return result;
}

// Scores of groups of trips [groups × K]: sums over their trips.
RowMatrix group_scores(const std::vector<int>& groups, const RowMatrix& scores) {
  RowMatrix result = RowMatrix::Zero(1 + *std::max_element(groups.begin(), groups.end()), scores.cols());
  for (std::size_t t = 0; t < groups.size(); ++t) result.row(groups[t]) += scores.row(static_cast<Eigen::Index>(t));
  return result;
}

}  // namespace

Eigen::VectorXd feature_sizes(const FeatureSummary& features) {
  return Eigen::VectorXd::NullaryExpr(features.unit_costs.size(), [&](Eigen::Index j) {
    const double unit = std::abs(features.unit_costs(j)), largest = features.largest(j);
    return unit > 0.0 ? 1.0 / unit : largest > 0.0 ? largest : 1.0;
  });
}

FitResult fit(RouteModel& model, const FitOptions& options) {
  check_positive(options.prefix + "tolerance", options.tolerance);
  for (const auto& [name, penalty] : {std::pair("l1", options.l1), std::pair("l2", options.l2)}) {
    check_at_least(options.prefix + name, penalty, 0.0);
    check_finite(options.prefix + name, penalty);
  }
  check_count(options.prefix + (options.prefix.empty() ? "max_iterations" : "max-iterations"), options.max_iterations,
              1);
  const RouteData& data = model.data();
  const std::vector<std::string>& names = model.weight_names();
  const FeatureSummary summary = model.features();
  check_start_and_fixed(names, options.prefix, options.start, options.fixed);

  const auto trips = static_cast<double>(data.trips.size());
  const bool penalised_fit = options.l1 > 0.0 || options.l2 > 0.0;
  const Eigen::VectorXd sizes = feature_sizes(summary);
  const Penalty penalty{.l1 = trips * options.l1, .l2 = trips * options.l2};
  const std::vector<bool> fixed = is_named(names, options.fixed);
  std::vector<int> varying, held;  // the weights that vary, and those that the trips cannot tell
  for (int j = 0; j < static_cast<int>(names.size()); ++j)
    if (!fixed[j]) (cannot_tell(summary, j, penalised_fit).empty() ? varying : held).push_back(j);

  const Bounds bounds = bounds_of(names, options);
  const bool bounded = bounds.lower.array().isFinite().any() || bounds.upper.array().isFinite().any();
  FitResult result{};
  if (options.resume)
    result.weights = resumed_start(*options.resume, names, bounds, options, [&](const Eigen::VectorXd& weights) {
      const LikelihoodValue value = model.evaluate(weights);
      return value.log_likelihood - penalty.value(sizes(varying).cwiseProduct(weights(varying)));
    });
  std::optional<KnownStart> near;
  if (!bounded && options.l1 == 0.0) {
    if (const std::optional<SampleFit> sample = fit_to_sample(model, options)) {
      result.sample_evaluations = sample->fit.evaluations + sample->fit.sample_evaluations;
      Eigen::VectorXd weights = with_named_weights(names, summary.unit_costs, options.prefix + "start", options.start);
      weights = with_named_weights(names, std::move(weights), options.prefix + "fix", options.fixed);
      weights(varying) = sample->fit.weights(varying);
      if (options.resume && !options.resume->of_sample) weights = result.weights;
      near = known_at(model, weights, varying, summary, *sample);
      if (near) result.weights = weights;
    }
  }
  const bool resumed = options.resume && !options.resume->of_sample;
  if (!resumed && !near) result.weights = feasible_start(model, summary.unit_costs, bounds, options);
  for (const int j : held)
    result.warnings.push_back(fmt::format("{} {}; it was held at its start, {:.6g}. Leave it out, or fix it{}",
                                          names[j], cannot_tell(summary, j, penalised_fit), result.weights(j),
                                          summary.largest(j) > 0.0 ? ", or give weights an L2 penalty" : ""));
  // If the moves of a trip varied independently, −H would have at most the sum of their squared features as its
  // diagonal. Of a weight that only a penalty tells, the size of a move counts.
  Eigen::VectorXd squares = summary.trip_squares;
  if (penalised_fit) squares += trips * (options.l1 + options.l2) * sizes.cwiseAbs2();
  const Eigen::VectorXd information_scale = squares.cwiseSqrt();
  const FitCheckpoint before = options.resume.value_or(FitCheckpoint{});
  const auto all = [&](const Eigen::VectorXd& weights) {
    Eigen::VectorXd whole = result.weights;
    whole(varying) = weights;
    return whole;
  };
  int evaluations = 0, infeasible_trials = 0;  // of this search so far
  const auto value_at = [&](const Eigen::VectorXd& weights) -> std::optional<ValueAndGradient> {
    ++evaluations;
    LikelihoodValue value = model.evaluate(all(weights));
    if (value.status == PathSumStatus::Finite)
      return ValueAndGradient{.value = value.log_likelihood, .gradient = value.gradient(varying)};
    ++infeasible_trials;
    return std::nullopt;
  };
  const auto curvature_at = [&](const Eigen::VectorXd& weights) {
    LikelihoodCurvature at = model.curvature(weights);
    if (at.status != PathSumStatus::Finite) throw NoCurvature{.weights = weights, .status = at.status};
    return at;
  };
  const auto progress = [&](int iteration, double objective, const Eigen::VectorXd& weights) {
    if (options.checkpoint)
      options.checkpoint({.names = names,
                          .weights = all(weights),
                          .objective = objective,
                          .iterations = before.iterations + iteration,
                          .evaluations = before.evaluations + evaluations,
                          .infeasible_trials = before.infeasible_trials + infeasible_trials});
    const Measurement measurement{penalised_fit ? "objective" : "log_likelihood", objective};
    if (options.progress)
      options.progress({.done = before.iterations + iteration,
                        .limit = before.iterations + options.max_iterations,
                        .measurements = {&measurement, 1}});
  };
  Maximum maximum;
  LikelihoodCurvature at_end;
  try {
    maximum = maximise_penalised(value_at,
                                 [&](const Eigen::VectorXd& weights) {
                                   const LikelihoodCurvature at = curvature_at(all(weights));
                                   return Curvature{.gradient = at.gradient(varying),
                                                    .hessian = at.hessian(varying, varying)};
                                 },
                                 result.weights(varying),
                                 {.penalty = penalty,
                                  .sizes = sizes(varying),
                                  .lower = bounds.lower(varying),
                                  .upper = bounds.upper(varying),
                                  .scale = information_scale(varying) / std::sqrt(trips),
                                  .unit = trips,
                                  .tolerance = 0.01 * options.tolerance,
                                  .max_iterations = options.max_iterations,
                                  .kinks = model.has_kinks(),
                                  .kink_tolerance = options.tolerance,
                                  .progress = progress,
                                  .near = near});
    result.weights(varying) = maximum.weights;
    at_end = curvature_at(result.weights);
  } catch (const NoCurvature& end) {
    return without_curvature(model, std::move(result), end);
  }
  result.radius = model.radius();
  result.log_likelihood = at_end.log_likelihood;
  result.objective = at_end.log_likelihood - penalty.value(sizes(varying).cwiseProduct(maximum.weights));
  result.null_log_likelihood = random_walk_log_likelihood(data);
  result.iterations = before.iterations + maximum.iterations;
  result.evaluations = before.evaluations + maximum.evaluations;
  result.infeasible_trials = before.infeasible_trials + maximum.infeasible_trials;
  result.trip_log_likelihoods = at_end.trip_log_likelihoods;

  // Weights at a bound that the slope pushes against are known as little as fixed ones.
  const double flat = options.l2 > 0.0 ? rounding_curvature : flat_curvature;
  result.at_bound.assign(names.size(), false);
  const auto with_penalty = [&](const std::vector<int>& weights) {
    return penalised(penalty, sizes, result.weights, at_end.gradient, at_end.hessian, weights, information_scale, flat);
  };
  std::vector<int> inside;
  const Eigen::VectorXd gradient = with_penalty(varying).gradient;
  for (const int j : varying) {
    const double slope = gradient(j), weight = result.weights(j);
    result.at_bound[j] = (weight == bounds.lower(j) && slope <= 0.0) || (weight == bounds.upper(j) && slope >= 0.0);
    if (!result.at_bound[j]) inside.push_back(j);
  }
  const Penalised end = with_penalty(inside);
  // Every trip has its share of the penalty's slope, so that scores sum to 0 at the maximum.
  at_end.scores.rowwise() -= (at_end.gradient - end.gradient).transpose() / trips;
  const RowMatrix scores = group_scores(independent_groups(data.trips), at_end.scores);
  result.clusters = static_cast<int>(scores.rows());
  const Eigen::VectorXd free_scale = information_scale(end.free);
  Estimates estimates = estimate({.names = names,
                                  .weights = result.weights,
                                  .free = end.free,
                                  .held = held,
                                  .gradient = end.gradient,
                                  .hessian = end.hessian,
                                  .scores = scores,
                                  .scale = free_scale,
                                  .flat = flat,
                                  .observations = "trips",
                                  .log_likelihood = [&](const Eigen::VectorXd& weights) -> std::optional<double> {
                                    const LikelihoodValue value = model.evaluate(weights);
                                    if (value.status != PathSumStatus::Finite) return std::nullopt;
                                    return value.log_likelihood;
                                  }});
  result.covariance = std::move(estimates.covariance);
  result.robust_covariance = std::move(estimates.robust_covariance);
  result.estimated = std::move(estimates.estimated);
  result.condition_number = estimates.condition_number;
  result.remaining_gain = estimates.remaining_gain + end.held_gain;
  if (result.remaining_gain > options.tolerance && maximum.remaining_gain) {
    result.remaining_gain = *maximum.remaining_gain;
    if (result.remaining_gain <= options.tolerance)
      result.notes.push_back(fmt::format(
          "the log-likelihood has a kink at these weights, where best paths tie: its slopes within {:.2g} standard "
          "errors balance, and errors take the best paths as they are",
          std::sqrt(2.0 * options.tolerance)));
  }
  result.degrees_of_freedom = estimates.identified;
  if (options.l2 > 0.0)
    result.degrees_of_freedom += (result.covariance.array().isNaN().select(0.0, result.covariance))
                                     .diagonal()
                                     .dot((end.hessian - at_end.hessian).diagonal());
  if (options.l1 > 0.0) {
    result.covariance.setConstant(std::numeric_limits<double>::quiet_NaN());
    result.robust_covariance.setConstant(std::numeric_limits<double>::quiet_NaN());
    result.notes.push_back("there are no standard errors under an L1 penalty, which moves weights and chooses them");
  } else if (options.l2 > 0.0) {
    result.notes.push_back(
        "errors under an L2 penalty say how far estimates scatter, not how far the penalty pulls them towards 0: there "
        "are no tests and intervals");
  }
  // Scores sum to 0 at the maximum, so that those of G clusters span G − 1 dimensions.
  if (scores.rows() < static_cast<Eigen::Index>(data.trips.size()) &&
      scores.rows() <= static_cast<Eigen::Index>(end.free.size())) {
    result.robust_covariance.setConstant(std::numeric_limits<double>::quiet_NaN());
    result.notes.push_back(
        fmt::format("robust errors need more clusters of trips than free weights; there are {} and {}", scores.rows(),
                    end.free.size()));
  }
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
