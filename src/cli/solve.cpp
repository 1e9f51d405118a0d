// softrl solve: the exact solution of a gridworld.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <xtensor/xadapt.hpp>
#include <xtensor/xnpy.hpp>

#include "cli/commands.hpp"
#include "cli/existence_report.hpp"
#include "cli/output.hpp"
#include "softrl/atomic_file.hpp"
#include "tabular/feasibility.hpp"
#include "tabular/gridworld.hpp"
#include "tabular/solver.hpp"

namespace softrl::cli {
namespace {

namespace fs = std::filesystem;
using tabular::Gridworld;
using tabular::Index;
using tabular::Mdp;
using tabular::Solution;

struct SolveArguments {
  std::string grid;
  std::optional<double> discount;  // the file's unless given
  std::string method = "value_iteration";
  tabular::SolverOptions options;
  std::string json, values, policy;
};

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const tabular::Method method : tabular::all_methods()) names.emplace_back(to_string(method));
  return names;
}

// `data` as a NumPy file of the given shape, row-major.
void write_npy(const fs::path& path, const double* data, const std::vector<std::size_t>& shape) {
  if (path.empty()) return;
  std::size_t size = 1;
  for (const std::size_t n : shape) size *= n;
  write_atomically(path, [&](const fs::path& temporary) {
    xt::dump_npy(temporary.string(), xt::adapt(data, size, xt::no_ownership(), shape));
  });
}

Json report(const SolveArguments& arguments, const Mdp& mdp, const Solution& solution, double seconds) {
  Json result{{"status", to_string(solution.status)},
              {"method", arguments.method},
              {"discount", mdp.discount()},
              {"temperature", arguments.options.temperature},
              {"iterations", solution.iterations},
              {"residual", number(solution.residual)},
              {"lower_gap", number(solution.lower_gap)},
              {"upper_gap", number(solution.upper_gap)},
              {"error_bound", number(solution.error_bound)},
              {"seconds", seconds},
              {"states", mdp.states()},
              {"state_actions", mdp.pairs()},
              {"transitions", mdp.transitions()}};
  report_existence(result, solution, arguments.options.temperature);
  return result;
}

// The most likely action of a cell as an arrow; a line to each of them where several tie, "+" where all do.
std::string arrow(const Eigen::Ref<const Eigen::VectorXd>& row) {
  static constexpr const char* up_right_down_left[] = {" ", "↑", "→", "└", "↓", "│", "┌", "├",
                                                       "←", "┘", "─", "┴", "┐", "┤", "┬", "+"};
  constexpr double tie = 1e-6;
  unsigned likeliest = 0;
  for (Eigen::Index i = 0; i < row.size(); ++i) likeliest |= (row.maxCoeff() - row(i) < tie ? 1U : 0U) << i;
  return up_right_down_left[likeliest];
}

// The map cell by cell, each `width` characters wide; `text_of` says what stands in a state that is not terminal.
std::string draw(const Gridworld& world, const Mdp& mdp, int width, std::string_view wall,
                 const std::function<std::string(Index)>& text_of) {
  std::string text;
  for (Eigen::Index r = 0; r < world.state_at.rows(); ++r) {
    text += "  ";
    for (Eigen::Index c = 0; c < world.state_at.cols(); ++c) {
      const Index state = world.state_at(r, c);
      const std::string cell = state < 0                ? std::string(wall)
                               : mdp.is_terminal(state) ? std::string(1, world.symbol(state))
                                                        : text_of(state);
      text += fmt::format("{:>{}} ", cell, width);
    }
    text += "\n";
  }
  return text;
}

std::string arrows(const Gridworld& world, const Mdp& mdp, const Solution& solution) {
  return draw(world, mdp, 1, "#", [&](Index state) {
    return arrow(solution.policy.segment(mdp.first_pair(state), mdp.action_count(state)));
  });
}

std::string value_map(const Gridworld& world, const Mdp& mdp, const Solution& solution) {
  return draw(world, mdp, 7, "####", [&](Index state) {
    return fmt::format("{:.4g}", solution.values(state) + 0.0);  // + 0.0 turns −0 into 0
  });
}

// Whether the values went beyond double precision: a sweep's change is not finite then.
bool overflowed(const Solution& solution) {
  return solution.status != Status::Infeasible &&
         !(std::isfinite(solution.residual) && solution.values.allFinite() && solution.policy.allFinite());
}

