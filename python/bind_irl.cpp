// softrl._exact.irl, which softrl.routes shows to users.
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nanobind/eigen/dense.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "irl/generated_city.hpp"
#include "irl/inference.hpp"
#include "irl/route_files.hpp"
#include "route_estimation.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace softrl::irl;

void bind_predictions(nb::class_<Estimation>& model);
void bind_route_tests(nb::module_& m, nb::class_<Estimation>& model, nb::class_<RouteFit>& fit);

namespace {

namespace fs = std::filesystem;

struct RouteLikelihood {
  std::vector<std::string> names;
  LikelihoodValue value;
  std::optional<SpectralRadius> radius;  // known where the value is not finite
  bool finite() const { return value.status == PathSumStatus::Finite; }
  bool feasible() const { return finite() || radius->upper < 1.0; }
};

// Bounds of the spectral radius take longer than all the rest.
RouteLikelihood evaluate(Estimation& e, const Weights& weights, bool with_radius) {
  LikelihoodValue value = e.model().evaluate(e.values(weights));
  std::optional<SpectralRadius> radius;
  if (with_radius || value.status != PathSumStatus::Finite) radius = e.model().radius();
  return {.names = e.model().weight_names(), .value = std::move(value), .radius = radius};
}

void bind_results(nb::module_& m, nb::class_<RouteFit>& fit) {
  const auto rv = nb::rv_policy::copy;
  fit.def_ro("names", &RouteFit::names, "Names of the weights, in the order of all arrays here.")
      .def_prop_ro(
          "trips", [](const RouteFit& r) { return r.trips.size(); }, "Number of trips.")
      .def_prop_ro(
          "status", [](const RouteFit& r) { return status_of(r.fit); },
          "\"converged\", \"iteration_limit\" or \"stalled\".")
      .def_prop_ro(
          "values", [](const RouteFit& r) { return r.fit.weights; }, rv, "[K] weights.")
      .def_prop_ro(
          "estimated",
          [](const RouteFit& r) {
            return Eigen::Array<bool, Eigen::Dynamic, 1>(Eigen::Array<bool, Eigen::Dynamic, 1>::NullaryExpr(
                static_cast<Eigen::Index>(r.names.size()), [&](Eigen::Index j) { return bool(r.fit.estimated[j]); }));
          },
          rv, "[K] false for weights that were fixed, or that the data cannot tell.")
      .def_prop_ro(
          "std_error", [](const RouteFit& r) { return r.errors(r.fit.covariance); }, rv,
          "[K] from the Hessian; NaN where not estimated.")
      .def_prop_ro(
          "robust_std_error", [](const RouteFit& r) { return r.errors(r.fit.robust_covariance); }, rv,
          "[K] from the sandwich estimator; NaN where not estimated.")
      .def_prop_ro(
          "t_values",
          [](const RouteFit& r) -> Eigen::VectorXd { return r.fit.weights.cwiseQuotient(r.errors(r.fit.covariance)); },
          rv, "[K] values / std_error.")
      .def_prop_ro(
          "p_values", [](const RouteFit& r) -> Eigen::VectorXd { return r.inference(r.fit.covariance, 0.95).col(0); },
          rv, "[K] two-sided, of a weight that is 0.")
      .def_prop_ro(
          "robust_p_values",
          [](const RouteFit& r) -> Eigen::VectorXd { return r.inference(r.fit.robust_covariance, 0.95).col(0); }, rv,
          "[K] by robust_std_error.")
      .def(
          "intervals",
          [](const RouteFit& r, double confidence, bool robust) -> Eigen::MatrixXd {
            return r.inference(robust ? r.fit.robust_covariance : r.fit.covariance, confidence).rightCols(2);
          },
          "confidence"_a = 0.95, nb::kw_only(), "robust"_a = true,
          "[K, 2] lower and upper end of the confidence interval of each weight.")
      .def_prop_ro(
          "correlation", [](const RouteFit& r) { return correlations(r.fit.covariance); }, rv, "[K, K]")
      .def_prop_ro(
          "robust_correlation", [](const RouteFit& r) { return correlations(r.fit.robust_covariance); }, rv, "[K, K]")
      .def_prop_ro(
          "at_bound",
          [](const RouteFit& r) {
            return Eigen::Array<bool, Eigen::Dynamic, 1>(Eigen::Array<bool, Eigen::Dynamic, 1>::NullaryExpr(
                static_cast<Eigen::Index>(r.names.size()), [&](Eigen::Index j) { return bool(r.fit.at_bound[j]); }));
          },
          rv, "[K] true for weights that ended at a bound of the study.")
      .def_prop_ro(
          "objective", [](const RouteFit& r) { return r.fit.objective; }, "log_likelihood less the penalty.")
      .def_prop_ro(
          "degrees_of_freedom", [](const RouteFit& r) { return r.fit.degrees_of_freedom; },
          "Number of estimated weights; less under an L2 penalty.")
      .def_prop_ro(
          "rho_squared", [](const RouteFit& r) { return r.statistics().rho_squared; },
          "1 - log_likelihood / null_log_likelihood.")
      .def_prop_ro(
          "adjusted_rho_squared", [](const RouteFit& r) { return r.statistics().adjusted_rho_squared; },
          "The same with degrees_of_freedom taken off log_likelihood.")
      .def_prop_ro(
          "aic", [](const RouteFit& r) { return r.statistics().aic; }, "2 degrees_of_freedom - 2 log_likelihood.")
      .def_prop_ro(
          "bic", [](const RouteFit& r) { return r.statistics().bic; },
          "degrees_of_freedom log(trips) - 2 log_likelihood.")
      .def_prop_ro(
          "trip_log_likelihoods", [](const RouteFit& r) { return r.fit.trip_log_likelihoods; }, rv,
          "[trips] what each trip adds to log_likelihood.")
      .def_prop_ro(
          "clusters", [](const RouteFit& r) { return r.fit.clusters; },
          "Groups of trips that the robust errors take as independent.")
      .def_prop_ro(
          "notes", [](const RouteFit& r) { return r.fit.notes; },
          "Sentences that do not put the weights in doubt: what errors mean, and where there are none.")
      .def_prop_ro(
          "covariance", [](const RouteFit& r) { return r.fit.covariance; }, rv, "[K, K]")
      .def_prop_ro(
          "robust_covariance", [](const RouteFit& r) { return r.fit.robust_covariance; }, rv, "[K, K]")
      .def_prop_ro(
          "log_likelihood", [](const RouteFit& r) { return r.fit.log_likelihood; }, "Sum over trips, in nats.")
      .def_prop_ro(
          "null_log_likelihood", [](const RouteFit& r) { return r.fit.null_log_likelihood; },
          "Of a traveller who takes every available move with equal probability.")
      .def_prop_ro(
          "remaining_gain", [](const RouteFit& r) { return r.fit.remaining_gain; },
          "What a Newton step would still add to the log-likelihood.")
      .def_prop_ro(
          "condition_number", [](const RouteFit& r) { return r.fit.condition_number; },
          "Of the scaled Hessian; large if weights are hard to tell apart.")
      .def_prop_ro(
          "spectral_radius", [](const RouteFit& r) { return std::pair(r.fit.radius.lower, r.fit.radius.upper); },
          "Lower and upper bound; the path sum is finite below 1.")
      .def_prop_ro(
          "warnings", [](const RouteFit& r) { return r.fit.warnings; },
          "A sentence for each weight, or set of weights, that the data cannot tell.")
      .def_prop_ro(
          "iterations", [](const RouteFit& r) { return r.fit.iterations; }, "Of the search.")
      .def_prop_ro(
          "evaluations", [](const RouteFit& r) { return r.fit.evaluations; },
          "Of the log-likelihood and its gradient, all trial steps included.")
      .def_prop_ro(
          "infeasible_trials", [](const RouteFit& r) { return r.fit.infeasible_trials; },
          "Trial steps that left the weights at which the path sum is finite, and were shortened.")
      .def("__repr__", [](const RouteFit& r) {
        std::string text =
            fmt::format("RouteFit({}, log_likelihood={:.4f}", softrl::to_string(r.fit.status), r.fit.log_likelihood);
        for (std::size_t j = 0; j < r.names.size(); ++j)
          text += fmt::format(", {}={:.4g}", r.names[j], r.fit.weights(static_cast<Eigen::Index>(j)));
        return text + ")";
      });

  nb::class_<RouteLikelihood>(m, "RouteLikelihood", "The log-likelihood of a study's trips at given weights.")
      .def_ro("names", &RouteLikelihood::names, "Names of the weights, in the order of `gradient`.")
      .def_prop_ro("feasible", &RouteLikelihood::feasible,
                   "Whether the sum over paths is finite; double precision may be too narrow for it nevertheless.")
      .def_prop_ro(
          "reason", [](const RouteLikelihood& r) { return std::string(describe(r.value.status)); },
          "A sentence that says whether, or why not.")
      .def_prop_ro(
          "log_likelihood",
          [](const RouteLikelihood& r) { return r.finite() ? std::optional(r.value.log_likelihood) : std::nullopt; },
          "In nats; None where `reason` says why.")
      .def_prop_ro(
          "gradient",
          [](const RouteLikelihood& r) { return r.finite() ? std::optional(r.value.gradient) : std::nullopt; },
          "[K] slope of the log-likelihood; None where `reason` says why.")
      .def_prop_ro(
          "spectral_radius",
          [](const RouteLikelihood& r) {
            return r.radius ? std::optional(std::pair(r.radius->lower, r.radius->upper)) : std::nullopt;
          },
          "Lower and upper bound; the path sum is finite below 1. None if not asked for.");
}

}  // namespace

