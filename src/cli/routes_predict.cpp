// softrl routes predict: which way will they go?
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/argument_checks.hpp"
#include "cli/commands.hpp"
#include "cli/geojson.hpp"
#include "cli/output.hpp"
#include "cli/study_argument.hpp"
#include "cli/weights_argument.hpp"
#include "irl/csv.hpp"
#include "irl/demand.hpp"
#include "irl/ends_finder.hpp"
#include "irl/link_geometry.hpp"
#include "irl/route_prediction.hpp"
#include "irl/study_model.hpp"
#include "softrl/atomic_file.hpp"

namespace softrl::cli {
namespace {

namespace fs = std::filesystem;

// Everything that was predicted, in the words of the files.
class Predictions {
 public:
  Predictions(const irl::RouteData& data, const std::vector<irl::TripEnds>& trips,
              std::vector<irl::RoutePrediction> predictions)
      : data_(data), trips_(trips), predictions_(std::move(predictions)) {}

  // Whether every trip got the routes that there are.
  bool complete() const {
    for (const irl::RoutePrediction& prediction : predictions_)
      if (prediction.likely.status != Status::Converged) return false;
    return true;
  }

  void print() const {
    if (trips_.size() > 1) {
      double total = 0.0;
      for (const irl::RoutePrediction& prediction : predictions_) total += prediction.likely.routes.at(0).log_prob;
      fmt::print("{}; log-probability of the most likely route {} on average\n",
                 counted(static_cast<std::int64_t>(trips_.size()), "trip"),
                 decimals(total / static_cast<double>(trips_.size()), 4));
      return;
    }
    const irl::RoutePrediction& prediction = predictions_.front();
    Table table{.header = {"route", "log P", "P", "links"}, .right_aligned = {false, true, true, false}};
    for (const auto& [kind, rank, route] : routes(0))
      table.rows.push_back({fmt::format("{} {}", kind, rank), decimals(route->log_prob, 4),
                            probability_text(std::exp(route->log_prob)),
                            fmt::format("{}", fmt::join(names(0, *route), " "))});
    fmt::print("{}", table.text());
    if (prediction.passing.empty()) return;
    Table passing{.header = {"link", "P(passed)", "expected visits"}};
    std::vector<irl::LinkPassing> likeliest_first = prediction.passing;
    std::stable_sort(likeliest_first.begin(), likeliest_first.end(),
                     [](const auto& a, const auto& b) { return a.probability > b.probability; });
    for (const irl::LinkPassing& link : likeliest_first)
      passing.rows.push_back(
          {data_.network.links[link.link], probability_text(link.probability), probability_text(link.expected_visits)});
    fmt::print("\n{}", passing.text());
  }

  std::string csv() const {
    std::string text = "trip,origin,destination,kind,rank,log_probability,links\n";
    for (std::size_t t = 0; t < trips_.size(); ++t)
      for (const auto& [kind, rank, route] : routes(t))
        text += fmt::format("{},{},{},{},{},{},{}\n", t + 1, irl::csv_field(origin(t)), irl::csv_field(destination(t)),
                            kind, rank, route->log_prob,
                            irl::csv_field(fmt::format("{}", fmt::join(names(t, *route), " "))));
    return text;
  }

  std::string passing_csv() const {
    std::string text = "trip,origin,destination,link,probability,expected_visits\n";
    for (std::size_t t = 0; t < trips_.size(); ++t)
      for (const irl::LinkPassing& link : predictions_[t].passing)
        text += fmt::format("{},{},{},{},{},{}\n", t + 1, irl::csv_field(origin(t)), irl::csv_field(destination(t)),
                            irl::csv_field(data_.network.links[link.link]), link.probability, link.expected_visits);
    return text;
  }

  Json json() const {
    Json trips = Json::array();
    for (std::size_t t = 0; t < trips_.size(); ++t) {
      const auto list = [&](const std::vector<irl::LikelyRoute>& routes) {
        Json json = Json::array();
        for (const irl::LikelyRoute& route : routes)
          json.push_back({{"log_probability", number(route.log_prob)}, {"links", names(t, route)}});
        return json;
      };
      Json passing = Json::array();
      for (const irl::LinkPassing& link : predictions_[t].passing)
        passing.push_back({{"link", data_.network.links[link.link]},
                           {"probability", number(link.probability)},
                           {"expected_visits", number(link.expected_visits)}});
      trips.push_back({{"origin", origin(t)},
                       {"destination", destination(t)},
                       {"status", to_string(predictions_[t].likely.status)},
                       {"routes", list(predictions_[t].likely.routes)},
                       {"samples", list(predictions_[t].samples)},
                       {"passing", std::move(passing)}});
    }
    return {{"trips", std::move(trips)}};
  }

  Json geojson_features(const irl::LinkGeometry& geometry) const {
    Json features = Json::array();
    for (std::size_t t = 0; t < trips_.size(); ++t) {
      const auto properties = [&](const char* kind) -> Json {
        return {{"trip", t + 1}, {"origin", origin(t)}, {"destination", destination(t)}, {"kind", kind}};
      };
      for (const auto& [kind, rank, route] : routes(t)) {
        Json of_route = properties(kind);
        of_route["rank"] = rank;
        of_route["log_probability"] = number(route->log_prob);
        features.push_back(line_feature(geometry, links(t, *route), std::move(of_route)));
      }
      for (const irl::LinkPassing& link : predictions_[t].passing) {
        Json of_link = properties("link");
        of_link["link"] = data_.network.links[link.link];
        of_link["probability"] = number(link.probability);
        of_link["expected_visits"] = number(link.expected_visits);
        features.push_back(line_feature(geometry, {link.link}, std::move(of_link)));
      }
    }
    return features;
  }

