// softrl routes evaluate: how well do models predict trips that they have not seen? Table 1 of Ziebart 2008.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/argument_checks.hpp"
#include "cli/commands.hpp"
#include "cli/json_arrays.hpp"
#include "cli/output.hpp"
#include "cli/saved_fit.hpp"
#include "cli/split_argument.hpp"
#include "cli/study_argument.hpp"
#include "irl/held_out.hpp"
#include "irl/route_evaluation.hpp"
#include "irl/study_fit.hpp"
#include "softrl/check.hpp"

namespace softrl::cli {
namespace {

// In the order of the paper's table, our own behind.
constexpr std::array<std::string_view, 9> known_models = {
    "time",   "max_margin",       "action", "action_costs",    "corridor",
    "maxent", "maxent_link_size", "nested", "nested_link_size"};

std::size_t place(std::string_view model) {
  return static_cast<std::size_t>(std::find(known_models.begin(), known_models.end(), model) - known_models.begin());
}

// The study with one of its models.
irl::Study with_model(irl::Study study, const std::string& name) {
  const auto need = [&](bool there, std::string_view table) {
    if (!there) throw std::invalid_argument(fmt::format("--models {}: the study has no table [{}]", name, table));
  };
  const std::optional<irl::Study::LinkSize> link_size = std::exchange(study.link_size, std::nullopt);
  const std::optional<irl::Study::Corridor> corridor = std::exchange(study.corridor, std::nullopt);
  study.model = name;
  if (name == "maxent_link_size" || name == "corridor") study.model = "maxent";
  if (name == "nested_link_size") study.model = "nested";
  if (study.model == "nested") need(!study.scales.empty(), "nested");
  if (name == "maxent_link_size" || name == "nested_link_size") {
    need(link_size.has_value(), "link_size");
    study.link_size = link_size;
  }
  if (name == "corridor") {
    need(corridor.has_value(), "corridor");
    study.corridor = corridor;
  }
  return study;
}

// What was learned from the training trips.
struct Learned {
  std::unique_ptr<irl::RouteModel> model = {};  // Null for max_margin.
  std::vector<std::string> names = {};
  Eigen::VectorXd weights = {};
  bool answered = true;  // The search converged, and the trips tell every weight.
  Json json = {};
};

// What a fit says of itself: `objective` names its value, a log-likelihood or not.
Learned learned_from(const std::vector<std::string>& names, const irl::FitResult& fit, std::string_view objective,
                     double value) {
  Json parameters = Json::array();
  for (int j = 0; j < static_cast<int>(names.size()); ++j)
    parameters.push_back({{"name", names[j]}, {"value", number(fit.weights(j))}});
  return {.names = names,
          .weights = fit.weights,
          .answered = fit.status == Status::Converged && fit.warnings.empty(),
          .json = {{"status", to_string(fit.status)},
                   {std::string(objective), number(value)},
                   {"parameters", parameters},
                   {"remaining_gain", number(fit.remaining_gain)},
                   {"warnings", fit.warnings},
                   {"notes", fit.notes}}};
}

struct ModelResult {
  std::string name = {};
  irl::RouteEvaluation evaluation = {};  // Of all folds, one after the other.
  Json fits = Json::array();
  Json folds = Json::array();
  bool answered = true;
  std::vector<irl::TripPrediction> predictions = {};
};

std::string percent(double share) { return decimals(100.0 * share, 2); }

struct EvaluateCommand {
  StudyArgument study;
  std::vector<std::string> models = {"time", "max_margin", "action", "action_costs", "maxent"};
  std::vector<std::string> weights_from;
  std::string time_feature;
  SplitArgument random_split;
  irl::BootstrapOptions bootstrap;
  int max_iterations = irl::FitOptions{}.max_iterations;
  double regularisation = irl::MaxMarginOptions{}.regularisation;
  irl::ModelOptions model_options;
  bool per_trip = false;

