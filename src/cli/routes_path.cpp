// softrl routes path: weights along a decreasing penalty, and which penalty predicts best.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/argument_checks.hpp"
#include "cli/commands.hpp"
#include "cli/json_arrays.hpp"
#include "cli/output.hpp"
#include "cli/study_argument.hpp"
#include "cli/weight_options.hpp"
#include "irl/csv.hpp"
#include "irl/regularisation_path.hpp"
#include "irl/study_model.hpp"
#include "softrl/atomic_file.hpp"
#include "softrl/check.hpp"

namespace softrl::cli {
namespace {

namespace fs = std::filesystem;

struct PathCommand {
  StudyArgument study;
  std::vector<std::string> fixed;
  std::string kind = "l1";
  fs::path csv;
  irl::PathOptions options;

  int run() const {
    check_count("--count", options.count, 2);
    check_count("--folds", options.folds, 2);
    check_count("--threads", options.threads, 0);
    check_positive("--least", options.least);
    check_positive("--greatest", options.greatest);
    const LoadedStudy loaded = study.read(irl::TripSet::Train, {csv});
    irl::PathOptions along = options;
    along.kind = kind == "l1" ? irl::PenaltyKind::L1 : irl::PenaltyKind::L2;
    along.fit.fixed = parse_weights("--fix", fixed);
    along.fit.prefix = "--";
    irl::add_defaults(along.fit.start, along.fit.fixed, loaded.study.start, loaded.study.fixed);
    along.fit.bounds = loaded.study.bounds;
    fmt::print("{}\n", describe(loaded.data));
    std::fflush(stdout);
    std::vector<std::string> names;
    const auto model = [&](const irl::RouteData& data) { return irl::make_model(loaded.study, data, {.threads = 1}); };
    names = model(loaded.data)->weight_names();
    const auto begin = std::chrono::steady_clock::now();
    const irl::RegularisationPath path = [&] {
      ProgressLine line("path", Limit::End);
      along.progress = line.observer();
      return irl::regularisation_path(model, loaded.data, along);
    }();
    const double seconds = seconds_since(begin);
    print(names, path, seconds);
    Json answer = to_json(names, path, seconds);
    add_trip_report(answer, loaded.data.trip_report);
    write_json(study.json, answer);
    if (!csv.empty()) write_atomically(csv, table(names, path));
    bool good = path.best >= 0;
    for (const irl::PathPoint& point : path.points) good = good && point.fit.status == Status::Converged;
    return good ? 0 : 1;
  }

  void print(const std::vector<std::string>& names, const irl::RegularisationPath& path, double seconds) const {
    Table points{.header = {kind + " penalty", "log-likelihood", "degrees of freedom", "held out", "std error", ""}};
    for (std::size_t i = 0; i < path.points.size(); ++i) {
      const irl::PathPoint& point = path.points[i];
      std::string mark = static_cast<int>(i) == path.best                 ? "best"
                         : static_cast<int>(i) == path.one_standard_error ? "1 std error"
                                                                          : "";
      if (point.fit.status != Status::Converged) mark += fmt::format(" {}", to_string(point.fit.status));
      points.rows.push_back({fmt::format("{:.4g}", point.penalty), decimals(point.fit.log_likelihood, 4),
                             decimals(point.fit.degrees_of_freedom, 2), decimals(point.held_out, 5),
                             decimals(point.held_out_error, 5), mark});
    }
    points.right_aligned = {true, true, true, true, true, false};
    fmt::print("\n{}(penalty in nats per trip; held out: log-likelihood per trip of trips left out, {} folds)\n",
               points.text(), options.folds);
    if (path.best < 0) {
      fmt::print("no penalty has weights that all folds can be told by\n");
      return;
    }
    const irl::PathPoint& best = path.points[static_cast<std::size_t>(path.best)];
    const irl::PathPoint& within = path.points[static_cast<std::size_t>(path.one_standard_error)];
    Table weights{.header = {"weight", "1 std error", "best"}};
    for (std::size_t j = 0; j < names.size(); ++j) {
      const auto k = static_cast<Eigen::Index>(j);
      weights.rows.push_back({names[j], weight_text(within.fit.weights(k)), weight_text(best.fit.weights(k))});
    }
    fmt::print("\n{}{:.2f} s\n", weights.text(), seconds);
    if (path.best == 0) fmt::print("note: the best is the greatest penalty; a greater --greatest may be better\n");
    if (path.best + 1 == static_cast<int>(path.points.size()))
      fmt::print("note: the best is the least penalty; a smaller --least, or no penalty, may be better\n");
    std::fflush(stdout);
  }

