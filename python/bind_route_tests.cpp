// softrl.routes: what fits say of their weights and of each other, and how weights scatter.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <nanobind/eigen/dense.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "irl/bootstrap.hpp"
#include "irl/model_comparison.hpp"
#include "irl/regularisation_path.hpp"
#include "irl/wald.hpp"
#include "route_estimation.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace softrl::irl;

namespace {

using BoolVector = Eigen::Array<bool, Eigen::Dynamic, 1>;

void check_converged(const RouteFit& fit) {
  if (fit.fit.status != softrl::Status::Converged) throw std::invalid_argument("the fit did not converge");
}

void check_unpenalised(const RouteFit& fit) {
  check_converged(fit);
  if (fit.penalised)
    throw std::invalid_argument("the fit is penalised: these tests are for fits of maximum likelihood");
}

const Eigen::MatrixXd& covariance_of(const RouteFit& fit, bool robust) {
  return robust ? fit.fit.robust_covariance : fit.fit.covariance;
}

int position(const RouteFit& fit, const std::string& name) {
  const auto found = std::find(fit.names.begin(), fit.names.end(), name);
  if (found == fit.names.end()) throw std::invalid_argument("there is no weight " + name);
  return static_cast<int>(found - fit.names.begin());
}

nb::dict wald(const RouteFit& fit, const std::string& restrictions, bool robust) {
  check_unpenalised(fit);
  const WaldTest test =
      wald_test(fit.fit.weights, covariance_of(fit, robust), parse_restrictions(fit.names, restrictions));
  nb::dict result;
  result["statistic"] = test.statistic;
  result["degrees_of_freedom"] = test.degrees_of_freedom;
  result["p_value"] = test.p_value;
  return result;
}

nb::dict ratio(const RouteFit& fit, const std::string& numerator, const std::string& denominator, double confidence,
               bool robust) {
  check_unpenalised(fit);
  const WeightRatio ratio = weight_ratio(fit.fit.weights, covariance_of(fit, robust), position(fit, numerator),
                                         position(fit, denominator), confidence);
  nb::dict result;
  result["value"] = ratio.value;
  result["std_error"] = ratio.std_error;
  result["lower"] = ratio.lower;
  result["upper"] = ratio.upper;
  return result;
}

// What a test between fits takes.
std::vector<FittedWeight> fitted(const RouteFit& fit) {
  check_unpenalised(fit);
  if (!fit.fit.warnings.empty())
    throw std::invalid_argument("only a fit without warnings can be compared: " + fit.fit.warnings.front());
  std::vector<FittedWeight> result;
  for (std::size_t j = 0; j < fit.names.size(); ++j)
    result.push_back({.name = fit.names[j],
                      .value = fit.fit.weights(static_cast<Eigen::Index>(j)),
                      .estimated = fit.fit.estimated[j],
                      .definition = fit.definitions[j]});
  return result;
}

void check_same_trips(const RouteFit& first, const RouteFit& second) {
  if (first.trips != second.trips) throw std::invalid_argument("these are fits of different trips");
}

nb::dict likelihood_ratio(const RouteFit& restricted, const RouteFit& full) {
  check_same_trips(restricted, full);
  if (!is_nested(fitted(restricted), fitted(full)))
    throw std::invalid_argument("the first fit is not the second with more weights fixed: vuong compares such fits");
  const auto estimated = [](const RouteFit& fit) {
    return static_cast<int>(std::count(fit.fit.estimated.begin(), fit.fit.estimated.end(), true));
  };
  const LikelihoodRatioTest test = likelihood_ratio_test(restricted.fit.log_likelihood, full.fit.log_likelihood,
                                                         estimated(full) - estimated(restricted));
  nb::dict result;
  result["statistic"] = test.statistic;
  result["degrees_of_freedom"] = test.degrees_of_freedom;
  result["p_value"] = test.p_value;
  return result;
}

nb::dict vuong(const RouteFit& first, const RouteFit& second) {
  check_same_trips(first, second);
  fitted(first);
  fitted(second);
  const VuongTest test = vuong_test(first.fit.trip_log_likelihoods, second.fit.trip_log_likelihoods);
  nb::dict result;
  result["statistic"] = test.statistic;
  result["p_value"] = test.p_value;
  return result;
}

nb::dict bootstrap_weights(Estimation& e, const RouteFit& fit, int replications, std::uint64_t seed,
                           double confidence) {
  std::vector<BootstrapReplication> drawn;
  BootstrapSummary summary;
  {
    const nb::gil_scoped_release release;
    check_converged(fit);
    if (fit.names != e.model().weight_names()) throw std::invalid_argument("the fit is of another model");
    drawn = bootstrap([&](const RouteData& trips) { return e.model_of(trips); }, e.data, fit.fit,
                      {.replications = replications,
                       .seed = seed,
                       .threads = e.options.threads,
                       .fit = fit.options,
                       .progress = stop_on_signals()});
    summary = summarise(drawn, confidence);
  }
  const auto rows = static_cast<Eigen::Index>(drawn.size());
  RowMatrix weights(rows, fit.fit.weights.size());
  BoolVector converged(rows);
  for (Eigen::Index i = 0; i < rows; ++i) {
    weights.row(i) = drawn[static_cast<std::size_t>(i)].weights.transpose();
    converged(i) = drawn[static_cast<std::size_t>(i)].converged;
  }
  nb::dict result;
  result["weights"] = weights;
  result["converged"] = converged;
  result["mean"] = summary.mean;
  result["std_error"] = standard_errors(summary.covariance, fit.fit.estimated);
  result["covariance"] = summary.covariance;
  result["lower"] = summary.lower;
  result["upper"] = summary.upper;
  return result;
}

nb::dict path(Estimation& e, const std::string& penalty, double greatest, double least, int count, int folds,
              std::uint64_t seed, const Weights& start, const Weights& fix) {
  RegularisationPath along;
  {
    const nb::gil_scoped_release release;
    if (penalty != "l1" && penalty != "l2")
      throw std::invalid_argument("penalty must be \"l1\" or \"l2\", got \"" + penalty + "\"");
    along = regularisation_path([&](const RouteData& trips) { return e.model_of(trips); }, e.data,
                                {.kind = penalty == "l1" ? PenaltyKind::L1 : PenaltyKind::L2,
                                 .greatest = greatest,
                                 .least = least,
                                 .count = count,
                                 .folds = folds,
                                 .seed = seed,
                                 .threads = e.options.threads,
                                 .fit = e.fit_options(start, fix),
                                 .progress = stop_on_signals()});
  }
  const auto rows = static_cast<Eigen::Index>(along.points.size());
  RowMatrix weights(rows, static_cast<Eigen::Index>(e.model().weight_names().size()));
  Eigen::VectorXd penalties(rows), log_likelihoods(rows), degrees(rows), held_out(rows), errors(rows);
  std::vector<std::string> status;
  for (Eigen::Index i = 0; i < rows; ++i) {
    const PathPoint& point = along.points[static_cast<std::size_t>(i)];
    weights.row(i) = point.fit.weights.transpose();
    penalties(i) = point.penalty;
    log_likelihoods(i) = point.fit.log_likelihood;
    degrees(i) = point.fit.degrees_of_freedom;
    held_out(i) = point.held_out;
    errors(i) = point.held_out_error;
    status.push_back(status_of(point.fit));
  }
  const auto index = [&](int point) { return along.best < 0 ? std::nullopt : std::optional(point); };
  nb::dict result;
  result["penalty"] = penalties;
  result["weights"] = weights;
  result["status"] = status;
  result["log_likelihood"] = log_likelihoods;
  result["degrees_of_freedom"] = degrees;
  result["held_out"] = held_out;
  result["held_out_std_error"] = errors;
  result["best"] = index(along.best);
  result["one_standard_error"] = index(along.one_standard_error);
  return result;
}

}  // namespace

