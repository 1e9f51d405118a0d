#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/argument_checks.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/run_argument.hpp"
#include "continuous/evaluation.hpp"
#include "continuous/task.hpp"
#include "continuous/trained_run.hpp"
#include "softrl/atomic_file.hpp"
#include "softrl/check.hpp"

namespace softrl::cli {
namespace {

using continuous::EvaluationResult;
using continuous::GoalCounts;

struct Arguments {
  std::string folder, json, csv, trajectories;
  int episodes = 100;
  std::int64_t seed = 1;
  std::vector<double> start;
};

Json to_json(const GoalCounts& counts) {
  Json goals = Json::array();
  for (const auto& goal : counts.goals)
    goals.push_back({{"x", goal.goal.x()},
                     {"y", goal.goal.y()},
                     {"count", goal.count},
                     {"share", goal.share},
                     {"low", goal.interval.low},
                     {"high", goal.interval.high}});
  return goals;
}

std::string goal_table(const GoalCounts& counts) {
  Table table{.header = {"goal", "episodes", "share", "95 % low", "high"}};
  for (const auto& goal : counts.goals)
    table.rows.push_back({fmt::format("({}, {})", goal.goal.x(), goal.goal.y()), std::to_string(goal.count),
                          fmt::format("{:.3f}", goal.share), fmt::format("{:.3f}", goal.interval.low),
                          fmt::format("{:.3f}", goal.interval.high)});
  table.rows.push_back({"none", std::to_string(counts.no_goal), "", "", ""});
  return table.text();
}

// episode,step,<observation>: a row per state, the last of each episode included.
std::string trajectories_csv(const EvaluationResult& result, bool plane) {
  std::string text = "episode,step";
  const auto size = result.trajectories.front().transitions.front().observation.size();
  for (Eigen::Index i = 0; i < size; ++i) text += plane ? (i == 0 ? ",x" : ",y") : fmt::format(",observation_{}", i);
  text += "\n";
  const auto add_row = [&](std::size_t episode, std::size_t step, const Eigen::VectorXd& observation) {
    text += fmt::format("{},{}", episode, step);
    for (const double x : observation) text += fmt::format(",{:.9g}", x);
    text += "\n";
  };
  for (std::size_t e = 0; e < result.trajectories.size(); ++e) {
    const auto& transitions = result.trajectories[e].transitions;
    for (std::size_t t = 0; t < transitions.size(); ++t) add_row(e, t, transitions[t].observation);
    add_row(e, transitions.size(), transitions.back().next_observation);
  }
  return text;
}

// episode,actions,return,length,terminated: a row per episode.
std::string episodes_csv(const std::vector<std::pair<std::string, const EvaluationResult*>>& results) {
  std::string text = "episode,actions,return,length,terminated\n";
  for (const auto& [actions, result] : results) {
    for (std::size_t e = 0; e < result->trajectories.size(); ++e) {
      const auto& trajectory = result->trajectories[e];
      text += fmt::format("{},{},{:.17g},{},{}\n", e, actions, trajectory.discounted_return(),
                          trajectory.transitions.size(), trajectory.transitions.back().terminated ? 1 : 0);
    }
  }
  return text;
}

Json to_json(const EvaluationResult& result) {
  return {{"mean_return", number(result.mean_return)},
          {"return_low", number(result.return_interval.low)},
          {"return_high", number(result.return_interval.high)},
          {"mean_length", number(result.mean_length)}};
}

std::vector<std::string> row_of(const std::string& actions, const EvaluationResult& result) {
  const auto bound = [](double value) { return std::isfinite(value) ? fmt::format("{:.5g}", value) : "-"; };
  return {actions, fmt::format("{:.5g}", result.mean_return), bound(result.return_interval.low),
          bound(result.return_interval.high), fmt::format("{:.4g}", result.mean_length)};
}

// With a line of progress once it has taken a second.
EvaluationResult evaluate_visibly(const std::string& actions, continuous::Task& task, const ContinuousPolicy& policy,
                                  const continuous::EvaluationOptions& options) {
  ProgressLine line(fmt::format("{} actions, episode", actions), Limit::End);
  const auto start = std::chrono::steady_clock::now();
  return continuous::evaluate(task, policy, options, [&](const Progress& progress) {
    if (seconds_since(start) > 1.0) line.show(progress);
  });
}

int evaluate(const Arguments& arguments) {
  check_count("episodes", arguments.episodes, 1);
  check_count("seed", arguments.seed, 0);
  check_outputs({arguments.json, arguments.csv, arguments.trajectories});

  const auto run = load_run(arguments.folder);
  if (continuous::is_custom(run.options.task))
    throw std::invalid_argument(fmt::format(
        "{}: {} is not a task but an environment of Python's; softrl.continuous.load_policy() has its policy there",
        arguments.folder, run.options.task));
  const auto task = continuous::make_task(run.options.task);
  continuous::EvaluationOptions options{.episodes = arguments.episodes,
                                        .seed = static_cast<std::uint64_t>(arguments.seed)};
  if (const auto& start = arguments.start; !start.empty())
    options.start = Eigen::Map<const Eigen::VectorXd>(start.data(), static_cast<Eigen::Index>(start.size()));
  const EvaluationResult drawn = evaluate_visibly("drawn", *task, *run.policy, options);
  // The same starts; a policy that has no chance would do the same once more.
  const bool deterministic = run.policy->deterministic();
  const EvaluationResult best =
      deterministic ? drawn : evaluate_visibly("best", *task, continuous::BestAction(*run.policy), options);

  Json json;
  json["task"] = run.options.task;
  json["algorithm"] = run.options.algorithm;
  json["trained_steps"] = run.step;
  json["episodes"] = arguments.episodes;
  if (options.start) json["start"] = arguments.start;
  json.update(to_json(drawn));
  json["best"] = to_json(best);
  fmt::print("{}, {} after {} training steps, {}\n\n", run.options.task, run.options.algorithm, run.step,
             counted(arguments.episodes, "episode"));
  Table table{.header = {"actions", "mean return", "95 % low", "high", "mean length"}};
  if (!deterministic) table.rows.push_back(row_of("drawn", drawn));
  table.rows.push_back(row_of("best", best));
  fmt::print("{}{}", table.text(), arguments.episodes == 1 ? "(an interval needs two episodes)\n" : "");

  const bool multi_goal = run.options.task.starts_with("multi_goal");
  if (multi_goal) {
    const GoalCounts counts = continuous::count_goals(drawn.trajectories);
    json["goals"] = to_json(counts);
    json["no_goal"] = counts.no_goal;
    json["goal_entropy"] = {{"value", number(counts.entropy)},
                            {"low", number(counts.entropy_interval.low)},
                            {"high", number(counts.entropy_interval.high)}};
    fmt::print("\n{}entropy over the goals {} nats (95 % interval {} to {}; at most log 4 = 1.386)\n",
               goal_table(counts), decimals(counts.entropy, 3), decimals(counts.entropy_interval.low, 3),
               decimals(counts.entropy_interval.high, 3));
  }
  write_json(arguments.json, json);
  if (!arguments.csv.empty()) write_atomically(arguments.csv, episodes_csv({{"drawn", &drawn}, {"best", &best}}));
  if (!arguments.trajectories.empty()) write_atomically(arguments.trajectories, trajectories_csv(drawn, multi_goal));
  return 0;
}

}  // namespace

void add_evaluate(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("evaluate", "Run episodes of a trained agent");
  command->add_option("run", arguments->folder, "The folder that `softrl train` wrote")
      ->required()
      ->check(must_not_be_empty);
  command->add_option("--episodes", arguments->episodes, "How many")->capture_default_str()->check(must_be_integer);
  command->add_option("--seed", arguments->seed, "Of starts and actions")
      ->capture_default_str()
      ->check(must_be_integer);
  command
      ->add_option("--start", arguments->start, "Begin every episode in this state: x,y (default: drawn by the task)")
      ->delimiter(',');
  command->add_option("--json", arguments->json, "Write the figures to this file");
  command->add_option("--csv", arguments->csv, "Write return and length of every episode to this file");
  command->add_option("--trajectories", arguments->trajectories, "Write every visited observation to this CSV file");
  command->callback([arguments, &run] { run = [arguments] { return evaluate(*arguments); }; });
}

}  // namespace softrl::cli
