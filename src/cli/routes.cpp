// softrl routes: what do drivers care about? Weights of route features from observed trips.
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
#include "cli/output.hpp"
#include "cli/weight_options.hpp"
#include "irl/fit.hpp"
#include "irl/generated_city.hpp"
#include "irl/inference.hpp"
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
    const irl::Study described = irl::read_study(study);
    const fs::path folder = data.empty() ? study.parent_path() : data;
    std::vector<fs::path> inputs = {study, folder / described.network.file, folder / described.trips.file};
    if (described.links) inputs.push_back(folder / described.links->file);
    if (described.destinations) inputs.push_back(folder / described.destinations->file);
    check_outputs({json}, inputs);
    return irl::read_routes(described, folder);
  }
};

std::string describe(const irl::RouteData& data) {
  return fmt::format("{}, {}, {}, {}", counted(data.network.links.size(), "link"),
                     counted(data.network.to.size(), "move"), counted(data.destinations.size(), "destination"),
                     counted(data.trips.size(), "trip"));
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Json to_json(const irl::SpectralRadius& radius) {
  return {{"lower", number(radius.lower)}, {"upper", number(radius.upper)}};
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
  StudyOptions study;
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
    const irl::RouteData data = study.read();
    fmt::print("{}\n", describe(data));
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
    Table table{.header = {"weight", "value", "std error", "t", "p", "robust", "t", "p", "lower", "upper"}};
    int estimated = 0;
    for (int j = 0; j < data.network.feature_count(); ++j) {
      const std::string& name = data.network.features[j];
      const double value = result.weights(j);
      // A fixed weight has no error; one that the data cannot tell has none that is known.
      const double nan = std::nan("");
      const double error = result.estimated[j] ? std::sqrt(result.covariance(j, j)) : nan;
      const double robust = result.estimated[j] ? std::sqrt(result.robust_covariance(j, j)) : nan;
      const irl::WeightInference classical = irl::infer(value, error, confidence);
      const irl::WeightInference sandwich = irl::infer(value, robust, confidence);
      if (result.estimated[j]) ++estimated;
      parameters.push_back({{"name", name},
                            {"value", number(value)},
                            {"std_error", number(error)},
                            {"robust_std_error", number(robust)},
                            {"t_value", number(classical.t_value)},
                            {"robust_t_value", number(sandwich.t_value)},
                            {"p_value", number(classical.p_value)},
                            {"robust_p_value", number(sandwich.p_value)},
                            {"interval", interval(classical)},
                            {"robust_interval", interval(sandwich)},
                            {"estimated", bool(result.estimated[j])}});
      table.rows.push_back({name, decimals(value, 4), decimals(error, 4), decimals(classical.t_value, 2),
                            p_text(classical.p_value), decimals(robust, 4), decimals(sandwich.t_value, 2),
                            p_text(sandwich.p_value), decimals(sandwich.lower, 4), decimals(sandwich.upper, 4)});
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
    write_json(study.json, {{"status", to_string(result.status)},
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
                            {"trip_log_likelihoods", numbers(result.trip_log_likelihoods)}});
  }
};

// Why there is no log-likelihood, for JSON; null if there is one.
Json reason(irl::PathSumStatus status) {
  switch (status) {
    case irl::PathSumStatus::Finite:
      return nullptr;
    case irl::PathSumStatus::Divergent:
      return "diverges";
    case irl::PathSumStatus::OutOfRange:
      return "out_of_range";
    case irl::PathSumStatus::Inaccurate:
      return "inaccurate";
  }
  return nullptr;
}

struct LikelihoodCommand {
  StudyOptions study;
  std::vector<std::string> weights;

  int run() const {
    const std::vector<irl::NamedWeight> named = parse_weights("--weights", weights);
    const irl::RouteData data = study.read();
    const irl::RoadNetwork& network = data.network;
    const Eigen::VectorXd values = irl::all_named_weights(network.features, "--weights", named);

    irl::Likelihood likelihood(data);
    const irl::LikelihoodValue value = likelihood.evaluate(values);
    const irl::SpectralRadius radius = likelihood.radius();
    const bool finite = value.status == irl::PathSumStatus::Finite;
    // Weights may be feasible although double precision cannot hold what they imply.
    const bool feasible = finite || radius.upper < 1.0;
    Json gradient = Json::array();
    for (int j = 0; j < network.feature_count(); ++j)
      gradient.push_back(
          {{"name", network.features[j]}, {"value", finite ? number(value.gradient(j)) : Json(nullptr)}});
    if (finite) {
      Table table{.header = {"weight", "value", "slope"}};
      for (int j = 0; j < network.feature_count(); ++j)
        table.rows.push_back({network.features[j], fmt::format("{}", values(j)), decimals(value.gradient(j), 4)});
      fmt::print("{}\nlog-likelihood {:.6f} of {}; spectral radius {:.6f}\n", table.text(), value.log_likelihood,
                 counted(data.trips.size(), "trip"), radius.upper);
    } else {
      fmt::print("at these weights {}", describe(value.status));
      if (std::isfinite(radius.upper))
        fmt::print("; the spectral radius is between {:.9g} and {:.9g}{}", radius.lower, radius.upper,
                   feasible ? "" : ", and must be below 1");
      fmt::print("\n");
    }
    std::fflush(stdout);
    write_json(study.json, {{"log_likelihood", finite ? number(value.log_likelihood) : Json(nullptr)},
                            {"gradient", gradient},
                            {"spectral_radius", to_json(radius)},
                            {"feasible", feasible},
                            {"reason", reason(value.status)},
                            {"trips", data.trips.size()}});
    return finite ? 0 : 1;
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
    fmt::print("{} drawn with these weights:\n\n{}\n", describe(city), table.text());
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
  command->add_option("--max-iterations", fit->max_iterations, "Limit of the search")->capture_default_str();
  command->add_option("--confidence", fit->confidence, "Level of the confidence intervals")->capture_default_str();
  command->callback([fit, &run] { run = [fit] { return fit->run(); }; });

  const auto likelihood = std::make_shared<LikelihoodCommand>();
  command = routes->add_subcommand("likelihood", "Log-likelihood and its slope at given weights");
  likelihood->study.add_to(*command);
  add_weights(*command, "--weights", likelihood->weights, "A value for every weight")->required();
  command->callback([likelihood, &run] { run = [likelihood] { return likelihood->run(); }; });

  const auto generate = std::make_shared<GenerateCommand>();
  command = routes->add_subcommand("generate", "A generated city with trips drawn from known weights");
  command->add_option("folder", generate->folder, "New or empty folder for the files")->required();
  command->add_option("--rows", generate->options.rows, "Junctions from south to north")->capture_default_str();
  command->add_option("--columns", generate->options.columns, "Junctions from west to east")->capture_default_str();
  command->add_option("--destinations", generate->options.destinations, "Junctions that trips go to")
      ->capture_default_str();
  command->add_option("--trips", generate->options.trips, "Trips")->capture_default_str();
  command->add_option("--seed", generate->options.seed, "Seed of the random numbers")
      ->capture_default_str()
      ->check(must_be_natural_number);
  command->callback([generate, &run] { run = [generate] { return generate->run(); }; });

  add_routes_compare(*routes, run);
}

}  // namespace softrl::cli