  int run() const {
    const std::vector<std::string> names = sorted_models();
    saved_fits();  // refuses
    check_count("--replications", bootstrap.replications, 2);
    const LoadedStudy loaded = study.read();
    const std::optional<LoadedStudy> own_file = read_held_out(loaded.study);
    fmt::print("{}\n", describe(loaded.data));
    if (own_file) fmt::print("held out: {}\n", describe(own_file->data));
    std::fflush(stdout);
    const std::vector<irl::HeldOut> splits = split(loaded, own_file);
    const irl::RouteData& data = splits.front().train;
    const Eigen::VectorXd lengths = irl::comparison_lengths(data);
    for (const std::string& name : names) with_model(loaded.study, name);  // refuses before anything is fitted
    const Eigen::VectorXd times = uses_time(names) ? time_of_moves(data) : Eigen::VectorXd{};

    std::vector<ModelResult> results;
    for (const std::string& name : names) results.emplace_back().name = name;
    std::vector<irl::Trip> trips;
    for (std::size_t fold = 0; fold < splits.size(); ++fold) {
      const irl::HeldOut& held = splits[fold];
      std::map<std::string, Learned> learned;
      for (ModelResult& result : results) {
        const std::string label = splits.size() > 1 ? fmt::format("{}, fold {}", result.name, fold) : result.name;
        add(result, predict(loaded.study, held, times, result, label, learned), held, lengths);
      }
      trips.insert(trips.end(), held.held_out.begin(), held.held_out.end());
    }
    report(loaded, own_file, splits, trips, results);
    return std::all_of(results.begin(), results.end(), [](const ModelResult& r) { return r.answered; }) ? 0 : 1;
  }

