// softrl generate: processes of any size to try things on.
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "cli/argument_checks.hpp"
#include "cli/commands.hpp"
#include "cli/model_argument.hpp"
#include "cli/output.hpp"
#include "softrl/atomic_file.hpp"
#include "tabular/generators.hpp"

namespace softrl::cli {
namespace {

using tabular::Gridworld;
using tabular::Mdp;

struct Generated {
  Mdp mdp;
  std::optional<Gridworld> world;
};

struct Output {
  std::string file;
  std::optional<tabular::ModelFormat> format;
};

Generated with_process(Gridworld world) {
  Mdp mdp = tabular::gridworld_mdp(world);
  return {std::move(mdp), std::move(world)};
}

int write(const Output& output, bool world, const std::function<Generated()>& generate) {
  const tabular::ModelFormat format = tabular::format_to_write(output.file, output.format);
  check_outputs(tabular::model_files(output.file, format));
  if (format == tabular::ModelFormat::Gridworld && !world)
    throw std::invalid_argument(fmt::format("{}: this kind of model is not a gridworld", output.file));
  const Generated model = generate();
  tabular::write_model(output.file, model.mdp, format, model.world ? &*model.world : nullptr);
  print_model_line(output.file, format, model.mdp);
  return 0;
}

// A kind with its options; `generate` makes the model from them.
template <class Options, class Declare, class Generate>
void add_kind(CLI::App& app, Run& run, const char* name, const char* description, Declare declare, Generate generate) {
  auto* command = app.add_subcommand(name, description);
  const auto options = std::make_shared<Options>();
  const auto output = std::make_shared<Output>();
  declare(*command, *options);
  command->add_option("--discount", options->discount, "Discount in [0, 1]")->capture_default_str();
  command->add_option("out", output->file, "File to write; its suffix says the format unless --format does")
      ->required();
  add_format_option(*command, "--format", output->format, "Format to write");
  command->callback([=, &run] {
    run = [=] {
      constexpr bool world = std::is_same_v<decltype(generate(*options)), Gridworld>;
      return write(*output, world, [&]() -> Generated {
        if constexpr (world)
          return with_process(generate(*options));
        else
          return {generate(*options), std::nullopt};
      });
    };
  });
}

template <class Value>
void add(CLI::App& command, const char* name, Value& value, const char* description) {
  command.add_option(name, value, description)->capture_default_str();
}

template <class Options>
void add_world_options(CLI::App& command, Options& options) {
  add(command, "--slip", options.slip, "Probability to move at a right angle to the action, half to either side");
  add(command, "--step-cost", options.step_cost, "Subtracted from the reward of every step");
  add(command, "--goal-reward", options.goal_reward, "Reward of entering the goal");
}

}  // namespace

void add_generate(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("generate", "Generate a model: gridworlds, garnets, river-swim, chains");
  command->require_subcommand(1);
  add_kind<tabular::OpenGridworldOptions>(
      *command, run, "gridworld", "Open floor from the top left corner to a goal in the bottom right one",
      [](CLI::App& kind, auto& options) {
        add(kind, "--rows", options.rows, "Rows");
        add(kind, "--columns", options.columns, "Columns");
        add_world_options(kind, options);
      },
      [](const auto& options) { return tabular::open_gridworld(options); });
  add_kind<tabular::FourRoomsOptions>(
      *command, run, "four-rooms", "Four rooms joined by doors",
      [](CLI::App& kind, auto& options) {
        add(kind, "--size", options.size, "Rows and columns within the outer wall");
        add_world_options(kind, options);
      },
      [](const auto& options) { return tabular::four_rooms(options); });
  add_kind<tabular::CliffOptions>(
      *command, run, "cliff", "A walk along a cliff",
      [](CLI::App& kind, auto& options) {
        add(kind, "--rows", options.rows, "Rows");
        add(kind, "--columns", options.columns, "Columns");
        add_world_options(kind, options);
        add(kind, "--fall-reward", options.fall_reward, "Reward of falling down the cliff, which ends the episode");
      },
      [](const auto& options) { return tabular::cliff(options); });
  add_kind<tabular::GarnetOptions>(
      *command, run, "garnet", "A random process with `branching` successors for each action",
      [](CLI::App& kind, auto& options) {
        add(kind, "--states", options.states, "States");
        add(kind, "--actions", options.actions, "Actions in every state");
        add(kind, "--branching", options.branching, "Successors of each action");
        add(kind, "--terminal", options.terminal, "How many of the states are terminal");
        kind.add_option("--seed", options.seed, "Seed")->check(must_be_natural_number)->capture_default_str();
      },
      [](const auto& options) { return tabular::garnet(options); });
  add_kind<tabular::RiverSwimOptions>(
      *command, run, "river-swim", "A swimmer against the current (Osband, Russo & Van Roy 2013)",
      [](CLI::App& kind, auto& options) { add(kind, "--states", options.states, "States"); },
      [](const auto& options) { return tabular::river_swim(options); });
  add_kind<tabular::ChainOptions>(
      *command, run, "chain", "A chain with a large reward at its end (Dearden, Friedman & Russell 1998)",
      [](CLI::App& kind, auto& options) {
        add(kind, "--states", options.states, "States");
        add(kind, "--slip", options.slip, "Probability that the other action is carried out");
        add(kind, "--small-reward", options.small_reward, "Reward of returning to the first state");
        add(kind, "--large-reward", options.large_reward, "Reward of staying in the last state");
      },
      [](const auto& options) { return tabular::chain(options); });
}

}  // namespace softrl::cli
