// softrl routes: what do drivers care about? Weights of route features from observed trips.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "irl/fit.hpp"
#include "irl/generated_city.hpp"
#include "irl/route_files.hpp"
#include "softrl/atomic_file.hpp"

namespace softrl::cli {
namespace {

namespace fs = std::filesystem;

// What `fit` and `likelihood` have in common: a study, where its data lie, where the answer goes.
struct StudyOptions {
  fs::path study;
  fs::path data;
  fs::path json;

  void add_to(CLI::App& command) {
    command.add_option("study", study, "Study file (TOML): which files and columns hold network, features and trips")
        ->required();
    command.add_option("--data", data, "Folder of the study's files (default: the folder of the study)");
    command.add_option("--json", json, "Write the result to this file");
  }
  irl::RouteData read() const {
    check_outputs({json}, {study});
    return irl::read_routes(irl::read_study(study), data.empty() ? study.parent_path() : data);
  }
};

// "name=value" and lists of them, separated by commas.
std::vector<irl::NamedWeight> parse_weights(std::string_view option, const std::vector<std::string>& words) {
  std::vector<irl::NamedWeight> weights;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    const auto refuse = [&] {
      throw std::invalid_argument(fmt::format("{}: \"{}\" is not of the form name=number", option, word));
    };
    if (equals == std::string::npos || equals == 0) refuse();
    double value = 0.0;
    std::size_t read = 0;
    try {
      value = std::stod(word.substr(equals + 1), &read);
    } catch (const std::exception&) {
      refuse();
    }
    if (read != word.size() - equals - 1 || !std::isfinite(value)) refuse();
    weights.push_back({.name = word.substr(0, equals), .value = value});
  }
  return weights;
}

CLI::Option* add_weights(CLI::App& command, const std::string& name, std::vector<std::string>& words,
                         const std::string& help) {
  return command.add_option(name, words, help)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE,...")
      ->default_str("");
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string cell(double value, int digits) { return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, digits); }

Json to_json(const irl::SpectralRadius& radius) {
  return {{"lower", number(radius.lower)}, {"upper", number(radius.upper)}};
}

struct FitCommand {
  StudyOptions study;
  std::vector<std::string> start, fixed;
  int max_iterations = irl::FitOptions{}.max_iterations;

  int run() const {
    irl::FitOptions options{.start = parse_weights("--start", start),
                            .fixed = parse_weights("--fix", fixed),
                            .max_iterations = max_iterations};
    const irl::RouteData data = study.read();
    fmt::print("{} links, {} moves, {} destinations, {} trips\n", data.network.link_count(), data.network.move_count(),
               data.destinations.size(), data.trips.size());
    std::fflush(stdout);
    const auto begin = std::chrono::steady_clock::now();
    irl::Likelihood likelihood(data);
    const irl::FitResult result = [&] {
      ProgressLine line("fit");
      options.progress = line.observer();
      return irl::fit(likelihood, options);
    }();
    report(data, result, seconds_since(begin));
    const bool answered = result.status == Status::Converged && result.warnings.empty();
    return answered ? 0 : 1;
  }

  void report(const irl::RouteData& data, const irl::FitResult& result, double seconds) const {
    Json parameters = Json::array();
    Table table{.header = {"weight", "value", "std error", "robust", "t"}};
    for (int j = 0; j < data.network.feature_count(); ++j) {
      const std::string& name = data.network.features[j];
      const double value = result.weights(j);
      // A fixed weight has no error; one that the data cannot tell has none that is known.
      const double nan = std::nan("");
      const double error = result.estimated[j] ? std::sqrt(result.covariance(j, j)) : nan;
      const double robust = result.estimated[j] ? std::sqrt(result.robust_covariance(j, j)) : nan;
      parameters.push_back({{"name", name},
                            {"value", number(value)},
                            {"std_error", number(error)},
                            {"robust_std_error", number(robust)},
                            {"t_value", number(value / error)},
                            {"estimated", bool(result.estimated[j])}});
      table.rows.push_back({name, cell(value, 4), cell(error, 4), cell(robust, 4), cell(value / error, 2)});
    }
    const double rho_squared = 1.0 - result.log_likelihood / result.null_log_likelihood;
    fmt::print("\n{}\nlog-likelihood {:.4f}, of a random walk {:.4f} (rho-squared {:.4f})\n", table.text(),
               result.log_likelihood, result.null_log_likelihood, rho_squared);
    fmt::print("{} after {} iterations, {} evaluations ({} stepped back from), {:.2f} s; spectral radius {:.6f}\n",
               to_string(result.status), result.iterations, result.evaluations, result.infeasible_trials, seconds,
               result.radius.upper);
    for (const std::string& warning : result.warnings) fmt::print("warning: {}\n", warning);
    std::fflush(stdout);
    write_json(study.json, {{"status", to_string(result.status)},
                            {"log_likelihood", number(result.log_likelihood)},
                            {"null_log_likelihood", number(result.null_log_likelihood)},
                            {"rho_squared", number(rho_squared)},
                            {"trips", data.trips.size()},
                            {"parameters", parameters},
                            {"iterations", result.iterations},
                            {"evaluations", result.evaluations},
                            {"infeasible_trials", result.infeasible_trials},
                            {"remaining_gain", number(result.remaining_gain)},
                            {"condition_number", number(result.condition_number)},
                            {"spectral_radius", to_json(result.radius)},
                            {"warnings", result.warnings},
                            {"seconds", number(seconds)}});
  }
};

struct LikelihoodCommand {
  StudyOptions study;
  std::vector<std::string> weights;

