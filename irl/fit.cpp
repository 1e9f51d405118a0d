#include "irl/fit.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <memory>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <lbfgs.h>

#include "irl/estimates.hpp"
#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

std::string describe(const SpectralRadius& radius) {
  if (std::isinf(radius.upper)) return "";
  return fmt::format(": the spectral radius is between {:.9g} and {:.9g}, and must be below 1", radius.lower,
                     radius.upper);
}

std::vector<bool> named(const RoadNetwork& network, const std::vector<NamedWeight>& weights) {
  std::vector<bool> result(network.features.size(), false);
  for (const NamedWeight& weight : weights) result[network.find_feature(weight.name)] = true;
  return result;
}

// "start a=-1, fix b=-2": what the caller gave.
std::string given_weights(const FitOptions& options) {
  std::vector<std::string> words;
  for (const auto& [option, weights] : {std::pair("start", &options.start), std::pair("fix", &options.fixed)})
    for (const auto& [name, value] : *weights)
      words.push_back(fmt::format("{}{} {}={}", options.prefix, option, name, value));
  return fmt::format("{}", fmt::join(words, ", "));
}

Eigen::VectorXd feasible_start(Likelihood& likelihood, const FitOptions& options) {
  const RoadNetwork& network = likelihood.data().network;
  const int features = network.feature_count();
  Eigen::VectorXd unit(features);  // −1 / mean of the feature where it is not 0, against its sign
  for (int j = 0; j < features; ++j) {
    const auto column = network.attributes.col(j);
    const double sum = column.sum();
    const double size = column.cwiseAbs().sum();
    const auto count = static_cast<double>((column.array() != 0.0).count());
    unit(j) = size > 0.0 ? (sum < 0.0 ? count / size : -count / size) : -1.0;
  }
  std::vector<bool> given = named(network, options.start);
  const std::vector<bool> fixed = named(network, options.fixed);
  bool all_given = true;
  for (int j = 0; j < features; ++j) all_given = all_given && (given[j] || fixed[j]);
  const std::string name = options.prefix + "start";
  for (double c = 1.0;; c *= 2.0) {
    Eigen::VectorXd start = with_named_weights(network, c * unit, name, options.start);
    start = with_named_weights(network, std::move(start), options.prefix + "fix", options.fixed);
    const LikelihoodValue value = likelihood.evaluate(start);
    if (value.status == PathSumStatus::Finite) return start;
    const std::string why = fmt::format("{}{}", describe(value.status),
                                        value.status == PathSumStatus::Divergent ? describe(likelihood.radius()) : "");
    const std::string told = given_weights(options);
    if (all_given) throw std::invalid_argument(fmt::format("{}: at these weights {}", told, why));
    if (c >= 64.0 || value.status == PathSumStatus::OutOfRange)
      throw std::invalid_argument(
          fmt::format("{}: no feasible start was found for the other weights, give some; at the last ones tried {}",
                      told.empty() ? name : told, why));
  }
}

// Why the data cannot tell this weight whatever the others are, or an empty string.
std::string cannot_tell(const RouteData& data, int feature) {
  for (const Trip& trip : data.trips)
    for (const int move : trip.moves)
      if (data.network.attributes(move, feature) != 0.0) return {};
  const bool nowhere = (data.network.attributes.col(feature).array() == 0.0).all();
  return nowhere
             ? "is 0 on every move"
             : "is 0 on every move of every trip, so that the likelihood has no maximum: the weight runs to infinity";
}

// The objective that libLBFGS minimises: minus the mean log-likelihood per trip, in variables scaled to curvature of
// about 1.
struct Objective {
  Likelihood* likelihood;
  const FitOptions* options;
  Eigen::VectorXd weights;  // [K]
  std::vector<int> free;    // the weights that vary
  Eigen::VectorXd scale;    // [free] variable = weight · scale
  double trips;
  int evaluations = 0, infeasible_trials = 0, iterations = 0;
  std::exception_ptr exception = {};

  void set(const lbfgsfloatval_t* x) {
    for (std::size_t i = 0; i < free.size(); ++i) weights(free[i]) = x[i] / scale(static_cast<Eigen::Index>(i));
  }

  double evaluate(const lbfgsfloatval_t* x, lbfgsfloatval_t* gradient) {
    set(x);
    ++evaluations;
    std::fill(gradient, gradient + free.size(), 0.0);
    if (!weights.allFinite()) return infeasible();
    const LikelihoodValue value = likelihood->evaluate(weights);
    if (value.status != PathSumStatus::Finite) return infeasible();
    for (std::size_t i = 0; i < free.size(); ++i)
      gradient[i] = -value.gradient(free[i]) / (trips * scale(static_cast<Eigen::Index>(i)));
    return -value.log_likelihood / trips;
  }

