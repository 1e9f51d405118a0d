// softrl routes bootstrap: how estimates scatter when trips are drawn anew.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/argument_checks.hpp"
#include "cli/commands.hpp"
#include "cli/json_arrays.hpp"
#include "cli/output.hpp"
#include "cli/study_argument.hpp"
#include "cli/weight_options.hpp"
#include "irl/bootstrap.hpp"
#include "irl/fit.hpp"
#include "irl/inference.hpp"
#include "irl/study_model.hpp"
#include "softrl/check.hpp"

namespace softrl::cli {
namespace {

namespace fs = std::filesystem;
using Replications = std::vector<irl::BootstrapReplication>;

Json to_json(const Replications& replications) {
  Json json = Json::array();
  for (const irl::BootstrapReplication& one : replications)
    json.push_back({{"converged", one.converged}, {"weights", numbers(one.weights)}});
  return json;
}

// The file from which an interrupted bootstrap continues: the replications, and what they belong to.
Replications read_state(const fs::path& file, const irl::FitResult& fit, std::uint64_t seed) {
  Replications result;
  if (!fs::exists(file)) return result;
  const Json json = read_json(file);
  bool same = false;
  try {
    same = json.at("seed").get<std::uint64_t>() == seed &&
           std::abs(json.at("log_likelihood").get<double>() - fit.log_likelihood) <= 1e-9 * -fit.log_likelihood;
    for (const Json& one : json.at("replications")) {
      result.push_back({.converged = one.at("converged"), .weights = vector_from(one.at("weights"))});
      same = same && result.back().weights.size() == fit.weights.size();
    }
  } catch (const Json::exception& error) {
    throw std::runtime_error(fmt::format("{}: is not the state of a bootstrap: {}", file.string(), error.what()));
  }
  if (!same)
    throw std::invalid_argument(fmt::format("--resume: {} is of another study, or another --seed", file.string()));
  return result;
}

struct BootstrapCommand {
  StudyArgument study;
  std::vector<std::string> fixed;
  fs::path state;
  double confidence = 0.95;
  double l1 = 0.0, l2 = 0.0;
  irl::BootstrapOptions options;

  int run() const {
    check_in_range("--confidence", confidence, 0.0, 1.0);
    check_count("--replications", options.replications, 2);
    check_count("--threads", options.threads, 0);
    const LoadedStudy loaded = study.read(irl::TripSet::Train, {state});
    fmt::print("{}\n", describe(loaded.data));
    std::fflush(stdout);
    const auto model = [&](const irl::RouteData& data) { return irl::make_model(loaded.study, data, {.threads = 1}); };
    irl::FitOptions of_fit{.fixed = parse_weights("--fix", fixed), .l1 = l1, .l2 = l2, .prefix = "--"};
    irl::add_defaults(of_fit.start, of_fit.fixed, loaded.study.start, loaded.study.fixed);
    of_fit.bounds = loaded.study.bounds;
    std::vector<std::string> names;
    const irl::FitResult fit = [&] {
      ProgressLine line("fit");
      const auto all = model(loaded.data);
      names = all->weight_names();
      irl::FitOptions with_progress = of_fit;
      with_progress.progress = line.observer();
      return irl::fit(*all, with_progress);
    }();
    if (fit.status != Status::Converged || !fit.warnings.empty()) {
      if (fit.status == Status::Converged)
        fmt::print("no bootstrap: the trips do not tell every weight\n");
      else
        fmt::print("no bootstrap: the fit to all trips did not converge ({})\n", to_string(fit.status));
      for (const std::string& warning : fit.warnings) fmt::print("warning: {}\n", warning);
      return 1;
    }
    irl::BootstrapOptions with_state = options;
    with_state.fit = of_fit;
    with_state.finished = read_state(state, fit, options.seed);
    if (!with_state.finished.empty())
      fmt::print("continues after {} of {}\n",
                 counted(static_cast<std::int64_t>(with_state.finished.size()), "replication"), state.string());
    std::fflush(stdout);
    using Clock = std::chrono::steady_clock;
    Clock::time_point written = Clock::now();
    if (!state.empty())
      with_state.checkpoint = [&](const Replications& so_far) {
        if (Clock::now() - written < std::chrono::seconds(1)) return;
        write_json(state,
                   {{"seed", options.seed}, {"log_likelihood", fit.log_likelihood}, {"replications", to_json(so_far)}});
        written = Clock::now();
      };
    const auto begin = Clock::now();
    const Replications replications = [&] {
      ProgressLine line("bootstrap", Limit::End);
      with_state.progress = line.observer();
      return irl::bootstrap(model, loaded.data, fit, with_state);
    }();
    const double seconds = seconds_since(begin);
    std::vector<bool> varied = irl::is_named(names, of_fit.fixed);
    varied.flip();
    const bool good = report(names, varied, fit, replications, loaded.data.trip_report, seconds);
    if (!state.empty()) fs::remove(state);
    return good ? 0 : 1;
  }