 private:
  struct Row {
    const char* kind;
    std::size_t rank;
    const irl::LikelyRoute* route;
  };

  std::vector<Row> routes(std::size_t trip) const {
    std::vector<Row> rows;
    const auto add = [&](const char* kind, const std::vector<irl::LikelyRoute>& routes) {
      for (std::size_t i = 0; i < routes.size(); ++i) rows.push_back({kind, i + 1, &routes[i]});
    };
    add("likely", predictions_[trip].likely.routes);
    add("sample", predictions_[trip].samples);
    return rows;
  }

  std::vector<int> links(std::size_t trip, const irl::LikelyRoute& route) const {
    return irl::trip_links(
        data_.network,
        {.name = "", .destination = trips_[trip].destination, .origin = trips_[trip].origin, .moves = route.moves});
  }
  std::vector<std::string> names(std::size_t trip, const irl::LikelyRoute& route) const {
    std::vector<std::string> result;
    for (const int link : links(trip, route)) result.push_back(data_.network.links[link]);
    return result;
  }
  const std::string& origin(std::size_t trip) const { return data_.network.links[trips_[trip].origin]; }
  const std::string& destination(std::size_t trip) const { return data_.destinations[trips_[trip].destination].name; }

  const irl::RouteData& data_;
  const std::vector<irl::TripEnds>& trips_;
  std::vector<irl::RoutePrediction> predictions_;
};

struct PredictCommand {
  StudyArgument study;
  WeightsArgument weights;
  irl::ModelOptions model_options;
  std::string from, to;
  fs::path trips, csv, passing_csv, geojson;
  std::vector<std::string> passing;
  irl::PredictionOptions options;

  int run() const {
    if (trips.empty() == (from.empty() || to.empty()) || from.empty() != to.empty())
      throw std::invalid_argument("either --from and --to or --trips is needed");
    std::vector<fs::path> inputs = weights.files();
    if (!trips.empty()) inputs.push_back(trips);
    LoadedStudy loaded = study.read(irl::TripSet::Train, {csv, passing_csv, geojson}, inputs);
    irl::RouteData& data = loaded.data;
    const std::vector<irl::TripEnds> ends = read_ends(data);
    std::optional<irl::LinkGeometry> geometry;
    if (!geojson.empty()) geometry = irl::read_link_geometry(loaded.study, study.folder(), data.network);
    irl::PredictionOptions wanted = options;
    const irl::EndsFinder finder(data);
    for (const std::string& link : passing) wanted.passing.push_back(finder.link(link));

    fmt::print("{}\n\n", describe(data));
    const auto model = irl::make_model(loaded.study, data, model_options);
    const Eigen::VectorXd values = weights.read(loaded.study, model->weight_names());
    const Predictions predictions(data, ends, [&] {
      ProgressLine line(model->origin_matters() ? "pairs" : "destinations", Limit::End);
      return irl::predict_routes(*model, values, ends, wanted, line.observer());
    }());
    predictions.print();
    if (!predictions.complete()) fmt::print("the search for likely routes reached its limit: there may be more\n");
    std::fflush(stdout);
    if (!csv.empty()) write_atomically(csv, predictions.csv());
    if (!passing_csv.empty()) write_atomically(passing_csv, predictions.passing_csv());
    Json answer = predictions.json();
    add_trip_report(answer, data.trip_report);
    write_json(study.json, answer);
    if (geometry) write_geojson(geojson, predictions.geojson_features(*geometry));
    return predictions.complete() ? 0 : 1;
  }

  std::vector<irl::TripEnds> read_ends(irl::RouteData& data) const {
    if (trips.empty()) return {irl::EndsFinder(data).ends(from, to)};
    std::vector<irl::TripEnds> ends;
    for (const irl::Demand& row : irl::read_demand(trips, false, data)) ends.push_back(row.ends);
    return ends;
  }
};

}  // namespace

void add_routes_predict(CLI::App& routes, Run& run) {
  const auto predict = std::make_shared<PredictCommand>();
  CLI::App* command = routes.add_subcommand("predict", "Most likely routes, links passed, routes drawn at random");
  predict->study.add_to(*command);
  predict->weights.add_to(*command);
  add_model_options(*command, predict->model_options);
  command->add_option("--from", predict->from, "Link on which the trip starts");
  command->add_option("--to", predict->to, "Its destination");
  command->add_option("--trips", predict->trips, "File of trips (CSV): origin,destination");
  command->add_option("--count", predict->options.routes, "Most likely routes, without loops")->capture_default_str();
  command->add_option("--passing", predict->passing, "Links: how probable is it that they are passed?")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("LINK,...");
  command->add_option("--passing-at-least", predict->options.passing_at_least,
                      "The same of all links of so many expected visits");
  command->add_option("--samples", predict->options.samples, "Routes drawn at random")->capture_default_str();
  command->add_option("--seed", predict->options.seed, "Seed of the random numbers")
      ->capture_default_str()
      ->check(must_be_natural_number);
  command->add_option("--csv", predict->csv, "Write the routes to this file");
  command->add_option("--passing-csv", predict->passing_csv, "Write the links passed to this file");
  command->add_option("--geojson", predict->geojson, "Write both to this file, for maps");
  command->callback([predict, &run] { run = [predict] { return predict->run(); }; });
}

}  // namespace softrl::cli
