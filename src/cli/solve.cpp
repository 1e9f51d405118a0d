// softrl solve: the exact solution of a model.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <fmt/format.h>

#include "cli/argument_checks.hpp"
#include "cli/array_files.hpp"
#include "cli/commands.hpp"
#include "cli/existence_report.hpp"
#include "cli/model_argument.hpp"
#include "cli/output.hpp"
#include "cli/reference_argument.hpp"
#include "cli/solution_view.hpp"
#include "softrl/atomic_file.hpp"
#include "tabular/feasibility.hpp"
#include "tabular/finite_horizon.hpp"
#include "tabular/solver.hpp"

namespace softrl::cli {
namespace {

using tabular::Index;
using tabular::Mdp;
using tabular::Model;
using tabular::Solution;

struct SolveArguments {
  ModelArgument model;
  std::string method = "auto";
  tabular::SolverOptions options{.threads = 0};
  ReferenceArgument reference;
  std::string initial_values;  // a file
  std::optional<int> horizon;
  std::string json, values, policy;
};

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const tabular::Method method : tabular::all_methods()) names.emplace_back(to_string(method));
  return names;
}

// What every report begins with.
Json report_model(const SolveArguments& arguments, const Model& model) {
  return {{"model", arguments.model.file},
          {"format", to_string(model.format)},
          {"states", model.mdp.states()},
          {"state_actions", model.mdp.pairs()},
          {"transitions", model.mdp.transitions()},
          {"discount", model.mdp.discount()},
          {"temperature", arguments.options.temperature},
          {"reference", arguments.reference.json()},
          {"threads", arguments.options.threads}};
}

Json report(const SolveArguments& arguments, const Model& model, const Solution& solution, double seconds) {
  Json result = report_model(arguments, model);
  result.update({{"method", to_string(solution.method)},
                 {"status", to_string(solution.status)},
                 {"iterations", solution.iterations},
                 {"residual", number(solution.residual)},
                 {"lower_gap", number(solution.lower_gap)},
                 {"upper_gap", number(solution.upper_gap)},
                 {"error_bound", number(solution.error_bound)},
                 {"seconds", seconds}});
  report_existence(result, solution, arguments.options.temperature);
  return result;
}

// Whether the values went beyond double precision: a sweep's change is not finite then.
bool overflowed(const Solution& solution) {
  return solution.status != Status::Infeasible &&
         !(std::isfinite(solution.residual) && solution.values.allFinite() && solution.policy.allFinite());
}

// The first ones by name, and what to do about them where they matter.
std::string remark_on_trapped(const SolveArguments& arguments, const Model& model, const std::vector<Index>& trapped) {
  constexpr std::size_t most = 3;
  const std::string what = model.gridworld ? "cell" : "state";
  std::string names;
  for (std::size_t i = 0; i < std::min(trapped.size(), most); ++i) {
    names += i == 0 ? "" : "; ";
    if (model.gridworld) {
      const auto& cell = model.gridworld->cells[static_cast<std::size_t>(trapped[i])];
      names += fmt::format("row {}, column {}", cell.row + 1, cell.column + 1);
    } else {
      names += fmt::format("state {}", trapped[i]);
    }
  }
  std::string text =
      fmt::format("{} of {} cannot reach a terminal {}{} ({}{})", trapped.size(), counted(model.mdp.states(), what),
                  what, arguments.reference.reference.empty() ? "" : " by actions of the reference policy", names,
                  trapped.size() > most ? "; ..." : "");
  if (model.mdp.discount() < 1.0) return text;
  return text +
         fmt::format(", so that at discount 1 they have no finite value: {}, or lower the discount",
                     model.gridworld ? "give them a way to one or make them walls (#)" : "give them a way to one");
}

