// softrl routes generate: a city with trips drawn from known weights, to try everything else on.
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "cli/argument_checks.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/study_argument.hpp"
#include "irl/generated_city.hpp"
#include "irl/route_files.hpp"
#include "softrl/atomic_file.hpp"

namespace softrl::cli {
namespace {

namespace fs = std::filesystem;

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
    fmt::print("To find them again: softrl routes fit {}\n", shell_word((folder / "study.toml").string()));
    return 0;
  }
};

}  // namespace

void add_routes_generate(CLI::App& routes, Run& run) {
  const auto generate = std::make_shared<GenerateCommand>();
  CLI::App* command = routes.add_subcommand("generate", "A generated city with trips drawn from known weights");
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
}

}  // namespace softrl::cli
