// softrl routes fit: weights of maximum likelihood, with their errors.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/fit_report.hpp"
#include "cli/fit_state.hpp"
#include "cli/fit_view.hpp"
#include "cli/json_arrays.hpp"
#include "cli/output.hpp"
#include "cli/ratio_text.hpp"
#include "cli/study_argument.hpp"
#include "cli/weight_options.hpp"
#include "irl/fit.hpp"
#include "irl/inference.hpp"
#include "irl/named_weights.hpp"
#include "irl/study_fit.hpp"
#include "softrl/atomic_file.hpp"

namespace softrl::cli {
namespace {

namespace fs = std::filesystem;

Json names_of(const std::vector<irl::Trip>& trips) {
  Json json = Json::array();
  for (const irl::Trip& trip : trips) json.push_back(trip.name);
  return json;
}

Json interval(const irl::WeightInference& weight) {
  return {{"lower", number(weight.lower)}, {"upper", number(weight.upper)}};
}

Json ratio_of(const FitView& view, const FitView::Weight& weight) {
  if (!weight.ratio) return nullptr;
  Json json{
      {"denominator", view.unit}, {"value", number(weight.ratio->value)}, {"classical", cli::to_json(*weight.ratio)}};
  json["robust"] = weight.robust_ratio ? cli::to_json(*weight.robust_ratio) : Json(nullptr);
  return json;
}

// ", spectral radius 0.38", between bounds where these are apart; nothing for models without path sums.
std::string radius_text(const irl::SpectralRadius& radius) {
  if (std::isnan(radius.upper)) return "";
  if (radius.upper - radius.lower <= 1e-5 * radius.upper) return fmt::format(", spectral radius {:.6f}", radius.upper);
  return fmt::format(", spectral radius between {:.6f} and {:.6f}", radius.lower, radius.upper);
}

struct FitCommand {
  StudyArgument study;
  std::vector<std::string> start, fixed;
  int max_iterations = irl::FitOptions{}.max_iterations;
  double confidence = 0.95;
  double l1 = 0.0, l2 = 0.0;
  std::string unit;
  bool stars = false;
  fs::path state, csv, latex, html;
  double regularisation = irl::MaxMarginOptions{}.regularisation;
  irl::ModelOptions model_options;

  int run() const {
    if (!(confidence > 0.0 && confidence < 1.0))
      throw std::invalid_argument(fmt::format("--confidence must be between 0 and 1, got {}", confidence));
    irl::FitOptions options{.start = parse_weights("--start", start),
                            .fixed = parse_weights("--fix", fixed),
                            .l1 = l1,
                            .l2 = l2,
                            .max_iterations = max_iterations,
                            .prefix = "--"};
    const LoadedStudy loaded = study.read(irl::TripSet::Train, {state, csv, latex, html});
    const irl::RouteData& data = loaded.data;
    if (!irl::learns_by_likelihood(loaded.study.model)) refuse_options_of_likelihood(loaded.study.model);
    fmt::print("{}\n", describe(data));
    std::vector<double> objectives;  // after every iteration, those of an interrupted run first
    if (!state.empty()) {
      if (std::optional<FitState> before = read_fit_state(state)) {
        options.resume = std::move(before->checkpoint);
        objectives = std::move(before->objectives);
        fmt::print("continues after {} as {} says\n", counted(options.resume->iterations, "iteration"), state.string());
      }
    }
    options.checkpoint = [&](const irl::FitCheckpoint& here) {
      if (!here.of_sample) objectives.push_back(here.objective);
      if (!state.empty()) write_fit_state(state, {here, objectives});
    };
    std::fflush(stdout);
    const auto begin = std::chrono::steady_clock::now();
    const irl::StudyFit fitted = [&] {
      ProgressLine line("fit");
      options.progress = line.observer();
      return irl::fit_study(loaded.study, data,
                            {.fit = options,
                             .regularisation = regularisation,
                             .model = model_options,
                             .on_names = [&](const std::vector<std::string>& names) { check_unit(names); }});
    }();
    const irl::FitResult& result = fitted.fit;
    const double seconds = seconds_since(begin);
    const FitView shown =
        view(fitted.names, result,
             {.confidence = confidence, .unit = unit, .l1 = l1, .l2 = l2, .fixed = fixed_weights(loaded.study)});
    if (fitted.model)
      print(shown, result, seconds);
    else
      print_without_likelihood(shown, result, seconds);
    Json answer = to_json(loaded, shown, result, seconds);
    answer["corridor"] = fitted.corridor ? cli::to_json(*fitted.corridor) : Json(nullptr);
    write_json(study.json, answer);
    if (!csv.empty()) write_atomically(csv, csv_table(shown));
    if (!latex.empty()) write_atomically(latex, latex_table(shown, result, stars));
    if (!html.empty())
      write_atomically(html, html_report({.heading = study.study.string(),
                                          .subheading = describe(data),
                                          .view = shown,
                                          .fit = result,
                                          .data = data,
                                          .sizes = irl::feature_sizes(fitted.model->features()),
                                          .objectives = objectives}));
    if (!state.empty() && result.status != Status::IterationLimit) fs::remove(state);
    const bool answered = result.status == Status::Converged && result.warnings.empty();
    return answered ? 0 : 1;
  }