// What the figures alone do not say.
std::string remark(const SolveArguments& arguments, const Model& model, const tabular::BaseMeasure& measure,
                   const Solution& solution) {
  if (overflowed(solution))
    return "the values overflow double precision, so there is no solution to show or write: scale rewards and "
           "temperature down";
  const Mdp& mdp = model.mdp;
  // Other models than gridworlds often have no end at all, which matters at discount 1 only.
  if (model.gridworld || mdp.discount() == 1.0) {
    const auto trapped = tabular::states_without_exit(mdp, measure);
    if (!trapped.empty()) return remark_on_trapped(arguments, model, trapped);
  }
  const std::string raise = model.gridworld ? "raise step_cost" : "make every loop cost more";
  switch (solution.status) {
    case Status::Converged:
      return "";
    case Status::Infeasible:
      return fmt::format("staying in the {} for ever is worth infinitely much: lower the temperature, or {}",
                         model.gridworld ? "world" : "process", raise);
    case Status::Stalled:
      if (std::isfinite(solution.error_bound)) return "rounding error forbids this tolerance";
      return mdp.discount() == 1.0
                 ? fmt::format(
                       "nothing can be certified: at discount 1 every loop must cost more than the entropy it gathers; "
                       "{}, or lower the temperature",
                       raise)
                 : "nothing can be certified: the values are too large, or the discount is too near 1, for double "
                   "precision";
    case Status::IterationLimit:
      if (mdp.discount() == 1.0 && !std::isfinite(solution.error_bound))
        return fmt::format(
            "nothing is certified yet: raise --max-iterations, or {} in case the values grow without limit", raise);
      return "not within the tolerance yet: raise --max-iterations";
  }
  return "";
}

void print_head(const SolveArguments& arguments, const Model& model) {
  print_model_line(arguments.model.file, model.format, model.mdp);
  fmt::print("temperature {}{}\n", arguments.options.temperature + 0.0, arguments.reference.text());
}

void print(const SolveArguments& arguments, const Model& model, const tabular::BaseMeasure& measure,
           const Solution& solution, double seconds) {
  print_head(arguments, model);
  const std::string certified = std::isfinite(solution.error_bound)
                                    ? fmt::format("every value within {:.3g} of the solution", solution.error_bound)
                                    : "nothing certified";
  fmt::print("{} after {} of {} in {:.3g} s: residual {:.3g}, {}\n", to_string(solution.status),
             counted(solution.iterations, "iteration"), to_string(solution.method), seconds, solution.residual,
             certified);
  fmt::print("{}", existence_line(solution, arguments.options.temperature));
  const std::string note = remark(arguments, model, measure, solution);
  if (!note.empty()) fmt::print("note: {}\n", note);
  if (overflowed(solution)) return;
  if (solution.status == Status::Infeasible) return;  // numbers on their way to infinity would only mislead
  fmt::print("{}", view(model, solution.values, solution.policy));
}

int solve_for_ever(const SolveArguments& arguments, const Model& model) {
  const Mdp& mdp = model.mdp;
  tabular::SolverOptions options = arguments.options;
  options.base_measure = arguments.reference.base_measure(mdp);
  if (!arguments.initial_values.empty()) options.initial_values = read_state_array(mdp, arguments.initial_values);

  const auto start = std::chrono::steady_clock::now();
  const Solution solution = [&] {
    tabular::Method method = *tabular::method_named(arguments.method);
    if (method == tabular::Method::Auto) method = tabular::choose_method(mdp, options);
    ProgressLine line{std::string(to_string(method))};
    options.progress = line.observer();
    return tabular::solve(mdp, method, options);
  }();
  const double seconds = seconds_since(start);

  if (!overflowed(solution)) {
    const auto states = static_cast<std::size_t>(mdp.states()), names = static_cast<std::size_t>(mdp.action_names());
    tabular::DenseTable policy;  // made before anything is written: it may be too large
    if (!arguments.policy.empty()) policy = tabular::to_dense(mdp, solution.policy);
    write_array(arguments.values, solution.values.data(), {states});
    write_array(arguments.policy, policy.data(), {states, names});
  }
  write_json(arguments.json, report(arguments, model, solution, seconds));
  print(arguments, model, options.base_measure, solution, seconds);
  return solution.status == Status::Converged ? 0 : 1;
}

// [N, S, A] from [N, K].
std::vector<double> dense_policies(const Mdp& mdp, const tabular::DenseTable& policy) {
  std::vector<double> result;
  for (Eigen::Index t = 0; t < policy.rows(); ++t) {
    const tabular::DenseTable table = tabular::to_dense(mdp, policy.row(t).transpose());
    result.insert(result.end(), table.data(), table.data() + table.size());
  }
  return result;
}

