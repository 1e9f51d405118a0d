// softrl routes fit: weights of maximum likelihood, with their errors.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/study_argument.hpp"
#include "cli/weight_options.hpp"
#include "irl/fit.hpp"
#include "irl/inference.hpp"
#include "irl/study_model.hpp"

namespace softrl::cli {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Json numbers(const Eigen::VectorXd& values) {
  Json json = Json::array();
  for (const double value : values) json.push_back(number(value));
  return json;
}

Json matrix(const Eigen::MatrixXd& values) {
  Json json = Json::array();
  for (Eigen::Index i = 0; i < values.rows(); ++i) json.push_back(numbers(values.row(i).transpose()));
  return json;
}

Json names_of(const std::vector<irl::Trip>& trips) {
  Json json = Json::array();
  for (const irl::Trip& trip : trips) json.push_back(trip.name);
  return json;
}

Json interval(const irl::WeightInference& weight) {
  return {{"lower", number(weight.lower)}, {"upper", number(weight.upper)}};
}

struct FitCommand {
  StudyArgument study;
  std::vector<std::string> start, fixed;
  int max_iterations = irl::FitOptions{}.max_iterations;
  double confidence = 0.95;

  int run() const {
    if (!(confidence > 0.0 && confidence < 1.0))
      throw std::invalid_argument(fmt::format("--confidence must be between 0 and 1, got {}", confidence));
    irl::FitOptions options{.start = parse_weights("--start", start),
                            .fixed = parse_weights("--fix", fixed),
                            .max_iterations = max_iterations,
                            .prefix = "--"};
    const LoadedStudy loaded = study.read();
    const irl::RouteData& data = loaded.data;
    irl::add_defaults(options.start, options.fixed, loaded.study.start, loaded.study.fixed);
    options.bounds = loaded.study.bounds;
    fmt::print("{}\n", describe(data));
    std::fflush(stdout);
    const auto begin = std::chrono::steady_clock::now();
    const auto model = irl::make_model(loaded.study, data);
    const irl::FitResult result = [&] {
      ProgressLine line("fit");
      options.progress = line.observer();
      return irl::fit(*model, options);
    }();
    report(loaded, model->weight_names(), result, seconds_since(begin));
    const bool answered = result.status == Status::Converged && result.warnings.empty();
    return answered ? 0 : 1;
  }

  void report(const LoadedStudy& loaded, const std::vector<std::string>& names, const irl::FitResult& result,
              double seconds) const {
    const irl::RouteData& data = loaded.data;
    Json parameters = Json::array();
    Table table{.header = {"weight", "value", "std error", "t", "p", "robust", "t", "p", "lower", "upper"}};
    int estimated = 0;
    for (int j = 0; j < static_cast<int>(names.size()); ++j) {
      const std::string& name = names[j];
      const double value = result.weights(j);
      // A fixed weight has no error; one that the data cannot tell has none that is known.
      const double nan = std::nan("");
      const double error = result.estimated[j] ? std::sqrt(result.covariance(j, j)) : nan;
      const double robust = result.estimated[j] ? std::sqrt(result.robust_covariance(j, j)) : nan;
      const irl::WeightInference classical = irl::infer(value, error, confidence);
      const irl::WeightInference sandwich = irl::infer(value, robust, confidence);
      if (result.estimated[j]) ++estimated;
      parameters.push_back({{"name", name},
                            {"definition", irl::definition_of_weight(loaded.study, name)},
                            {"value", number(value)},
                            {"std_error", number(error)},
                            {"robust_std_error", number(robust)},
                            {"t_value", number(classical.t_value)},
                            {"robust_t_value", number(sandwich.t_value)},
                            {"p_value", number(classical.p_value)},
                            {"robust_p_value", number(sandwich.p_value)},
                            {"interval", interval(classical)},
                            {"robust_interval", interval(sandwich)},
                            {"estimated", bool(result.estimated[j])},
                            {"at_bound", bool(result.at_bound[j])}});
      table.rows.push_back({name, decimals(value, 4), result.at_bound[j] ? "at bound" : decimals(error, 4),
                            decimals(classical.t_value, 2), p_text(classical.p_value), decimals(robust, 4),
                            decimals(sandwich.t_value, 2), p_text(sandwich.p_value), decimals(sandwich.lower, 4),
                            decimals(sandwich.upper, 4)});
    }
    const int trips = static_cast<int>(data.trips.size());
    const irl::FitStatistics statistics =
        irl::fit_statistics(result.log_likelihood, result.null_log_likelihood, estimated, trips);
    fmt::print("\n{}(lower, upper: {:g} % confidence interval by the robust error{})\n", table.text(),
               100.0 * confidence,
               result.clusters < trips ? fmt::format(", of {}", counted(result.clusters, "cluster")) : "");
    fmt::print("\nlog-likelihood {:.4f}, of a random walk {:.4f} (rho-squared {}, adjusted {})\n",
               result.log_likelihood, result.null_log_likelihood, decimals(statistics.rho_squared, 4),
               decimals(statistics.adjusted_rho_squared, 4));
    fmt::print("AIC {:.2f}, BIC {:.2f}; condition number {:.4g}, spectral radius {:.6f}\n", statistics.aic,
               statistics.bic, result.condition_number, result.radius.upper);
    fmt::print("{} after {} iterations, {} evaluations ({} stepped back from), {:.2f} s\n", to_string(result.status),
               result.iterations, result.evaluations, result.infeasible_trials, seconds);
    for (const std::string& warning : result.warnings) fmt::print("warning: {}\n", warning);
    std::fflush(stdout);
    Json json = {{"status", to_string(result.status)},
                 {"log_likelihood", number(result.log_likelihood)},
                 {"null_log_likelihood", number(result.null_log_likelihood)},
                 {"rho_squared", number(statistics.rho_squared)},
                 {"adjusted_rho_squared", number(statistics.adjusted_rho_squared)},
                 {"aic", number(statistics.aic)},
                 {"bic", number(statistics.bic)},
                 {"trips", data.trips.size()},
                 {"clusters", result.clusters},
                 {"confidence", confidence},
                 {"parameters", parameters},
                 {"correlation", matrix(irl::correlations(result.covariance))},
                 {"robust_correlation", matrix(irl::correlations(result.robust_covariance))},
                 {"iterations", result.iterations},
                 {"evaluations", result.evaluations},
                 {"infeasible_trials", result.infeasible_trials},
                 {"remaining_gain", number(result.remaining_gain)},
                 {"condition_number", number(result.condition_number)},
                 {"spectral_radius", to_json(result.radius)},
                 {"warnings", result.warnings},
                 {"seconds", number(seconds)},
                 {"trip_names", names_of(data.trips)},
                 {"trip_log_likelihoods", numbers(result.trip_log_likelihoods)}};
    add_trip_report(json, data.trip_report);
    write_json(study.json, json);
  }
};

}  // namespace

void add_routes_fit(CLI::App& routes, Run& run) {
  const auto fit = std::make_shared<FitCommand>();
  CLI::App* command = routes.add_subcommand("fit", "Weights of maximum likelihood, with standard errors");
  fit->study.add_to(*command);
  add_weights(*command, "--start", fit->start, "Where the search starts, for some or all weights");
  add_weights(*command, "--fix", fit->fixed, "Weights that are not estimated");
  command->add_option("--max-iterations", fit->max_iterations, "Limit of the search")->capture_default_str();
  command->add_option("--confidence", fit->confidence, "Level of the confidence intervals")->capture_default_str();
  command->callback([fit, &run] { run = [fit] { return fit->run(); }; });
}

}  // namespace softrl::cli