  // Backtracking compares values before it looks at the gradient, so infinity always shortens the step.
  double infeasible() {
    ++infeasible_trials;
    return std::numeric_limits<double>::infinity();
  }

  void report(int iteration, double value) {
    iterations = iteration;
    if (!options->progress) return;
    const Measurement measurement{"log_likelihood", -value * trips};
    options->progress({.done = iteration, .limit = options->max_iterations, .measurements = {&measurement, 1}});
  }

  // C calls these two; no exception may pass through it.
  static lbfgsfloatval_t evaluate_callback(void* self, const lbfgsfloatval_t* x, lbfgsfloatval_t* gradient, int,
                                           lbfgsfloatval_t) {
    auto& objective = *static_cast<Objective*>(self);
    try {
      if (!objective.exception) return objective.evaluate(x, gradient);
    } catch (...) {
      objective.exception = std::current_exception();
    }
    return std::numeric_limits<double>::infinity();
  }
  static int progress_callback(void* self, const lbfgsfloatval_t*, const lbfgsfloatval_t*, lbfgsfloatval_t value,
                               lbfgsfloatval_t, lbfgsfloatval_t, lbfgsfloatval_t, int, int iteration, int) {
    auto& objective = *static_cast<Objective*>(self);
    try {
      objective.report(iteration, value);
    } catch (...) {
      objective.exception = std::current_exception();
    }
    return objective.exception ? 1 : 0;
  }
};

// Runs L-BFGS from objective.weights; these are the best found afterwards. Returns libLBFGS's code.
int minimise(Objective& objective, int max_iterations) {
  const int n = static_cast<int>(objective.free.size());
  const std::unique_ptr<lbfgsfloatval_t, decltype(&lbfgs_free)> x(lbfgs_malloc(n), &lbfgs_free);
  if (!x) throw std::bad_alloc();
  for (int i = 0; i < n; ++i) x.get()[i] = objective.weights(objective.free[i]) * objective.scale(i);
  lbfgs_parameter_t parameters;
  lbfgs_parameter_init(&parameters);
  parameters.m = 10;
  parameters.epsilon = 1e-8;  // of the mean gradient; the result is judged by its remaining gain
  parameters.linesearch = LBFGS_LINESEARCH_BACKTRACKING_WOLFE;
  parameters.max_linesearch = 60;
  parameters.max_iterations = max_iterations;
  const int code =
      lbfgs(n, x.get(), nullptr, Objective::evaluate_callback, Objective::progress_callback, &objective, &parameters);
  if (objective.exception) std::rethrow_exception(objective.exception);
  objective.set(x.get());
  return code;
}