// What the figures alone do not say.
std::string remark(const Gridworld& world, const Mdp& mdp, const Solution& solution) {
  if (overflowed(solution))
    return "the values overflow double precision, so there is no solution to show or write: scale rewards and "
           "temperature down";
  const auto trapped = tabular::states_without_exit(mdp);
  if (!trapped.empty()) {
    const auto& cell = world.cells[static_cast<std::size_t>(trapped.front())];
    std::string text = fmt::format("{} of {} cells cannot reach a terminal cell, such as row {}, column {}",
                                   trapped.size(), mdp.states(), cell.row + 1, cell.column + 1);
    return mdp.discount() == 1.0 ? text + ": at discount 1 there is no finite solution" : text;
  }
  switch (solution.status) {
    case Status::Converged:
      return "";
    case Status::Infeasible:
      return "staying in the world for ever is worth infinitely much: lower the temperature, or raise step_cost";
    case Status::Stalled:
      if (std::isfinite(solution.error_bound)) return "rounding error forbids this tolerance";
      return mdp.discount() == 1.0
                 ? "nothing can be certified: at discount 1 every loop must cost more than the entropy it gathers; "
                   "raise "
                   "step_cost, or lower the temperature"
                 : "nothing can be certified: the values are too large, or the discount is too near 1, for double "
                   "precision";
    case Status::IterationLimit:
      if (mdp.discount() == 1.0 && !std::isfinite(solution.error_bound))
        return "nothing is certified yet: raise --max-iterations, or step_cost in case the values grow without limit";
      return "not within the tolerance yet: raise --max-iterations";
  }
  return "";
}

void print(const Gridworld& world, const Mdp& mdp, const SolveArguments& arguments, const Solution& solution,
           double seconds) {
  fmt::print("{}: {}, {}, {}; discount {}, temperature {}\n", arguments.grid, counted(mdp.states(), "state"),
             counted(mdp.pairs(), "state-action"), counted(mdp.transitions(), "transition"), mdp.discount() + 0.0,
             arguments.options.temperature + 0.0);
  const std::string certified = std::isfinite(solution.error_bound)
                                    ? fmt::format("every value within {:.3g} of the solution", solution.error_bound)
                                    : "nothing certified";
  fmt::print("{} after {} of {} in {:.3g} s: residual {:.3g}, {}\n", to_string(solution.status),
             counted(solution.iterations, "iteration"), arguments.method, seconds, solution.residual, certified);
  fmt::print("{}", existence_line(solution, arguments.options.temperature));
  const std::string note = remark(world, mdp, solution);
  if (!note.empty()) fmt::print("note: {}\n", note);
  if (overflowed(solution)) return;
  if (solution.status == Status::Infeasible) return;  // a map of numbers on their way to infinity would only mislead
  constexpr Eigen::Index widest_arrows = 60, widest_values = 14;
  if (world.state_at.cols() <= widest_arrows && world.state_at.rows() <= widest_arrows)
    fmt::print(
        "\nmost likely move (lines such as ┘ and ┴ join moves that tie, + where all four do; # wall; letters end the "
        "episode)\n{}",
        arrows(world, mdp, solution));
  if (world.state_at.cols() <= widest_values && world.state_at.rows() <= 2 * widest_values)
    fmt::print("\nvalue, in reward units\n{}", value_map(world, mdp, solution));
}

int run_solve(const SolveArguments& arguments) {
  check_outputs({arguments.json, arguments.values, arguments.policy}, {arguments.grid});
  const Gridworld world = tabular::read_gridworld(arguments.grid);
  const Mdp mdp = tabular::gridworld_mdp(world, arguments.discount.value_or(world.discount));

  const auto start = std::chrono::steady_clock::now();
  const Solution solution = [&] {
    ProgressLine line(arguments.method);
    tabular::SolverOptions options = arguments.options;
    options.progress = line.observer();
    return tabular::solve(mdp, *tabular::method_named(arguments.method), options);
  }();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  if (!overflowed(solution)) {
    const auto states = static_cast<std::size_t>(mdp.states());
    const tabular::DenseTable table = tabular::to_dense(mdp, solution.policy);
    write_npy(arguments.values, solution.values.data(), {states});
    write_npy(arguments.policy, table.data(), {states, static_cast<std::size_t>(mdp.action_names())});
  }
  write_json(arguments.json, report(arguments, mdp, solution, seconds));
  print(world, mdp, arguments, solution, seconds);
  return solution.status == Status::Converged ? 0 : 1;
}

}  // namespace

void add_solve(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("solve", "Solve a gridworld exactly, with certified error bounds");
  const auto arguments = std::make_shared<SolveArguments>();
  command->add_option("grid", arguments->grid, "Gridworld file (TOML)")->required();
  command->add_option("--discount", arguments->discount, "Discount in [0, 1] (default: the file's)");
  command
      ->add_option("--temperature", arguments->options.temperature,
                   "Temperature of the entropy bonus, in reward units; 0: none")
      ->capture_default_str();
  command->add_option("--method", arguments->method, "How to solve")
      ->check(CLI::IsMember(method_names()))
      ->capture_default_str();
  command
      ->add_option("--tolerance", arguments->options.tolerance, "Largest certified error of a value, in reward units")
      ->capture_default_str();
  command->add_option("--max-iterations", arguments->options.max_iterations, "Most iterations")->capture_default_str();
  command->add_option("--json", arguments->json, "Write the report to this file");
  command->add_option("--values", arguments->values, "Write the values [S] to this .npy file");
  command->add_option("--policy", arguments->policy, "Write the policy [S, A] to this .npy file");
  command->callback([arguments, &run] { run = [arguments] { return run_solve(*arguments); }; });
}

}  // namespace softrl::cli
