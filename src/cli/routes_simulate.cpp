// softrl routes simulate: trips drawn from a model, as a study of their own.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "cli/argument_checks.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/study_argument.hpp"
#include "cli/weights_argument.hpp"
#include "irl/csv.hpp"
#include "irl/demand.hpp"
#include "irl/simulate_trips.hpp"
#include "irl/study_model.hpp"
#include "softrl/atomic_file.hpp"

namespace softrl::cli {
namespace {

namespace fs = std::filesystem;

// The columns of the study's trips. Simulated ones depend on no other, so that they have no clusters.
std::string trips_csv(const irl::Study::Trips& columns, const irl::RouteData& data,
                      const std::vector<irl::Trip>& trips) {
  std::string text = fmt::format("{},{},{}\n", irl::csv_field(columns.name), irl::csv_field(columns.destination),
                                 irl::csv_field(columns.links));
  for (const irl::Trip& trip : trips) {
    std::vector<std::string> names;
    for (const int link : irl::trip_links(data.network, trip)) names.push_back(data.network.links[link]);
    text += fmt::format("{},{},{}\n", trip.name, irl::csv_field(data.destinations[trip.destination].name),
                        irl::csv_field(fmt::format("{}", fmt::join(names, " "))));
  }
  return text;
}

// The study in the folder `place`, with its other files where they are, seen from there, and its trips in trips.csv.
std::string study_toml(const fs::path& study, const fs::path& folder, const fs::path& place) {
  toml::table described = toml::parse_file(study.string());
  for (auto&& [key, value] : described) {
    toml::table* table = value.as_table();
    const auto file = table != nullptr ? (*table)["file"].value<std::string>() : std::nullopt;
    if (file)
      table->insert_or_assign("file",
                              fs::proximate(fs::absolute(folder / *file), fs::absolute(place)).generic_string());
  }
  toml::table& trips = *described["trips"].as_table();
  trips.insert_or_assign("file", "trips.csv");
  for (const char* key : {"cluster", "files"}) trips.erase(key);
  std::ostringstream text;
  text << described << "\n";
  return text.str();
}

struct SimulateCommand {
  StudyArgument study;
  WeightsArgument weights;
  fs::path folder, demand;
  irl::ModelOptions model_options;
  int trips = 0;
  std::uint64_t seed = 1;

  int run() const {
    if (fs::exists(folder) && !(fs::is_directory(folder) && fs::is_empty(folder)))
      throw std::runtime_error(fmt::format("{}: exists and is not an empty folder", folder.string()));
    std::vector<fs::path> inputs = weights.files();
    if (!demand.empty()) inputs.push_back(demand);
    LoadedStudy loaded = study.read(irl::TripSet::Train, {}, inputs);
    irl::RouteData& data = loaded.data;
    const std::vector<irl::Demand> rows =
        demand.empty() ? irl::observed_demand(data) : irl::read_demand(demand, true, data);
    const int count = trips > 0 ? trips : static_cast<int>(data.trips.size());
    const std::vector<irl::TripEnds> ends = irl::draw_ends(rows, count, seed);
    fmt::print("{}\n", describe(data));
    const auto model = irl::make_model(loaded.study, data, model_options);
    const std::vector<std::string>& names = model->weight_names();
    const Eigen::VectorXd values = weights.read(loaded.study, names);
    const std::vector<irl::Trip> drawn = [&] {
      ProgressLine line(model->origin_matters() ? "pairs" : "destinations", Limit::End);
      return irl::simulate_trips(*model, values, ends, seed, line.observer());
    }();

    std::string truth = "name,value\n";
    for (std::size_t j = 0; j < names.size(); ++j)
      truth += fmt::format("{},{}\n", irl::csv_field(names[j]), values(static_cast<Eigen::Index>(j)));
    std::size_t moves = 0;
    for (const irl::Trip& trip : drawn) moves += trip.moves.size();
    const std::string text = study_toml(study.study, study.folder(), folder);
    fs::create_directories(folder);
    write_atomically(folder / "trips.csv", trips_csv(loaded.study.trips, data, drawn));
    write_atomically(folder / "true_weights.csv", truth);
    write_atomically(folder / "study.toml", text);
    fmt::print("{} of {:.2f} moves on average\nTo fit them: softrl routes fit {}\n", counted(count, "trip"),
               static_cast<double>(moves) / count, shell_word((folder / "study.toml").string()));
    std::fflush(stdout);
    write_json(study.json,
               {{"trips", count}, {"moves", moves}, {"seed", seed}, {"study", (folder / "study.toml").string()}});
    return 0;
  }
};

}  // namespace

void add_routes_simulate(CLI::App& routes, Run& run) {
  const auto simulate = std::make_shared<SimulateCommand>();
  CLI::App* command = routes.add_subcommand("simulate", "Trips drawn from a model, as a study of their own");
  simulate->study.add_to(*command);
  command->add_option("folder", simulate->folder, "New or empty folder for the files")->required();
  simulate->weights.add_to(*command);
  add_model_options(*command, simulate->model_options);
  command->add_option("--trips", simulate->trips, "Trips (default: as many as the study has)")
      ->check(must_be_at_least_1);
  command->add_option("--demand", simulate->demand,
                      "Origins and destinations are drawn from this demand (CSV): origin,destination,trips (default: "
                      "from the study's trips)");
  command->add_option("--seed", simulate->seed, "Seed of the random numbers")
      ->capture_default_str()
      ->check(must_be_natural_number);
  command->callback([simulate, &run] { run = [simulate] { return simulate->run(); }; });
}

}  // namespace softrl::cli