  int run() const {
    const std::vector<irl::NamedWeight> named = parse_weights("--weights", weights);
    const irl::RouteData data = study.read();
    const irl::RoadNetwork& network = data.network;
    const Eigen::VectorXd values =
        irl::with_named_weights(network, Eigen::VectorXd::Zero(network.feature_count()), "--weights", named);
    for (const std::string& name : network.features)
      if (std::none_of(named.begin(), named.end(), [&](const auto& weight) { return weight.name == name; }))
        throw std::invalid_argument(fmt::format("--weights: {} is missing", name));

    irl::Likelihood likelihood(data);
    const irl::LikelihoodValue value = likelihood.evaluate(values);
    const irl::SpectralRadius radius = likelihood.radius();
    const bool feasible = value.status == irl::PathSumStatus::Finite;
    Json gradient = Json::array();
    for (int j = 0; j < network.feature_count(); ++j)
      gradient.push_back(
          {{"name", network.features[j]}, {"value", feasible ? number(value.gradient(j)) : Json(nullptr)}});
    if (feasible) {
      Table table{.header = {"weight", "value", "slope"}};
      for (int j = 0; j < network.feature_count(); ++j)
        table.rows.push_back({network.features[j], fmt::format("{}", values(j)), cell(value.gradient(j), 4)});
      fmt::print("{}\nlog-likelihood {:.6f} of {} trips; spectral radius {:.6f}\n", table.text(), value.log_likelihood,
                 data.trips.size(), radius.upper);
    } else {
      fmt::print("at these weights {}", describe(value.status));
      if (std::isfinite(radius.upper))
        fmt::print("; the spectral radius is between {:.9g} and {:.9g}, and must be below 1", radius.lower,
                   radius.upper);
      fmt::print("\n");
    }
    std::fflush(stdout);
    write_json(study.json, {{"log_likelihood", feasible ? number(value.log_likelihood) : Json(nullptr)},
                            {"gradient", gradient},
                            {"spectral_radius", to_json(radius)},
                            {"feasible", feasible},
                            {"trips", data.trips.size()}});
    return feasible ? 0 : 1;
  }
};

struct GenerateCommand {
  fs::path folder;
  irl::CityOptions options;

  int run() const {
    if (fs::exists(folder) && !(fs::is_directory(folder) && fs::is_empty(folder)))
      throw std::runtime_error(fmt::format("{}: exists and is not an empty folder", folder.string()));
    const irl::RouteData city = irl::generate_city(options);
    fs::create_directories(folder);
    irl::write_routes(city, folder);
    Table table{.header = {"weight", "value"}};
    std::string truth = "name,value\n";
    for (int j = 0; j < city.network.feature_count(); ++j) {
      table.rows.push_back({city.network.features[j], fmt::format("{}", options.weights(j))});
      truth += fmt::format("{},{}\n", city.network.features[j], options.weights(j));
    }
    write_atomically(folder / "true_weights.csv", truth);
    fmt::print("{} links, {} moves, {} destinations, {} trips drawn with these weights:\n\n{}\n",
               city.network.link_count(), city.network.move_count(), city.destinations.size(), city.trips.size(),
               table.text());
    fmt::print("To find them again: softrl routes fit {}\n", (folder / "study.toml").string());
    return 0;
  }
};

}  // namespace

void add_routes(CLI::App& app, Run& run) {
  CLI::App* routes = app.add_subcommand("routes", "Learn what route choices reveal: maximum-entropy inverse RL");
  routes->require_subcommand(1);

  const auto fit = std::make_shared<FitCommand>();
  CLI::App* command = routes->add_subcommand("fit", "Weights of maximum likelihood, with standard errors");
  fit->study.add_to(*command);
  add_weights(*command, "--start", fit->start, "Where the search starts, for some or all weights");
  add_weights(*command, "--fix", fit->fixed, "Weights that are not estimated");
  command->add_option("--max-iterations", fit->max_iterations, "Limit of the search");
  command->callback([fit, &run] { run = [fit] { return fit->run(); }; });

  const auto likelihood = std::make_shared<LikelihoodCommand>();
  command = routes->add_subcommand("likelihood", "Log-likelihood and its slope at given weights");
  likelihood->study.add_to(*command);
  add_weights(*command, "--weights", likelihood->weights, "A value for every weight")->required();
  command->callback([likelihood, &run] { run = [likelihood] { return likelihood->run(); }; });

  const auto generate = std::make_shared<GenerateCommand>();
  command = routes->add_subcommand("generate", "A generated city with trips drawn from known weights");
  command->add_option("folder", generate->folder, "New or empty folder for the files")->required();
  command->add_option("--rows", generate->options.rows, "Junctions from south to north");
  command->add_option("--columns", generate->options.columns, "Junctions from west to east");
  command->add_option("--destinations", generate->options.destinations, "Junctions that trips go to");
  command->add_option("--trips", generate->options.trips, "Trips");
  command->add_option("--seed", generate->options.seed, "Seed of the random numbers");
  command->callback([generate, &run] { run = [generate] { return generate->run(); }; });
}

}  // namespace softrl::cli
