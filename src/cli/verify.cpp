// softrl verify: the statements of soft Bellman theory, measured on a gridworld.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "softrl/atomic_file.hpp"
#include "tabular/gridworld.hpp"
#include "tabular/theory.hpp"

namespace softrl::cli {
namespace {

using tabular::Theorem;

struct VerifyArguments {
  std::string grid;
  std::optional<double> discount;  // the file's unless given
  tabular::TheoryOptions options;
  std::string json;
};

Json report(const VerifyArguments& arguments, double discount, const std::vector<Theorem>& theorems) {
  Json rows = Json::array();
  for (const Theorem& theorem : theorems) {
    rows.push_back({{"id", theorem.id},
                    {"name", theorem.name},
                    {"source", theorem.source},
                    {"statement", theorem.statement},
                    {"measured", number(theorem.measured)},
                    {"bound", number(theorem.bound)},
                    {"holds", theorem.holds}});
  }
  return {{"grid", arguments.grid},
          {"discount", discount},
          {"temperature", arguments.options.temperature},
          {"seed", arguments.options.seed},
          {"trials", arguments.options.trials},
          {"theorems", std::move(rows)}};
}

std::string table(const std::vector<Theorem>& theorems) {
  Table result{.header = {"theorem", "statement", "measured", "bound", "holds"},
               .right_aligned = {false, false, true, true, false}};
  for (const Theorem& theorem : theorems)
    result.rows.push_back({theorem.name, theorem.statement,
                           fmt::format("{:.6g}", theorem.measured + 0.0),  // + 0.0: no "-0"
                           fmt::format("{:.6g}", theorem.bound), theorem.holds ? "yes" : "NO"});
  return result.text();
}

int run_verify(const VerifyArguments& arguments) {
  check_outputs({arguments.json}, {arguments.grid});
  const auto world = tabular::read_gridworld(arguments.grid);
  const auto mdp = tabular::gridworld_mdp(world, arguments.discount.value_or(world.discount));
  const auto theorems = tabular::verify_theory(tabular::TheorySetting(mdp, arguments.options));

  write_json(arguments.json, report(arguments, mdp.discount(), theorems));
  fmt::print("{}: {}, discount {}, temperature {}; bounds include rounding error\n\n{}", arguments.grid,
             counted(mdp.states(), "state"), mdp.discount() + 0.0, arguments.options.temperature, table(theorems));
  const auto failed = std::count_if(theorems.begin(), theorems.end(), [](const Theorem& t) { return !t.holds; });
  fmt::print("\n{} of {} hold\n", theorems.size() - static_cast<std::size_t>(failed), theorems.size());
  return failed == 0 ? 0 : 1;
}

}  // namespace

void add_verify(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("verify", "Measure the theorems of soft Bellman theory on a gridworld");
  const auto arguments = std::make_shared<VerifyArguments>();
  command->add_option("grid", arguments->grid, "Gridworld file (TOML)")->required();
  command->add_option("--discount", arguments->discount, "Discount in [0, 1) (default: the file's)");
  command->add_option("--temperature", arguments->options.temperature, "Temperature, positive, in reward units")
      ->capture_default_str();
  command->add_option("--seed", arguments->options.seed, "Seed of the random cases on which each theorem is tried")
      ->check([](const std::string& seed) {
        return seed.starts_with('-') ? fmt::format("must be at least 0, got {}", seed) : std::string();
      })
      ->capture_default_str();
  command->add_option("--trials", arguments->options.trials, "Random cases for each theorem")->capture_default_str();
  command->add_option("--json", arguments->json, "Write the measurements to this file");
  command->callback([arguments, &run] { run = [arguments] { return run_verify(*arguments); }; });
}

}  // namespace softrl::cli
