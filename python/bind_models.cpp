// softrl.tabular: models in files, and generators. Names, defaults and errors are those of the headers in tabular/.
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "tabular/generators.hpp"
#include "tabular/mdp_files.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace softrl::tabular;

namespace {

std::optional<ModelFormat> to_format(const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  const auto format = model_format_named(*name);
  if (!format)
    throw std::invalid_argument(fmt::format("format must be one of those of docs/formats.md, got '{}'", *name));
  return format;
}

void bind_files(nb::module_& m) {
  m.def(
      "read_mdp",
      [](const std::filesystem::path& file, const std::optional<std::string>& format, std::optional<double> discount,
         const std::string& terminal_label, const std::string& reward_model) {
        return read_model(file, {.format = to_format(format),
                                 .discount = discount,
                                 .terminal_label = terminal_label,
                                 .reward_model = reward_model})
            .mdp;
      },
      "file"_a, nb::kw_only(), "format"_a = nb::none(), "discount"_a = nb::none(), "terminal_label"_a = "",
      "reward_model"_a = "", nb::call_guard<nb::gil_scoped_release>(),
      "Reads a model of any format of docs/formats.md, recognised by suffix and content unless `format` names it.\n"
      "`discount` takes the place of the file's. Raises RuntimeError 'file:line: what is wrong'.");
  m.def(
      "write_mdp",
      [](const std::filesystem::path& file, const Mdp& mdp, const std::optional<std::string>& format,
         const Gridworld* gridworld) { write_model(file, mdp, to_format(format), gridworld); },
      "file"_a, "mdp"_a, nb::kw_only(), "format"_a = nb::none(), "gridworld"_a = nb::none(),
      "Writes a model in the format of the suffix, or the one named; a .toml needs its `gridworld`.");
}

// Binds a generator: its options are keywords with the defaults of the header.
void bind_worlds(nb::module_& m) {
  const OpenGridworldOptions open;
  m.def(
      "open_gridworld",
      [](std::int64_t rows, std::int64_t columns, double slip, double step_cost, double goal_reward, double discount) {
        return open_gridworld({.rows = rows,
                               .columns = columns,
                               .slip = slip,
                               .step_cost = step_cost,
                               .goal_reward = goal_reward,
                               .discount = discount});
      },
      nb::kw_only(), "rows"_a = open.rows, "columns"_a = open.columns, "slip"_a = open.slip,
      "step_cost"_a = open.step_cost, "goal_reward"_a = open.goal_reward, "discount"_a = open.discount,
      "Open floor from the top left corner to a goal in the bottom right one.");
  const FourRoomsOptions rooms;
  m.def(
      "four_rooms",
      [](std::int64_t size, double slip, double step_cost, double goal_reward, double discount) {
        return four_rooms(
            {.size = size, .slip = slip, .step_cost = step_cost, .goal_reward = goal_reward, .discount = discount});
      },
      nb::kw_only(), "size"_a = rooms.size, "slip"_a = rooms.slip, "step_cost"_a = rooms.step_cost,
      "goal_reward"_a = rooms.goal_reward, "discount"_a = rooms.discount,
      "Four rooms joined by doors, `size` rows and columns within the outer wall.");
  const CliffOptions edge;
  m.def(
      "cliff",
      [](std::int64_t rows, std::int64_t columns, double slip, double step_cost, double goal_reward, double fall_reward,
         double discount) {
        return cliff({.rows = rows,
                      .columns = columns,
                      .slip = slip,
                      .step_cost = step_cost,
                      .goal_reward = goal_reward,
                      .fall_reward = fall_reward,
                      .discount = discount});
      },
      nb::kw_only(), "rows"_a = edge.rows, "columns"_a = edge.columns, "slip"_a = edge.slip,
      "step_cost"_a = edge.step_cost, "goal_reward"_a = edge.goal_reward, "fall_reward"_a = edge.fall_reward,
      "discount"_a = edge.discount, "A walk along a cliff.");
}

void bind_processes(nb::module_& m) {
  const GarnetOptions random;
  m.def(
      "garnet",
      [](std::int64_t states, std::int64_t actions, std::int64_t branching, std::int64_t terminal, double discount,
         std::uint64_t seed) {
        return garnet({.states = states,
                       .actions = actions,
                       .branching = branching,
                       .terminal = terminal,
                       .discount = discount,
                       .seed = seed});
      },
      nb::kw_only(), "states"_a = random.states, "actions"_a = random.actions, "branching"_a = random.branching,
      "terminal"_a = random.terminal, "discount"_a = random.discount, "seed"_a = random.seed,
      "A random process with `branching` successors for each action and standard normal rewards.");
  const RiverSwimOptions river;
  m.def(
      "river_swim",
      [](std::int64_t states, double discount) { return river_swim({.states = states, .discount = discount}); },
      nb::kw_only(), "states"_a = river.states, "discount"_a = river.discount, "A swimmer against the current.");
  const ChainOptions links;
  m.def(
      "chain",
      [](std::int64_t states, double slip, double small_reward, double large_reward, double discount) {
        return chain({.states = states,
                      .slip = slip,
                      .small_reward = small_reward,
                      .large_reward = large_reward,
                      .discount = discount});
      },
      nb::kw_only(), "states"_a = links.states, "slip"_a = links.slip, "small_reward"_a = links.small_reward,
      "large_reward"_a = links.large_reward, "discount"_a = links.discount,
      "A chain with a large reward at its end and a small one for returning to its start.");
}

}  // namespace

void bind_models(nb::module_& m) {
  m.def("to_toml", &to_toml, "gridworld"_a, "The text of a gridworld file.");
  bind_files(m);
  bind_worlds(m);
  bind_processes(m);
}
