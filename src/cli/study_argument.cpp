#include "cli/study_argument.hpp"

#include <map>
#include <string>

#include <fmt/format.h>

#include "irl/route_files.hpp"
#include "softrl/atomic_file.hpp"

namespace softrl::cli {

namespace fs = std::filesystem;

void StudyArgument::add_to(CLI::App& command) {
  command.add_option("study", study, "Study file (TOML): which files and columns hold network, features and trips")
      ->required();
  command.add_option("--data", data, "Folder of the study's files (default: the folder of the study)");
  command.add_option("--fold", trips.fold, "Which of the study's folds of trips (default: 0)");
  command.add_option("--train-size", trips.train_size, "How many training trips, of the study's (default: the most)");
  command.add_flag("--strict", strict, "Refuse trips with faults (default: leave them out and say so)");
  command.add_option("--json", json, "Write the result to this file");
}

void add_model_options(CLI::App& command, irl::ModelOptions& options) {
  command.add_option("--threads", options.threads, "Threads; 0: one for each core")->capture_default_str();
  const std::map<std::string, irl::PathSolver> solvers = {
      {"auto", irl::PathSolver::Auto}, {"direct", irl::PathSolver::Direct}, {"iterative", irl::PathSolver::Iterative}};
  command
      .add_option("--solver", options.solver,
                  "auto, direct (factors) or iterative (sweeps, for networks whose factors do not fit into memory)")
      ->transform(CLI::CheckedTransformer(solvers))
      ->default_str("auto");
}

fs::path StudyArgument::folder() const { return data.empty() ? study.parent_path() : data; }

LoadedStudy StudyArgument::read(irl::TripSet set, std::vector<fs::path> outputs, std::vector<fs::path> inputs) const {
  irl::Study described = irl::read_study(study);
  irl::use_trips(described, set, trips);
  inputs.insert(inputs.end(), {study, folder() / described.network.file, folder() / described.trips.file});
  if (described.links) inputs.push_back(folder() / described.links->file);
  if (described.nodes) inputs.push_back(folder() / described.nodes->file);
  if (described.destinations) inputs.push_back(folder() / described.destinations->file);
  outputs.push_back(json);
  check_outputs(outputs, inputs);
  irl::RouteData routes = irl::read_routes(described, folder(), {.strict = strict});
  return {.study = std::move(described), .data = std::move(routes)};
}

std::string describe(const irl::TripReport& report) {
  std::string text;
  for (const irl::TripReport::LeftOut& left_out : report.left_out)
    text += fmt::format("\nwarning: {} left out of {} ({}), the first at {}", counted(left_out.count, "trip"),
                        report.read, irl::to_string(left_out.reason), left_out.first);
  return text;
}

std::string describe(const irl::RouteData& data) {
  return fmt::format("{}, {}, {}, {}{}", counted(data.network.links.size(), "link"),
                     counted(data.network.to.size(), "move"), counted(data.destinations.size(), "destination"),
                     counted(data.trips.size(), "trip"), describe(data.trip_report));
}

void add_trip_report(Json& json, const irl::TripReport& report) {
  Json left_out = Json::array();
  for (const irl::TripReport::LeftOut& group : report.left_out)
    left_out.push_back(
        {{"reason", irl::to_string(group.reason)}, {"count", group.count}, {"first_line", group.first_line}});
  json["trips_read"] = report.read;
  json["trips_left_out"] = left_out;
}

Json to_json(const irl::CorridorCost& cost) {
  return {{"log_likelihood_over_all_paths", number(cost.log_likelihood_over_all_paths)},
          {"trips_outside", cost.trips_outside},
          {"mean_links", number(cost.mean_links)}};
}

Json to_json(const irl::SpectralRadius& radius) {
  return {{"lower", number(radius.lower)}, {"upper", number(radius.upper)}};
}

}  // namespace softrl::cli