  // Also those that the study fixes.
  std::set<std::string> fixed_weights(const irl::Study& described) const {
    std::vector<irl::NamedWeight> started = parse_weights("--start", start), named = parse_weights("--fix", fixed);
    irl::add_defaults(started, named, described.start, described.fixed);
    std::set<std::string> names;
    for (const irl::NamedWeight& weight : named) names.insert(weight.name);
    return names;
  }

  void check_unit(const std::vector<std::string>& names) const {
    if (!unit.empty() && std::find(names.begin(), names.end(), unit) == names.end())
      throw std::invalid_argument(
          fmt::format("--in-units-of: unknown weight \"{}\" (weights: {})", unit, fmt::join(names, ", ")));
  }

  void refuse_options_of_likelihood(const std::string& model) const {
    for (const auto& [option, given] :
         {std::pair("--start", !start.empty()), std::pair("--fix", !fixed.empty()), std::pair("--l1", l1 != 0.0),
          std::pair("--l2", l2 != 0.0), std::pair("--in-units-of", !unit.empty()), std::pair("--latex", !latex.empty()),
          std::pair("--report", !html.empty()), std::pair("--resume", !state.empty())})
      if (given)
        throw std::invalid_argument(
            fmt::format("{}: model = \"{}\" has no likelihood that is maximised", option, model));
  }

  static void print_notes(const irl::FitResult& result) {
    for (const std::string& warning : result.warnings) fmt::print("warning: {}\n", warning);
    for (const std::string& note : result.notes) fmt::print("note: {}\n", note);
    std::fflush(stdout);
  }

  static void print_without_likelihood(const FitView& shown, const irl::FitResult& result, double seconds) {
    Table table{.header = {"weight", "value"}};
    for (const FitView::Weight& weight : shown.weights) table.rows.push_back({weight.name, weight_text(weight.value)});
    if (!table.rows.empty())
      fmt::print("\n{}\nobjective {:.6f}, at most {:.2g} above its minimum\n{} after {}, {:.2f} s\n", table.text(),
                 result.objective, result.remaining_gain, to_string(result.status),
                 counted(result.iterations, "iteration"), seconds);
    print_notes(result);
  }

  void print(const FitView& shown, const irl::FitResult& result, double seconds) const {
    Table table{.header = {"weight", "value", "std error", "t", "p", "robust", "t", "p", "lower", "upper"}};
    Table ratios{.header = {"in units of " + unit, "value", "std error", "robust", "lower", "upper", "Fieller"}};
    bool intervals = false, robust = false;
    for (const FitView::Weight& weight : shown.weights) {
      const bool is_robust = std::isfinite(weight.robust_error);
      robust = robust || is_robust;
      const irl::WeightInference& interval_from = is_robust ? weight.robust : weight.classical;
      intervals = intervals || std::isfinite(interval_from.lower);
      table.rows.push_back(
          {weight.name, weight_text(weight.value), weight.at_bound ? "at bound" : weight_text(weight.error),
           decimals(weight.classical.t_value, 2), p_text(weight.classical.p_value), weight_text(weight.robust_error),
           decimals(weight.robust.t_value, 2), p_text(weight.robust.p_value), weight_text(interval_from.lower),
           weight_text(interval_from.upper)});
      if (!weight.ratio) continue;
      const irl::WeightRatio& ratio = weight.robust_ratio ? *weight.robust_ratio : *weight.ratio;
      ratios.rows.push_back({weight.name, weight_text(ratio.value), weight_text(weight.ratio->std_error),
                             weight.robust_ratio ? weight_text(weight.robust_ratio->std_error) : "-",
                             weight_text(ratio.lower), weight_text(ratio.upper), fieller_text(ratio.fieller)});
    }
    const irl::FitStatistics& statistics = shown.statistics;
    const auto trips = result.trip_log_likelihoods.size();
    fmt::print("\n{}", table.text());
    if (intervals)
      fmt::print("(lower, upper: {:g} % confidence interval by the {} error{})\n", 100.0 * confidence,
                 robust ? "robust" : "standard",
                 robust && result.clusters < trips ? fmt::format(", of {}", counted(result.clusters, "cluster")) : "");
    if (!ratios.rows.empty()) fmt::print("\n{}(errors and lower, upper by the delta method)\n", ratios.text());
    if (const std::string why = why_no_ratios(shown); !why.empty())
      fmt::print("\nno weights in units of {}: {}\n", unit, why);
    fmt::print("\nlog-likelihood {}, of a random walk {} (rho-squared {}, adjusted {})\n",
               decimals(result.log_likelihood, 4), decimals(result.null_log_likelihood, 4),
               decimals(statistics.rho_squared, 4), decimals(statistics.adjusted_rho_squared, 4));
    if (shown.penalised())
      fmt::print("less the penalty {}; {:.2f} degrees of freedom\n", decimals(result.objective, 4),
                 result.degrees_of_freedom);
    fmt::print("AIC {}, BIC {}; condition number {}{}\n", decimals(statistics.aic, 2), decimals(statistics.bic, 2),
               std::isnan(result.condition_number) ? "-" : fmt::format("{:.4g}", result.condition_number),
               radius_text(result.radius));
    fmt::print("{} after {} iterations, {} evaluations ({} stepped back from), {:.2f} s\n", to_string(result.status),
               result.iterations, result.evaluations, result.infeasible_trials, seconds);
    print_notes(result);
  }