 private:
  std::vector<std::string> sorted_models() const {
    std::vector<std::string> names = models;
    for (const std::string& name : names)
      if (place(name) == known_models.size())
        throw std::invalid_argument(
            fmt::format("--models: unknown model \"{}\" (models: {})", name, fmt::join(known_models, ", ")));
    std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return place(a) < place(b); });
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  static bool uses_time(const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), "time") != names.end();
  }

  // The held-out trips that have a file of their own, if these are wanted.
  std::optional<LoadedStudy> read_held_out(const irl::Study& described) const {
    if (random_split.wanted()) return std::nullopt;
    if (!described.trips.files || !described.trips.files->test)
      throw std::invalid_argument(
          "the study has one file of trips: --held-out 0.2 or --folds 5 says which of them to predict");
    return study.read(irl::TripSet::Test);
  }

  std::vector<irl::HeldOut> split(const LoadedStudy& loaded, const std::optional<LoadedStudy>& own_file) const {
    if (own_file) return {hold_out(loaded.data, own_file->data)};
    return random_split.split(loaded.data, bootstrap.seed);
  }

  // What the fastest route is fastest by [M].
  Eigen::VectorXd time_of_moves(const irl::RouteData& data) const {
    try {
      return irl::move_times(data, time_feature).times;
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(fmt::format("{}: {}; --time-feature may name another feature",
                                              time_feature.empty() ? "--models time" : "--time-feature", error.what()));
    }
  }

  // What the model says of the held-out trips, after learning from the others. Action and action_costs share weights.
  std::vector<irl::TripPrediction> predict(const irl::Study& described, const irl::HeldOut& held,
                                           const Eigen::VectorXd& times, ModelResult& result, const std::string& label,
                                           std::map<std::string, Learned>& learned) const {
    if (result.name == "time") return predict_best_paths(held.train, -times, held.held_out);
    const std::string source = result.name == "action_costs" ? "action" : result.name;
    auto known = learned.find(source);
    if (known == learned.end()) {
      ProgressLine line(fmt::format("fit {}", label));
      const irl::Study study_of_model = with_model(described, source);
      known = learned
                  .emplace(source, saved_fits().count(source) ? take_saved(study_of_model, source, held)
                                                              : learn(study_of_model, held, line))
                  .first;
    }
    const Learned& weights = known->second;
    result.answered = result.answered && weights.answered;
    result.fits.push_back(weights.json);
    if (result.name == "action_costs" || result.name == "max_margin") {
      const Eigen::VectorXd utilities = held.train.network.attributes * weights.weights;
      return predict_best_paths(held.train, result.name == "max_margin" ? utilities.cwiseMin(0.0) : utilities,
                                held.held_out);
    }
    ProgressLine line(fmt::format("predict {}", label), Limit::End);
    return irl::predict(*weights.model, weights.weights, held.held_out, line.observer());
  }

  // --weights-from MODEL=FILE, by model.
  std::map<std::string, std::string> saved_fits() const {
    std::map<std::string, std::string> result;
    for (const std::string& word : weights_from) {
      const std::size_t equals = word.find('=');
      const std::string name = word.substr(0, equals);
      if (equals == std::string::npos || place(name) == known_models.size() || name == "time")
        throw std::invalid_argument(
            fmt::format("--weights-from: \"{}\" is not of the form MODEL=FILE with a model that has weights", word));
      result[name == "action_costs" ? "action" : name] = word.substr(equals + 1);
    }
    return result;
  }

  // Trips of another file may have the same names; of the same file they must not be among those learned from.
  Learned take_saved(const irl::Study& described, const std::string& name, const irl::HeldOut& held) const {
    const std::string file = saved_fits().at(name);
    const SavedFit saved = read_fit(file, name == "max_margin" ? Likelihood::Optional : Likelihood::Required);
    check_same_model(saved, described);
    std::vector<irl::NamedWeight> weights;
    for (const irl::FittedWeight& weight : saved.weights) weights.push_back({weight.name, weight.value});
    if (random_split.wanted())
      SplitArgument::check_not_learned(saved.trips, held, fmt::format("--weights-from: {}", file));
    std::unique_ptr<irl::RouteModel> model;
    if (irl::learns_by_likelihood(described.model)) model = irl::make_model(described, held.train, model_options);
    const std::vector<std::string> names = model ? model->weight_names() : held.train.network.features;
    irl::FitResult fit{};
    fit.status = Status::Converged;  // or read_fit would have refused it
    fit.weights = irl::all_named_weights(names, "--weights-from " + name, weights);
    fit.remaining_gain = std::nan("");
    // Without what makes a fit no good for tests only.
    fit.warnings = read_json(file).at("warnings").get<std::vector<std::string>>();
    Learned learned = learned_from(names, fit, model ? "log_likelihood" : "objective", saved.log_likelihood);
    learned.model = std::move(model);
    return learned;
  }

  Learned learn(const irl::Study& described, const irl::HeldOut& held, ProgressLine& line) const {
    irl::StudyFit fitted = irl::fit_study(described, held.train,
                                          {.fit = {.max_iterations = max_iterations, .progress = line.observer()},
                                           .regularisation = regularisation,
                                           .model = model_options});
    Learned learned = fitted.model ? learned_from(fitted.names, fitted.fit, "log_likelihood", fitted.fit.log_likelihood)
                                   : learned_from(fitted.names, fitted.fit, "objective", fitted.fit.objective);
    if (fitted.corridor) learned.json.update(to_json(*fitted.corridor));
    learned.model = std::move(fitted.model);
    return learned;
  }

  static void add(ModelResult& result, std::vector<irl::TripPrediction> predictions, const irl::HeldOut& held,
                  const Eigen::VectorXd& lengths) {
    const irl::RouteEvaluation fold = irl::evaluate(held.train.network, held.held_out, predictions, lengths);
    irl::RouteEvaluation& all = result.evaluation;
    const Eigen::Index before = all.values.rows();
    all.values.conservativeResize(before + fold.values.rows(), fold.values.cols());
    all.values.bottomRows(fold.values.rows()) = fold.values;
    all.without_route += fold.without_route;
    all.zero_probability += fold.zero_probability;
    std::move(predictions.begin(), predictions.end(), std::back_inserter(result.predictions));
    result.folds.push_back({{"trips", held.held_out.size()}, {"training_trips", held.train.trips.size()}});
    const Eigen::VectorXd means = irl::column_means(fold.values);
    for (std::size_t j = 0; j < irl::route_measures.size(); ++j)
      result.folds.back()[std::string(irl::route_measures[j])] = number(means(static_cast<Eigen::Index>(j)));
  }

  void report(const LoadedStudy& loaded, const std::optional<LoadedStudy>& own_file,
              const std::vector<irl::HeldOut>& splits, const std::vector<irl::Trip>& trips,
              const std::vector<ModelResult>& results) const {
    const irl::RoadNetwork& network = loaded.data.network;
    const std::vector<int> groups = irl::independent_groups(trips);
    fmt::print("{}: {}\n", counted(static_cast<std::int64_t>(trips.size()), "held-out trip"), how_split(splits));
    fmt::print("distance: {}\n\n",
               loaded.study.distance ? loaded.study.distance->name : "every link counts 1, the study names none");

    Table table{.header = {"model", "matching %", "90 % match %", "log prob", "exact %", "edit distance", "BLEU"}};
    Json models_json = Json::array();
    for (const ModelResult& result : results) {
      const irl::RouteEvaluation& evaluation = result.evaluation;
      const std::vector<irl::MeanInterval> means = with_intervals(evaluation.values, groups);
      table.rows.push_back({result.name, percent(means[0].mean), percent(means[1].mean), decimals(means[2].mean, 3),
                            percent(means[3].mean), decimals(means[4].mean, 4), decimals(means[5].mean, 4)});
      Json json{{"model", result.name}, {"trips", trips.size()}};
      for (std::size_t j = 0; j < means.size(); ++j) json[std::string(irl::route_measures[j])] = number(means[j].mean);
      json["without_route"] = evaluation.without_route;
      json["zero_probability"] = evaluation.zero_probability;
      json["intervals"] = intervals(means);
      json["fits"] = result.fits;
      json["folds"] = result.folds;
      if (per_trip) json["per_trip"] = trips_json(network, trips, result);
      models_json.push_back(json);
    }
    fmt::print("{}", table.text());
    for (const ModelResult& result : results) {
      if (result.evaluation.zero_probability > 0)
        fmt::print("{}: {} of probability 0, left out of log prob\n", result.name,
                   counted(result.evaluation.zero_probability, "trip"));
      if (result.evaluation.without_route > 0)
        fmt::print("{}: no route for {}, counted as nothing in common\n", result.name,
                   counted(result.evaluation.without_route, "trip"));
      print_warnings(result);
    }
    const Json differences = compare(results, groups);
    std::fflush(stdout);
    Json json{{"held_out_trips", trips.size()},
              {"split", how_split(splits)},
              {"distance", loaded.study.distance ? Json(loaded.study.distance->name) : Json(nullptr)},
              {"confidence", bootstrap.confidence},
              {"replications", bootstrap.replications},
              {"seed", bootstrap.seed},
              {"models", models_json},
              {"differences", differences}};
    add_trip_report(json, loaded.data.trip_report);
    if (own_file) add_trip_report(json["held_out"], own_file->data.trip_report);
    write_json(study.json, json);
  }

  static void print_warnings(const ModelResult& result) {
    for (std::size_t fold = 0; fold < result.fits.size(); ++fold) {
      const Json& fit = result.fits[fold];
      const std::string which =
          fmt::format("the fit of {}{}", result.name, result.fits.size() > 1 ? fmt::format(", fold {}", fold) : "");
      if (fit.at("status") != to_string(Status::Converged))
        fmt::print("warning: {} ended as {}\n", which, fit.at("status").get<std::string>());
      for (const Json& warning : fit.at("warnings")) fmt::print("warning: {}: {}\n", which, warning.get<std::string>());
    }
  }

  std::string how_split(const std::vector<irl::HeldOut>& splits) const {
    const std::string learned =
        fmt::format("learned from {}", counted(static_cast<std::int64_t>(splits.front().train.trips.size()), "trip"));
    if (random_split.folds) return fmt::format("{}; the first {}", random_split.describe(bootstrap.seed), learned);
    if (random_split.wanted()) return fmt::format("{}, {}", random_split.describe(bootstrap.seed), learned);
    return fmt::format("from a file of their own, {}", learned);
  }

  // One group of trips says nothing of how means scatter.
  std::vector<irl::MeanInterval> with_intervals(const irl::RowMatrix& values, const std::vector<int>& groups) const {
    std::vector<irl::MeanInterval> means = bootstrap_means(values, groups, bootstrap);
    for (std::size_t j = 0; j < means.size(); ++j) {
      std::set<int> told;
      for (std::size_t t = 0; t < groups.size(); ++t)
        if (!std::isnan(values(static_cast<Eigen::Index>(t), static_cast<Eigen::Index>(j)))) told.insert(groups[t]);
      if (told.size() < 2) means[j].lower = means[j].upper = std::nan("");
    }
    return means;
  }

  // Of every two models, on the same trips. A trip without a log-probability under one of them says nothing there.
  Json compare(const std::vector<ModelResult>& results, const std::vector<int>& groups) const {
    Json json = Json::array();
    Table table{.header = {"difference", "less", "matching %", "90 % match %", "log prob"},
                .right_aligned = {false, false, true, true, true}};
    const auto cell = [](const irl::MeanInterval& mean, double factor, int digits) {
      if (std::isnan(mean.mean)) return std::string("-");
      return fmt::format("{} [{}, {}]", decimals(factor * mean.mean, digits), decimals(factor * mean.lower, digits),
                         decimals(factor * mean.upper, digits));
    };
    for (std::size_t a = results.size(); a-- > 0;) {
      for (std::size_t b = a; b-- > 0;) {
        const irl::RowMatrix difference = results[a].evaluation.values - results[b].evaluation.values;
        const std::vector<irl::MeanInterval> means = with_intervals(difference, groups);
        Json entry{{"model", results[a].name}, {"other", results[b].name}};
        for (std::size_t j = 0; j < means.size(); ++j)
          entry[std::string(irl::route_measures[j])] = {
              {"mean", number(means[j].mean)}, {"lower", number(means[j].lower)}, {"upper", number(means[j].upper)}};
        json.push_back(entry);
        table.rows.push_back({results[a].name, results[b].name, cell(means[0], 100.0, 2), cell(means[1], 100.0, 2),
                              cell(means[2], 1.0, 3)});
      }
    }
    if (!table.rows.empty())
      fmt::print("\ndifferences on the same trips, with {:g} % bootstrap intervals\n\n{}", 100.0 * bootstrap.confidence,
                 table.text());
    return json;
  }

  static Json intervals(const std::vector<irl::MeanInterval>& means) {
    Json json;
    for (std::size_t j = 0; j < means.size(); ++j)
      json[std::string(irl::route_measures[j])] = {{"lower", number(means[j].lower)},
                                                   {"upper", number(means[j].upper)}};
    return json;
  }

  static Json trips_json(const irl::RoadNetwork& network, const std::vector<irl::Trip>& trips,
                         const ModelResult& result) {
    Json json = Json::array();
    for (std::size_t t = 0; t < trips.size(); ++t) {
      Json entry{{"trip", trips[t].name}};
      for (std::size_t j = 0; j < irl::route_measures.size(); ++j)
        entry[irl::route_measures[j] == "mean_log_probability" ? "log_probability"
                                                               : std::string(irl::route_measures[j])] =
            number(result.evaluation.values(static_cast<Eigen::Index>(t), static_cast<Eigen::Index>(j)));
      std::vector<std::string> links;
      for (const int link : result.predictions[t].route) links.push_back(network.links[link]);
      entry["predicted"] = fmt::format("{}", fmt::join(links, " "));
      json.push_back(entry);
    }
    return json;
  }
};

}  // namespace