void bind_irl(nb::module_& m) {
  nb::class_<RouteFit> fit(m, "RouteFit", "Fitted weights and their errors; definitions as in irl/fit.hpp.");
  bind_results(m, fit);
  nb::class_<Estimation> model(m, "Model",
                               "A study with its data, read once, and the model of route choice that it asks for, on\n"
                               "`threads` threads (0: one for each core). Use it from one thread at a time.");
  const FitOptions fit_defaults;
  model
      .def(nb::init<const fs::path&, const std::optional<fs::path>&, std::optional<int>, std::optional<int>, int>(),
           "study"_a, "data"_a = nb::none(), nb::kw_only(), "fold"_a = nb::none(), "train_size"_a = nb::none(),
           "threads"_a = ModelOptions{}.threads, nb::call_guard<nb::gil_scoped_release>())
      .def_prop_ro(
          "names", [](Estimation& e) { return e.model().weight_names(); }, "Names of the weights.")
      .def_prop_ro(
          "trips", [](const Estimation& e) { return e.data.trips.size(); }, "Number of trips.")
      .def("evaluate", &evaluate, "weights"_a, "spectral_radius"_a = false, nb::call_guard<nb::gil_scoped_release>(),
           "As softrl.routes.likelihood, with bounds of the spectral radius if asked for, or where there is no "
           "likelihood.")
      .def("fit", &Estimation::fit, nb::kw_only(), "start"_a = Weights{}, "fix"_a = Weights{}, "l1"_a = fit_defaults.l1,
           "l2"_a = fit_defaults.l2, "tolerance"_a = fit_defaults.tolerance,
           "max_iterations"_a = fit_defaults.max_iterations, nb::call_guard<nb::gil_scoped_release>(),
           "As softrl.routes.fit.");
  bind_predictions(model);
  bind_route_tests(m, model, fit);

  m.def(
      "fit",
      [](const fs::path& study, const std::optional<fs::path>& data, const Weights& start, const Weights& fix,
         std::optional<int> fold, std::optional<int> train_size, int threads, double l1, double l2, double tolerance,
         int max_iterations) {
        return Estimation(study, data, fold, train_size, threads).fit(start, fix, l1, l2, tolerance, max_iterations);
      },
      "study"_a, nb::kw_only(), "data"_a = nb::none(), "start"_a = Weights{}, "fix"_a = Weights{},
      "fold"_a = nb::none(), "train_size"_a = nb::none(), "threads"_a = ModelOptions{}.threads,
      "l1"_a = fit_defaults.l1, "l2"_a = fit_defaults.l2, "tolerance"_a = fit_defaults.tolerance,
      "max_iterations"_a = fit_defaults.max_iterations, nb::call_guard<nb::gil_scoped_release>(),
      "Weights of maximum likelihood for a study (a TOML file) whose files lie in the folder `data` (by default the\n"
      "study's own). `start` and `fix` map names of weights to values and prevail over the study; `fold` and\n"
      "`train_size` choose among a study's files of trips; 0 `threads` are one for each core. Options and errors as in "
      "irl/fit.hpp and\n"
      "irl/route_files.hpp: ValueError for an option, RuntimeError for a file.");

  m.def(
      "likelihood",
      [](const fs::path& study, const Weights& weights, const std::optional<fs::path>& data, std::optional<int> fold,
         std::optional<int> train_size, int threads) {
        Estimation estimation(study, data, fold, train_size, threads);
        return evaluate(estimation, weights, true);
      },
      "study"_a, "weights"_a, nb::kw_only(), "data"_a = nb::none(), "fold"_a = nb::none(), "train_size"_a = nb::none(),
      "threads"_a = ModelOptions{}.threads, nb::call_guard<nb::gil_scoped_release>(),
      "The log-likelihood and its gradient at `weights`, a value for every name.");

  const CityOptions city_defaults;
  m.def(
      "generate_city",
      [](const fs::path& folder, int rows, int columns, int destinations, int trips, double one_way_share,
         double diagonal_share, const Eigen::Vector4d& weights, std::uint64_t seed) {
        const RouteData city = generate_city({.rows = rows,
                                              .columns = columns,
                                              .destinations = destinations,
                                              .trips = trips,
                                              .one_way_share = one_way_share,
                                              .diagonal_share = diagonal_share,
                                              .seed = seed,
                                              .weights = weights});
        write_routes(city, folder);
        Weights truth;
        for (int j = 0; j < city.network.feature_count(); ++j) truth[city.network.features[j]] = weights(j);
        return truth;
      },
      "folder"_a, nb::kw_only(), "rows"_a = city_defaults.rows, "columns"_a = city_defaults.columns,
      "destinations"_a = city_defaults.destinations, "trips"_a = city_defaults.trips,
      "one_way_share"_a = city_defaults.one_way_share, "diagonal_share"_a = city_defaults.diagonal_share,
      "weights"_a = city_defaults.weights, "seed"_a = city_defaults.seed, nb::call_guard<nb::gil_scoped_release>(),
      "Writes a generated city into an existing folder (network.csv, destinations.csv, trips.csv and study.toml) and\n"
      "returns the weights its trips were drawn with. Options as in irl/generated_city.hpp.");
}
