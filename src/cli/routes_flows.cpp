// softrl routes flows: how many trips will pass every link?
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/geojson.hpp"
#include "cli/output.hpp"
#include "cli/study_argument.hpp"
#include "cli/weights_argument.hpp"
#include "irl/csv.hpp"
#include "irl/demand.hpp"
#include "irl/link_flows.hpp"
#include "irl/link_geometry.hpp"
#include "irl/study_model.hpp"
#include "softrl/atomic_file.hpp"

namespace softrl::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t links_on_screen = 10;

std::string trips_text(double trips) { return trips < 1e9 ? decimals(trips, 2) : fmt::format("{:.6g}", trips); }

struct FlowsCommand {
  StudyArgument study;
  WeightsArgument weights;
  irl::ModelOptions model_options;
  fs::path demand, csv, moves_csv, geojson;

  int run() const {
    std::vector<fs::path> inputs = weights.files();
    if (!demand.empty()) inputs.push_back(demand);
    LoadedStudy loaded = study.read(irl::TripSet::Train, {csv, moves_csv, geojson}, inputs);
    irl::RouteData& data = loaded.data;
    const std::vector<irl::Demand> rows =
        demand.empty() ? irl::observed_demand(data) : irl::read_demand(demand, true, data);
    std::optional<irl::LinkGeometry> geometry;
    if (!geojson.empty()) geometry = irl::read_link_geometry(loaded.study, study.folder(), data.network);
    fmt::print("{}\n\n", describe(data));
    const auto model = irl::make_model(loaded.study, data, model_options);
    const Eigen::VectorXd values = weights.read(loaded.study, model->weight_names());
    const irl::LinkFlows flows = [&] {
      ProgressLine line(model->origin_matters() ? "pairs" : "destinations", Limit::End);
      return irl::link_flows(*model, values, rows, line.observer());
    }();
    print(data.network, flows);
    if (!csv.empty()) write_atomically(csv, links_csv(data.network, flows));
    if (!moves_csv.empty()) write_atomically(moves_csv, moves_text(data.network, flows));
    Json answer = json(data.network, flows);
    add_trip_report(answer, data.trip_report);
    write_json(study.json, answer);
    if (geometry) write_geojson(geojson, features(data.network, flows, *geometry));
    return 0;
  }

  static void print(const irl::RoadNetwork& network, const irl::LinkFlows& flows) {
    std::vector<int> order(network.links.size());
    std::iota(order.begin(), order.end(), 0);
    const std::size_t shown = std::min(links_on_screen, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
                      [&](int a, int b) { return flows.links(a) > flows.links(b); });
    Table table{.header = {"busiest links", "trips", "started", "ended"}};
    for (std::size_t i = 0; i < shown; ++i)
      table.rows.push_back({network.links[order[i]], trips_text(flows.links(order[i])),
                            trips_text(flows.started(order[i])), trips_text(flows.ended(order[i]))});
    fmt::print(
        "{}\n{:.10g} trips start, {:.10g} end; the greatest imbalance of a link is {:.2g}, of an intersection {:.2g} "
        "trips\n",
        table.text(), flows.demand, flows.ended.sum(), flows.link_imbalance, flows.intersection_imbalance);
    std::fflush(stdout);
  }

  static std::string links_csv(const irl::RoadNetwork& network, const irl::LinkFlows& flows) {
    std::string text = "link,flow,started,ended\n";
    for (int k = 0; k < network.link_count(); ++k)
      text += fmt::format("{},{},{},{}\n", irl::csv_field(network.links[k]), flows.links(k), flows.started(k),
                          flows.ended(k));
    return text;
  }

  static std::string moves_text(const irl::RoadNetwork& network, const irl::LinkFlows& flows) {
    std::string text = "from_link,to_link,flow\n";
    for (int m = 0; m < network.move_count(); ++m)
      text += fmt::format("{},{},{}\n", irl::csv_field(network.links[network.from[m]]),
                          irl::csv_field(network.links[network.to[m]]), flows.moves(m));
    return text;
  }

  static Json link_json(const irl::RoadNetwork& network, const irl::LinkFlows& flows, int link) {
    return {{"link", network.links[link]},
            {"flow", number(flows.links(link))},
            {"started", number(flows.started(link))},
            {"ended", number(flows.ended(link))}};
  }

  static Json json(const irl::RoadNetwork& network, const irl::LinkFlows& flows) {
    Json links = Json::array();
    for (int k = 0; k < network.link_count(); ++k) links.push_back(link_json(network, flows, k));
    return {{"demand", number(flows.demand)},
            {"ended", number(flows.ended.sum())},
            {"link_imbalance", number(flows.link_imbalance)},
            {"intersection_imbalance", number(flows.intersection_imbalance)},
            {"links", std::move(links)}};
  }

  static Json features(const irl::RoadNetwork& network, const irl::LinkFlows& flows,
                       const irl::LinkGeometry& geometry) {
    Json result = Json::array();
    for (int k = 0; k < network.link_count(); ++k)
      result.push_back(line_feature(geometry, {k}, link_json(network, flows, k)));
    return result;
  }
};

}  // namespace

void add_routes_flows(CLI::App& routes, Run& run) {
  const auto flows = std::make_shared<FlowsCommand>();
  CLI::App* command = routes.add_subcommand("flows", "Expected flows of a demand over the links");
  flows->study.add_to(*command);
  flows->weights.add_to(*command);
  add_model_options(*command, flows->model_options);
  command->add_option("--demand", flows->demand, "Demand (CSV): origin,destination,trips (default: the study's trips)");
  command->add_option("--csv", flows->csv, "Write the flows of the links to this file");
  command->add_option("--moves-csv", flows->moves_csv, "Write the flows of the moves from link to link to this file");
  command->add_option("--geojson", flows->geojson, "Write the flows of the links to this file, for maps");
  command->callback([flows, &run] { run = [flows] { return flows->run(); }; });
}

}  // namespace softrl::cli