  bool report(const std::vector<std::string>& names, const std::vector<bool>& varied, const irl::FitResult& fit,
              const Replications& replications, const irl::TripReport& trips, double seconds) const {
    const irl::BootstrapSummary summary = irl::summarise(replications, confidence);
    Json parameters = Json::array();
    Table table{.header = {"weight", "value", "std error", "robust", "bootstrap", "bias", "lower", "upper"}};
    for (int j = 0; j < static_cast<int>(names.size()); ++j) {
      // At a bound, or at 0 under L1, a weight has no other errors than these: replications may leave it.
      const bool told = fit.estimated[static_cast<std::size_t>(j)];
      const auto where = [](bool known, double value) { return known ? value : std::nan(""); };
      const auto of_estimate = [&](double value) { return where(told, value); };
      const auto of_draws = [&](double value) { return where(varied[static_cast<std::size_t>(j)], value); };
      const double value = fit.weights(j), error = of_estimate(std::sqrt(fit.covariance(j, j))),
                   robust = of_estimate(std::sqrt(fit.robust_covariance(j, j))),
                   drawn = of_draws(std::sqrt(summary.covariance(j, j))), bias = of_draws(summary.mean(j) - value),
                   lower = of_draws(summary.lower(j)), upper = of_draws(summary.upper(j));
      const irl::WeightInference normal = irl::infer(value, drawn, confidence);
      table.rows.push_back({names[static_cast<std::size_t>(j)], weight_text(value), weight_text(error),
                            weight_text(robust), weight_text(drawn), weight_text(bias), weight_text(lower),
                            weight_text(upper)});
      parameters.push_back({{"name", names[static_cast<std::size_t>(j)]},
                            {"value", number(value)},
                            {"std_error", number(error)},
                            {"robust_std_error", number(robust)},
                            {"bootstrap_std_error", number(drawn)},
                            {"bias", number(bias)},
                            {"percentile_interval", {{"lower", number(lower)}, {"upper", number(upper)}}},
                            {"normal_interval", {{"lower", number(normal.lower)}, {"upper", number(normal.upper)}}},
                            {"estimated", told}});
    }
    fmt::print("\n{}(lower, upper: {:g} % percentile interval; bias: mean of the replications less value)\n",
               table.text(), 100.0 * confidence);
    fmt::print("{} of {}, {} failed, {:.2f} s\n",
               counted(static_cast<std::int64_t>(replications.size()), "replication"),
               counted(fit.clusters, fit.clusters < fit.trip_log_likelihoods.size() ? "cluster" : "trip"),
               summary.failed, seconds);
    std::fflush(stdout);
    Json answer{{"replications", replications.size()},
                {"failed", summary.failed},
                {"seed", options.seed},
                {"clusters", fit.clusters},
                {"log_likelihood", number(fit.log_likelihood)},
                {"confidence", confidence},
                {"parameters", parameters},
                {"bootstrap_covariance", rows(summary.covariance)},
                {"replicated", to_json(replications)},
                {"seconds", number(seconds)}};
    add_trip_report(answer, trips);
    write_json(study.json, answer);
    // Intervals that leave out every twentieth replication say little.
    return 20 * summary.failed <= static_cast<int>(replications.size());
  }
};

}  // namespace

void add_routes_bootstrap(CLI::App& routes, Run& run) {
  const auto bootstrap = std::make_shared<BootstrapCommand>();
  CLI::App* command =
      routes.add_subcommand("bootstrap", "Errors and intervals of a fit from trips drawn with replacement");
  bootstrap->study.add_to(*command);
  add_weights(*command, "--fix", bootstrap->fixed, "Weights that are not estimated");
  command->add_option("--l1", bootstrap->l1, "L1 penalty, in nats per trip")->capture_default_str();
  command->add_option("--l2", bootstrap->l2, "L2 penalty, in nats per trip")->capture_default_str();
  irl::BootstrapOptions& options = bootstrap->options;
  command->add_option("--replications", options.replications, "Times that trips (or their clusters) are drawn anew")
      ->check(must_be_integer)
      ->capture_default_str();
  command->add_option("--seed", options.seed, "Seed of the draws")
      ->check(must_be_natural_number)
      ->capture_default_str();
  command->add_option("--threads", options.threads, "Replications at once; 0: as many as there are cores")
      ->check(must_be_integer)
      ->capture_default_str();
  command->add_option("--confidence", bootstrap->confidence, "Level of the intervals")->capture_default_str();
  command->add_option(
      "--resume", bootstrap->state,
      "Keep finished replications in this file, and continue from it if it is there; removed in the end");
  command->callback([bootstrap, &run] { run = [bootstrap] { return bootstrap->run(); }; });
}

}  // namespace softrl::cli