  Json to_json(const LoadedStudy& loaded, const FitView& shown, const irl::FitResult& result, double seconds) const {
    Json parameters = Json::array();
    for (const FitView::Weight& weight : shown.weights) {
      parameters.push_back({{"name", weight.name},
                            {"definition", irl::definition_of_weight(loaded.study, weight.name)},
                            {"value", number(weight.value)},
                            {"std_error", number(weight.error)},
                            {"robust_std_error", number(weight.robust_error)},
                            {"t_value", number(weight.classical.t_value)},
                            {"robust_t_value", number(weight.robust.t_value)},
                            {"p_value", number(weight.classical.p_value)},
                            {"robust_p_value", number(weight.robust.p_value)},
                            {"interval", interval(weight.classical)},
                            {"robust_interval", interval(weight.robust)},
                            {"estimated", weight.estimated},
                            {"at_bound", weight.at_bound}});
      if (!unit.empty()) parameters.back()["ratio"] = ratio_of(shown, weight);
    }
    const irl::FitStatistics& statistics = shown.statistics;
    const irl::RouteData& data = loaded.data;
    Json json = {{"model", loaded.study.model},
                 {"family", irl::family_of(loaded.study)},
                 {"status", to_string(result.status)},
                 {"log_likelihood", number(result.log_likelihood)},
                 {"null_log_likelihood", number(result.null_log_likelihood)},
                 {"penalty", {{"l1", l1}, {"l2", l2}}},
                 {"objective", number(result.objective)},
                 {"degrees_of_freedom", number(result.degrees_of_freedom)},
                 {"rho_squared", number(statistics.rho_squared)},
                 {"adjusted_rho_squared", number(statistics.adjusted_rho_squared)},
                 {"aic", number(statistics.aic)},
                 {"bic", number(statistics.bic)},
                 {"trips", data.trips.size()},
                 {"clusters", result.clusters},
                 {"confidence", confidence},
                 {"parameters", parameters},
                 {"covariance", rows(result.covariance)},
                 {"robust_covariance", rows(result.robust_covariance)},
                 {"correlation", rows(irl::correlations(result.covariance))},
                 {"robust_correlation", rows(irl::correlations(result.robust_covariance))},
                 {"iterations", result.iterations},
                 {"evaluations", result.evaluations},
                 {"sample_evaluations", result.sample_evaluations},
                 {"infeasible_trials", result.infeasible_trials},
                 {"remaining_gain", number(result.remaining_gain)},
                 {"condition_number", number(result.condition_number)},
                 {"spectral_radius", cli::to_json(result.radius)},
                 {"warnings", result.warnings},
                 {"notes", result.notes},
                 {"seconds", number(seconds)},
                 {"trip_names", names_of(data.trips)},
                 {"trip_log_likelihoods", numbers(result.trip_log_likelihoods)}};
    add_trip_report(json, data.trip_report);
    return json;
  }
};

}  // namespace

void add_routes_fit(CLI::App& routes, Run& run) {
  const auto fit = std::make_shared<FitCommand>();
  CLI::App* command = routes.add_subcommand("fit", "Weights that explain the trips best, with standard errors");
  fit->study.add_to(*command);
  add_weights(*command, "--start", fit->start, "Where the search starts, for some or all weights");
  add_weights(*command, "--fix", fit->fixed, "Weights that are not estimated");
  command->add_option("--max-iterations", fit->max_iterations, "Limit of the search")->capture_default_str();
  add_model_options(*command, fit->model_options);
  command->add_option("--confidence", fit->confidence, "Level of the confidence intervals")->capture_default_str();
  command->add_option("--l1", fit->l1, "L1 penalty, in nats per trip")->capture_default_str();
  command->add_option("--l2", fit->l2, "L2 penalty, in nats per trip")->capture_default_str();
  command->add_option("--regularisation", fit->regularisation, "Of model = \"max_margin\"")->capture_default_str();
  command->add_option("--in-units-of", fit->unit, "Give the other weights in units of this one, too");
  command->add_option("--csv", fit->csv, "Write the table of weights to this CSV file");
  command->add_option("--latex", fit->latex, "Write the table of weights for a paper to this LaTeX file");
  command->add_flag("--stars", fit->stars, "Mark small p-values in the LaTeX table");
  command->add_option("--report", fit->html,
                      "Write an HTML page with plots and the trips explained worst to this file");
  command->add_option("--resume", fit->state,
                      "Keep the state of the search in this file after every iteration, and continue from it if it is "
                      "there; removed in the end");
  command->callback([fit, &run] { run = [fit] { return fit->run(); }; });
}

}  // namespace softrl::cli