std::string name_list(const RoadNetwork& network, const std::vector<int>& features) {
  std::vector<std::string> names;
  for (const int j : features) names.push_back(network.features[j]);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Eigen::VectorXd with_named_weights(const RoadNetwork& network, Eigen::VectorXd base, std::string_view option,
                                   const std::vector<NamedWeight>& named_weights) {
  check_size(option, base.size(), network.feature_count());
  std::set<std::string> seen;
  for (const auto& [name, value] : named_weights) {
    const int feature = network.find_feature(name);
    if (feature < 0)
      throw std::invalid_argument(
          fmt::format("{}: unknown weight \"{}\" (weights: {})", option, name, fmt::join(network.features, ", ")));
    if (!seen.insert(name).second) throw std::invalid_argument(fmt::format("{}: \"{}\" appears twice", option, name));
    check_finite(fmt::format("{}: {}", option, name), value);
    base(feature) = value;
  }
  return base;
}

Eigen::VectorXd all_named_weights(const RoadNetwork& network, std::string_view option,
                                  const std::vector<NamedWeight>& named_weights) {
  const Eigen::VectorXd none = Eigen::VectorXd::Zero(network.feature_count());
  Eigen::VectorXd weights = with_named_weights(network, none, option, named_weights);
  const std::vector<bool> given = named(network, named_weights);
  for (int j = 0; j < network.feature_count(); ++j)
    if (!given[j]) throw std::invalid_argument(fmt::format("{}: {} is missing", option, network.features[j]));
  return weights;
}

FitResult fit(Likelihood& likelihood, const FitOptions& options) {
  check_positive(options.prefix + "tolerance", options.tolerance);
  check_count(options.prefix + (options.prefix.empty() ? "max_iterations" : "max-iterations"), options.max_iterations,
              1);
  const RouteData& data = likelihood.data();
  const RoadNetwork& network = data.network;
  const int features = network.feature_count();
  with_named_weights(network, Eigen::VectorXd::Zero(features), options.prefix + "start", options.start);
  with_named_weights(network, Eigen::VectorXd::Zero(features), options.prefix + "fix", options.fixed);
  for (const auto& [name, value] : options.start)
    for (const auto& [fixed_name, fixed_value] : options.fixed)
      if (name == fixed_name)
        throw std::invalid_argument(
            fmt::format("{0}start: {1}={2} is fixed, by {0}fix {1}={3}", options.prefix, name, value, fixed_value));

  FitResult result{};
  result.estimated.assign(features, false);
  Objective objective{.likelihood = &likelihood,
                      .options = &options,
                      .weights = feasible_start(likelihood, options),
                      .free = {},
                      .scale = {},
                      .trips = static_cast<double>(data.trips.size())};
  const std::vector<bool> fixed = named(network, options.fixed);
  std::vector<bool> held(features, false);
  for (int j = 0; j < features; ++j) {
    if (fixed[j]) continue;
    if (const std::string why = cannot_tell(data, j); !why.empty()) {
      held[j] = true;
      result.warnings.push_back(fmt::format("{} {}; it was held at its start, {:.6g}. Leave it out, or fix it",
                                            network.features[j], why, objective.weights(j)));
    } else {
      result.estimated[j] = true;
      objective.free.push_back(j);
    }
  }
  // If the moves of a trip varied independently, −H would have at most the sum of their squared features as its
  // diagonal.
  Eigen::VectorXd squares = Eigen::VectorXd::Zero(features);
  for (const Trip& trip : data.trips)
    for (const int move : trip.moves) squares += network.attributes.row(move).transpose().cwiseAbs2();
  const Eigen::VectorXd information_scale = squares(objective.free).cwiseSqrt();
  objective.scale = information_scale / std::sqrt(objective.trips);

  const int code = objective.free.empty() ? 0 : minimise(objective, options.max_iterations);

  const LikelihoodCurvature at_end = likelihood.curvature(objective.weights);
  if (at_end.status != PathSumStatus::Finite)
    throw std::runtime_error(fmt::format("at the fitted weights {}", describe(at_end.status)));
  result.radius = likelihood.radius();
  result.weights = objective.weights;
  result.log_likelihood = at_end.log_likelihood;
  result.null_log_likelihood = random_walk_log_likelihood(data);
  result.iterations = objective.iterations;
  result.evaluations = objective.evaluations;
  result.infeasible_trials = objective.infeasible_trials;

  const Covariances errors = covariances(at_end.hessian(objective.free, objective.free),
                                         at_end.scores(Eigen::indexing::all, objective.free), information_scale);
  const Eigen::VectorXd slope = at_end.gradient(objective.free);
  result.remaining_gain = 0.5 * slope.dot(errors.inverse * slope);
  result.condition_number = errors.condition_number;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (Eigen::MatrixXd* matrix : {&result.covariance, &result.robust_covariance}) {
    *matrix = Eigen::MatrixXd::Zero(features, features);
    (*matrix)(objective.free, objective.free) =
        matrix == &result.covariance ? errors.covariance : errors.robust_covariance;
    for (int j = 0; j < features; ++j) {
      if (!held[j]) continue;
      matrix->row(j).setConstant(nan);
      matrix->col(j).setConstant(nan);
    }
  }
  for (const std::vector<int>& direction : errors.flat_directions) {
    std::vector<int> members;
    for (const int i : direction) members.push_back(objective.free[i]);
    for (const int j : members) result.estimated[j] = false;
    result.warnings.push_back(
        members.size() == 1
            ? fmt::format(
                  "the trips do not determine {}: the likelihood does not depend on it, or rises for ever as it "
                  "grows; the search left it at {:.6g}. Leave it out, or fix it",
                  network.features[members.front()], objective.weights(members.front()))
            : fmt::format("the trips do not determine {} one by one, only a combination of them. Leave one out, or fix "
                          "one",
                          name_list(network, members)));
  }
  if (result.remaining_gain > options.tolerance && result.radius.upper > 0.99)
    result.warnings.push_back(fmt::format(
        "the search ended at the edge of the weights at which the sum over paths is finite (spectral radius "
        "{:.6g}): the model may not fit these trips",
        result.radius.upper));
  result.status = result.remaining_gain <= options.tolerance ? Status::Converged
                  : code == LBFGSERR_MAXIMUMITERATION        ? Status::IterationLimit
                                                             : Status::Stalled;
  return result;
}

}  // namespace softrl::irl