  std::string table(const std::vector<std::string>& names, const irl::RegularisationPath& path) const {
    std::string text = "penalty,log_likelihood,degrees_of_freedom,held_out,held_out_std_error,failed_folds";
    for (const std::string& name : names) text += "," + irl::csv_field(name);
    text += '\n';
    const auto field = [](double value) { return std::isfinite(value) ? fmt::format("{}", value) : std::string(); };
    for (const irl::PathPoint& point : path.points) {
      text += fmt::format("{},{},{},{},{},{}", point.penalty, point.fit.log_likelihood, point.fit.degrees_of_freedom,
                          field(point.held_out), field(point.held_out_error), point.failed);
      for (const double weight : point.fit.weights) text += fmt::format(",{}", weight);
      text += '\n';
    }
    return text;
  }

  Json to_json(const std::vector<std::string>& names, const irl::RegularisationPath& path, double seconds) const {
    Json points = Json::array();
    for (const irl::PathPoint& point : path.points)
      points.push_back({{"penalty", point.penalty},
                        {"status", to_string(point.fit.status)},
                        {"weights", numbers(point.fit.weights)},
                        {"log_likelihood", number(point.fit.log_likelihood)},
                        {"objective", number(point.fit.objective)},
                        {"degrees_of_freedom", number(point.fit.degrees_of_freedom)},
                        {"held_out", number(point.held_out)},
                        {"held_out_std_error", number(point.held_out_error)},
                        {"failed_folds", point.failed}});
    const auto chosen = [&](int i) {
      return i < 0 ? Json(nullptr) : Json(path.points[static_cast<std::size_t>(i)].penalty);
    };
    return {{"penalty", kind},
            {"folds", options.folds},
            {"seed", options.seed},
            {"names", names},
            {"points", points},
            {"best", chosen(path.best)},
            {"one_standard_error", chosen(path.one_standard_error)},
            {"seconds", number(seconds)}};
  }
};

}  // namespace

void add_routes_path(CLI::App& routes, Run& run) {
  const auto path = std::make_shared<PathCommand>();
  CLI::App* command = routes.add_subcommand("path", "Weights along a decreasing penalty, with cross-validation");
  path->study.add_to(*command);
  irl::PathOptions& options = path->options;
  command->add_option("--penalty", path->kind, "Which penalty")
      ->check(CLI::IsMember({"l1", "l2"}))
      ->capture_default_str();
  command->add_option("--count", options.count, "Penalties")->check(must_be_integer)->capture_default_str();
  command->add_option("--greatest", options.greatest, "The first penalty, in nats per trip")->capture_default_str();
  command->add_option("--least", options.least, "The last one")->capture_default_str();
  command->add_option("--folds", options.folds, "Parts into which trips, or their clusters, are dealt out")
      ->check(must_be_integer)
      ->capture_default_str();
  command->add_option("--seed", options.seed, "Seed of the folds")
      ->check(must_be_natural_number)
      ->capture_default_str();
  command->add_option("--threads", options.threads, "Folds at once; 0: as many as there are cores")
      ->check(must_be_integer)
      ->capture_default_str();
  add_weights(*command, "--fix", path->fixed, "Weights that are not estimated");
  command->add_option("--csv", path->csv, "Write a row per penalty, with all weights, to this file");
  command->callback([path, &run] { run = [path] { return path->run(); }; });
}

}  // namespace softrl::cli
