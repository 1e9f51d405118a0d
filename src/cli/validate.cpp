// softrl validate: a trained agent against the exact solution of its task on a grid.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/argument_checks.hpp"
#include "cli/commands.hpp"
#include "cli/json_arrays.hpp"
#include "cli/output.hpp"
#include "cli/run_argument.hpp"
#include "continuous/evaluation.hpp"
#include "continuous/task.hpp"
#include "continuous/trained_run.hpp"
#include "softrl/atomic_file.hpp"
#include "softrl/check.hpp"
#include "tabular/discretize.hpp"
#include "validation/comparison.hpp"
#include "validation/exact_solution.hpp"
#include "validation/task_model.hpp"

namespace softrl::cli {
namespace {

using validation::ExactOptions;
using validation::ExactSolution;
using validation::PolicyComparison;
using validation::TaskModel;
using validation::ValueComparison;

constexpr int action_samples = 20'000;
constexpr std::int64_t most_pairs = 1000;

struct Arguments {
  std::string folder, json, csv;
  std::vector<std::string> states;
  std::optional<int> nodes, cells;
  std::optional<double> temperature;
  int episodes = 400;
  int threads = 1;
  std::int64_t seed = 1;
};

// "x,y" as a point of the model's box.
Eigen::VectorXd parse_state(const std::string& text, const TaskModel& model) {
  const auto size = model.state_axes.size();
  std::vector<double> values;
  const char *at = text.data(), *end = at + text.size();
  bool whole = false;
  while (!whole) {
    double value = 0.0;
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error != std::errc() || (stop != end && *stop != ',')) break;
    values.push_back(value);
    whole = stop == end;
    at = whole ? end : stop + 1;
  }
  if (!whole || values.size() != size)
    throw std::invalid_argument(fmt::format("--state: must be {} numbers with commas between, got {}", size, text));
  for (std::size_t i = 0; i < size; ++i)
    if (const auto& axis = model.state_axes[i]; !(values[i] >= axis.low && values[i] <= axis.high))
      throw std::invalid_argument(
          fmt::format("--state: entry {} must be in [{}, {}], got {}", i + 1, axis.low, axis.high, text));
  return Eigen::Map<Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(size));
}

std::string point_text(const Eigen::VectorXd& point) {
  std::vector<std::string> entries;
  for (const double x : point) entries.push_back(fmt::format("{:.4g}", x));
  return fmt::format("({})", fmt::join(entries, ", "));
}

std::string percent(double share) { return fmt::format("{:.3g} %", 100.0 * share); }

TaskModel model_of(const std::string& task, const Arguments& arguments) {
  TaskModel model = validation::task_model(task);
  for (auto& axis : model.state_axes) axis.points = arguments.nodes.value_or(axis.points);
  model.action_cells = arguments.cells.value_or(model.action_cells);
  if (!arguments.states.empty()) model.named_states.clear();
  for (const std::string& state : arguments.states) model.named_states.push_back(parse_state(state, model));
  return model;
}

ExactSolution solve(const TaskModel& model, ExactOptions options, std::string_view grid) {
  std::vector<std::string> nodes;
  for (const auto& axis : model.state_axes) nodes.push_back(std::to_string(axis.points));
  ProgressLine line(fmt::format("{} grid, {} nodes", grid, fmt::join(nodes, " x ")));
  line.show({.done = 0, .limit = 0, .measurements = {}});
  options.progress = line.observer();
  return ExactSolution(model, options);
}

Json goals_json(const validation::GoalProbabilities& exact, const continuous::GoalCounts& learned, int episodes) {
  Json goals = Json::array();
  for (std::size_t g = 0; g < exact.goals.size(); ++g) {
    const auto& count = learned.goals.at(g);
    goals.push_back({{"goal", numbers(count.goal)},
                     {"exact", exact.goals[g]},
                     {"learned", count.share},
                     {"low", count.interval.low},
                     {"high", count.interval.high}});
  }
  const auto none = continuous::share_interval(learned.no_goal, episodes);
  goals.push_back({{"goal", nullptr},
                   {"exact", exact.none},
                   {"learned", static_cast<double>(learned.no_goal) / episodes},
                   {"low", none.low},
                   {"high", none.high}});
  return goals;
}