void bind_route_tests(nb::module_& m, nb::class_<Estimation>& model, nb::class_<RouteFit>& fit) {
  fit.def("test", &wald, "restrictions"_a, nb::kw_only(), "robust"_a = true,
          "Wald test that all restrictions hold, such as \"left_turn = 0, u_turn = 2 * link_constant\": a dict of\n"
          "`statistic`, `degrees_of_freedom` and `p_value` (small: they are refused).");
  fit.def(
      "ratio", &ratio, "numerator"_a, "denominator"_a, nb::kw_only(), "confidence"_a = 0.95, "robust"_a = true,
      "A weight in units of another: a dict of `value`, and by the delta method its `std_error` and the ends `lower`\n"
      "and `upper` of its confidence interval.");
  m.def("likelihood_ratio", &likelihood_ratio, "restricted"_a, "full"_a,
        "Likelihood-ratio test of a fit against one of the same trips of which fewer weights are fixed: a dict of\n"
        "`statistic`, `degrees_of_freedom` and `p_value` (small: the restriction is refused).");
  m.def("vuong", &vuong, "first"_a, "second"_a,
        "Vuong's test between two fits of the same trips that are not nested: a dict of `statistic`, positive if the\n"
        "first is closer to the truth, and `p_value`, two-sided; NaN if both give every trip the same probability.");
  const BootstrapOptions drawn;
  model.def(
      "bootstrap", &bootstrap_weights, "fit"_a, nb::kw_only(), "replications"_a = drawn.replications,
      "seed"_a = drawn.seed, "confidence"_a = 0.95,
      "How the weights of `fit`, of this model, scatter if trips (or clusters of them) are drawn with replacement. A\n"
      "dict: `weights` [replications, K], of those `converged` [replications] the `mean` [K], `std_error` [K] (NaN\n"
      "where not estimated), `covariance` [K, K] and the percentile interval `lower` [K] to `upper` [K].");
  const PathOptions along;
  model.def(
      "regularisation_path", &path, nb::kw_only(), "penalty"_a = "l1", "greatest"_a = along.greatest,
      "least"_a = along.least, "count"_a = along.count, "folds"_a = along.folds, "seed"_a = along.seed,
      "start"_a = Weights{}, "fix"_a = Weights{},
      "Fits along `count` penalties, \"l1\" or \"l2\", from the greatest to the least, in nats per trip. A dict:\n"
      "`penalty` [P], `weights` [P, K], `status` of each fit, `log_likelihood` [P], `degrees_of_freedom` [P],\n"
      "`held_out` [P], the log-likelihood per trip of trips left out, over all `folds`, with `held_out_std_error`\n"
      "[P]; NaN where a fold's fit failed. `best` is the position of the greatest held_out, `one_standard_error`\n"
      "that of the greatest penalty within its error; None if no penalty has one.");
}