void add_routes_evaluate(CLI::App& routes, Run& run) {
  const auto evaluate = std::make_shared<EvaluateCommand>();
  CLI::App* command = routes.add_subcommand("evaluate", "How well models predict held-out trips");
  evaluate->study.add_to(*command);
  command->add_option("--models", evaluate->models, fmt::format("Of {}", fmt::join(known_models, ", ")))
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("MODEL,...")
      ->capture_default_str();
  command->add_option("--weights-from", evaluate->weights_from, "Take a model's weights from what fit --json wrote")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("MODEL=FILE,...");
  command->add_option("--held-out", evaluate->random_split.share,
                      "Share of the trips to hold out, learning from the rest");
  evaluate->random_split.add_to(*command);
  add_model_options(*command, evaluate->model_options);
  command->add_option("--time-feature", evaluate->time_feature,
                      "What `time` is fastest by (default: the study's time, else travel_time, else its distance)");
  command->add_option("--regularisation", evaluate->regularisation, "Of max_margin")->capture_default_str();
  command->add_option("--max-iterations", evaluate->max_iterations, "Limit of the searches")->capture_default_str();
  command->add_option("--replications", evaluate->bootstrap.replications, "Of the bootstrap")->capture_default_str();
  command->add_option("--confidence", evaluate->bootstrap.confidence, "Level of the intervals")->capture_default_str();
  command->add_option("--seed", evaluate->bootstrap.seed, "Of splits and bootstrap")
      ->capture_default_str()
      ->check(must_be_natural_number);
  command->add_flag("--per-trip", evaluate->per_trip, "Write every trip's measures and predicted route, too (--json)");
  command->callback([evaluate, &run] { run = [evaluate] { return evaluate->run(); }; });
}

}  // namespace softrl::cli