std::string goal_table(const Json& goals) {
  Table table{.header = {"goal", "exact", "learned", "95 % low", "high"}};
  for (const Json& goal : goals) {
    const Json& place = goal["goal"];
    table.rows.push_back({place.is_null() ? "none" : point_text(vector_from(place)), decimals(goal["exact"], 3),
                          decimals(goal["learned"], 3), decimals(goal["low"], 3), decimals(goal["high"], 3)});
  }
  return table.text();
}

std::string value_table(const ValueComparison& values) {
  Table table{.header = {"", "of its range", "range"}};
  table.rows.push_back({"V, root mean square error", percent(values.value_rmse), decimals(values.value_range, 2)});
  table.rows.push_back({"V, mean error", percent(values.value_bias), ""});
  table.rows.push_back({"Q, root mean square error", percent(values.q_rmse), decimals(values.q_range, 2)});
  table.rows.push_back({"exact V, by refinement", percent(values.discretisation_error), ""});
  if (values.closed_form) {
    table.rows.push_back({"exact V from closed form", percent(values.closed_form->exact_rmse), ""});
    table.rows.push_back({"V from closed form", percent(values.closed_form->value_rmse), ""});
  }
  return table.text();
}

std::string policy_table(const std::vector<PolicyComparison>& policies) {
  Table table{.header = {"state", "KL (nats)", "of a uniform policy"}};
  for (const auto& policy : policies)
    table.rows.push_back(
        {point_text(policy.state), fmt::format("{:.4f}", policy.kl), fmt::format("{:.4f}", policy.uniform_kl)});
  return table.text();
}

Json policies_json(const std::vector<PolicyComparison>& policies) {
  Json json = Json::array();
  for (const auto& policy : policies)
    json.push_back({{"state", numbers(policy.state)},
                    {"kl", number(policy.kl)},
                    {"uniform_kl", number(policy.uniform_kl)},
                    {"exact", policy.exact},
                    {"learned", policy.learned}});
  return json;
}

// state_0,state_1,exact,learned: a row per node of the coarser grid.
std::string nodes_csv(const validation::ValueTable& table) {
  std::string text;
  for (Eigen::Index i = 0; i < table.states.front().size(); ++i) text += fmt::format("state_{},", i);
  text += "exact,learned\n";
  for (std::size_t row = 0; row < table.states.size(); ++row) {
    for (const double x : table.states[row]) text += fmt::format("{:.9g},", x);
    text += fmt::format("{:.9g},{:.9g}\n", table.exact[row], table.learned[row]);
  }
  return text;
}

void check_range(const Arguments& arguments) {
  check_count("--episodes", arguments.episodes, 1);
  check_count("--seed", arguments.seed, 0);
  check_count("--threads", arguments.threads, 0);
  check_count("--cells", arguments.cells.value_or(2), 2);
  if (const int nodes = arguments.nodes.value_or(5); nodes < 5 || nodes % 2 == 0)
    throw std::invalid_argument(fmt::format("--nodes: must be an odd number of at least 5, got {}", nodes));
  check_at_least("--temperature", arguments.temperature.value_or(0.0), 0.0);
  check_finite("--temperature", arguments.temperature.value_or(0.0));
}