int solve_finite_horizon(const SolveArguments& arguments, const Model& model) {
  const Mdp& mdp = model.mdp;
  const tabular::StepModels steps(mdp, *arguments.horizon);
  const auto start = std::chrono::steady_clock::now();
  const auto solution = [&] {
    ProgressLine line("backward_induction", Limit::End);
    return tabular::backward_induction(steps, {.temperature = arguments.options.temperature,
                                               .base_measure = arguments.reference.base_measure(mdp),
                                               .threads = arguments.options.threads,
                                               .progress = line.observer()});
  }();
  const double seconds = seconds_since(start);

  const auto horizon = static_cast<std::size_t>(steps.steps()), states = static_cast<std::size_t>(mdp.states());
  std::vector<double> policies;  // made before anything is written: they may be too large
  if (!arguments.policy.empty()) policies = dense_policies(mdp, solution.policy);
  write_array(arguments.values, solution.values.data(), {horizon + 1, states});
  write_array(arguments.policy, policies.data(), {horizon, states, static_cast<std::size_t>(mdp.action_names())});
  Json result = report_model(arguments, model);
  result.update({{"method", "backward_induction"},
                 {"horizon", steps.steps()},
                 {"status", to_string(Status::Converged)},
                 {"error_bound", number(solution.error_bound)},
                 {"seconds", seconds}});
  write_json(arguments.json, result);
  print_head(arguments, model);
  fmt::print("backward induction over {} in {:.3g} s: every value within {:.3g} of the solution\n",
             counted(steps.steps(), "step"), seconds, solution.error_bound);
  fmt::print("\nwith {} to go:\n{}", counted(steps.steps(), "step"),
             view(model, solution.values.row(0).transpose(), solution.policy.row(0).transpose()));
  return 0;
}

// Large arrays go back to the system as soon as they are freed. By itself glibc keeps larger and larger ones, between
// which gaps are left: a tenth of the most memory that the solve of a large model takes.
void return_freed_memory() {
#ifdef M_MMAP_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

int run_solve(const SolveArguments& arguments) {
  return_freed_memory();
  std::vector<std::filesystem::path> inputs = arguments.reference.files();
  inputs.insert(inputs.end(), {arguments.model.file, arguments.initial_values});
  std::erase(inputs, std::filesystem::path());
  check_outputs({arguments.json, arguments.values, arguments.policy}, inputs);
  const Model model = arguments.model.read();
  return arguments.horizon ? solve_finite_horizon(arguments, model) : solve_for_ever(arguments, model);
}

}  // namespace

void add_solve(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("solve", "Solve a model exactly, with certified error bounds");
  const auto arguments = std::make_shared<SolveArguments>();
  add_model_argument(*command, arguments->model);
  command
      ->add_option("--temperature", arguments->options.temperature,
                   "Temperature of the entropy bonus, in reward units; 0: none")
      ->capture_default_str();
  add_reference_argument(*command, arguments->reference);
  auto* method = command->add_option("--method", arguments->method, "How to solve; auto: by the structure of the model")
                     ->check(CLI::IsMember(method_names()))
                     ->capture_default_str();
  auto* tolerance = command
                        ->add_option("--tolerance", arguments->options.tolerance,
                                     "Largest certified error of a value, in reward units")
                        ->capture_default_str();
  auto* iterations = command->add_option("--max-iterations", arguments->options.max_iterations, "Most iterations")
                         ->capture_default_str();
  auto* initial =
      command->add_option("--initial-values", arguments->initial_values, "Begin with the values [S] of this .npy file");
  command->add_option("--horizon", arguments->horizon, "Solve this many steps by backward induction instead")
      ->check(must_be_integer)
      ->excludes(method, tolerance, iterations, initial);
  command->add_option("--threads", arguments->options.threads, "Threads; 0: one for each core")
      ->check(must_be_integer)
      ->capture_default_str();
  command->add_option("--json", arguments->json, "Write the report to this file");
  command->add_option("--values", arguments->values,
                      "Write the values [S] to this .npy file ([N+1, S] with --horizon)");
  command->add_option("--policy", arguments->policy,
                      "Write the policy [S, A] to this .npy file ([N, S, A] with --horizon)");
  command->callback([arguments, &run] { run = [arguments] { return run_solve(*arguments); }; });
}

}  // namespace softrl::cli