int validate(const Arguments& arguments) {
  check_range(arguments);
  check_outputs({arguments.json, arguments.csv});
  const auto run = load_run(arguments.folder);
  const TaskModel model = model_of(run.options.task, arguments);
  const ExactOptions options{.temperature = arguments.temperature.value_or(validation::temperature(run)),
                             .discount = validation::discount(run),
                             .threads = arguments.threads};
  fmt::print("{} after {} training steps, temperature {:.4g}, discount {}\n", run.options.task, run.step,
             options.temperature, options.discount);

  const ExactSolution coarse = solve(coarser(model), options, "coarser");
  const ExactSolution exact = solve(model, options, "finer");
  for (const ExactSolution* each : {&coarse, &exact})
    if (each->solution().status != Status::Converged) {
      fmt::print("the exact solution was not found: {}, certified error {:.3g}\n", to_string(each->solution().status),
                 each->solution().error_bound);
      return 1;
    }

  const auto seed = static_cast<std::uint64_t>(arguments.seed);
  const auto task = continuous::make_task(run.options.task);
  const auto evaluation = continuous::evaluate(*task, *run.policy, {.episodes = arguments.episodes, .seed = seed});
  const auto pairs = validation::visited_pairs(model, evaluation.trajectories, most_pairs);
  const ValueComparison values = validation::compare_values(run, exact, coarse, pairs, arguments.threads);
  std::vector<PolicyComparison> policies;
  for (const auto& state : model.named_states)
    policies.push_back(validation::compare_policies(run, exact, state, action_samples, seed));

  Json json;
  json["task"] = run.options.task;
  json["algorithm"] = run.options.algorithm;
  json["trained_steps"] = run.step;
  json["temperature"] = options.temperature;
  json["discount"] = options.discount;
  json["value_rmse"] = number(values.value_rmse);
  json["value_bias"] = number(values.value_bias);
  json["value_range"] = values.value_range;
  json["q_rmse"] = number(values.q_rmse);
  json["q_range"] = values.q_range;
  json["discretisation_error"] = number(values.discretisation_error);
  json["discretisation_worst"] = number(values.discretisation_worst);
  json["certified_error"] = number(exact.solution().error_bound);
  if (values.closed_form)
    json["closed_form"] = {{"exact_rmse", number(values.closed_form->exact_rmse)},
                           {"exact_worst", number(values.closed_form->exact_worst)},
                           {"value_rmse", number(values.closed_form->value_rmse)}};
  json["states"] = exact.task().states.size();
  json["actions"] = exact.task().actions.size();
  json["visited"] = values.pairs;
  json["policy_kl"] = policies_json(policies);

  fmt::print("{} x {} actions, certified to {:.1g}; {} visited\n\n{}\n{}", counted(exact.task().states.size(), "state"),
             exact.task().actions.size(), exact.solution().error_bound, counted(values.pairs, "state"),
             value_table(values), policy_table(policies));
  if (std::ranges::any_of(policies, [](const auto& policy) { return std::isinf(policy.kl); }))
    fmt::print("inf: the agent takes actions that the exact policy never takes\n");
  if (!model.goals.empty()) {
    json["goal_probabilities"] = goals_json(exact_goal_probabilities(exact),
                                            continuous::count_goals(evaluation.trajectories), arguments.episodes);
    fmt::print("\n{}", goal_table(json["goal_probabilities"]));
  }
  write_json(arguments.json, json);
  if (!arguments.csv.empty())
    write_atomically(arguments.csv,
                     nodes_csv(validation::value_table(run, exact, coarse.task().states, arguments.threads)));
  return 0;
}

}  // namespace

void add_validate(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("validate", "Compare a trained agent with the exact solution of its task");
  command
      ->add_option("run", arguments->folder,
                   fmt::format("The folder that `softrl train` wrote, of one of {}",
                               fmt::join(validation::modelled_tasks(), ", ")))
      ->required()
      ->check(must_not_be_empty);
  command
      ->add_option("--state", arguments->states,
                   "x,y: where to compare the policies; may be repeated (default: three of the task's)")
      ->allow_extra_args(false);
  command->add_option("--episodes", arguments->episodes, "For the states visited and the goals")
      ->capture_default_str()
      ->check(must_be_integer);
  command->add_option("--temperature", arguments->temperature,
                      "Of the exact solution, in reward units (default: the run's; 0 for ddpg and td3)");
  command->add_option("--nodes", arguments->nodes, "Of the finer grid, per axis; odd (default: the task's)")
      ->check(must_be_integer);
  command->add_option("--cells", arguments->cells, "Of actions, per axis (default: the task's)")
      ->check(must_be_integer);
  command->add_option("--seed", arguments->seed, "Of starts and actions")
      ->capture_default_str()
      ->check(must_be_integer);
  command->add_option("--threads", arguments->threads, "0: one for each core")
      ->capture_default_str()
      ->check(must_be_integer);
  command->add_option("--json", arguments->json, "Write the figures and the histograms of actions to this file");
  command->add_option("--csv", arguments->csv,
                      "Write exact and learned V at the nodes of the coarser grid to this file");
  command->callback([arguments, &run] { run = [arguments] { return validate(*arguments); }; });
}

}  // namespace softrl::cli
