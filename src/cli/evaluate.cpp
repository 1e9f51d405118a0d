#include <cstdint>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "cli/argument_checks.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
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
  std::string folder, json, trajectories;
  int episodes = 100;
  std::int64_t seed = 1;
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

// "mean return -97.1 (95 % interval -120 to -74.2)"
std::string return_text(const EvaluationResult& result) {
  const std::string mean = fmt::format("mean return {:.5g}", result.mean_return);
  if (result.trajectories.size() < 2) return mean + " (an interval needs two episodes)";
  return fmt::format("{} (95 % interval {:.5g} to {:.5g})", mean, result.return_interval.low,
                     result.return_interval.high);
}

int evaluate(const Arguments& arguments) {
  check_count("episodes", arguments.episodes, 1);
  check_count("seed", arguments.seed, 0);
  check_outputs({arguments.json, arguments.trajectories});

  const auto run = continuous::load_trained_run(arguments.folder);
  const auto task = continuous::make_task(run.options.task);
  const EvaluationResult result = continuous::evaluate(
      *task, *run.policy, {.episodes = arguments.episodes, .seed = static_cast<std::uint64_t>(arguments.seed)});

  Json json;
  json["task"] = run.options.task;
  json["trained_steps"] = run.step;
  json["episodes"] = arguments.episodes;
  json["mean_return"] = number(result.mean_return);
  json["return_low"] = number(result.return_interval.low);
  json["return_high"] = number(result.return_interval.high);
  json["mean_length"] = number(result.mean_length);
  fmt::print("{} after {} training steps, {} episode{}: {}, mean length {:.4g}\n", run.options.task, run.step,
             arguments.episodes, arguments.episodes == 1 ? "" : "s", return_text(result), result.mean_length);

  const bool multi_goal = run.options.task == "multi_goal";
  if (multi_goal) {
    const GoalCounts counts = continuous::count_goals(result.trajectories);
    json["goals"] = to_json(counts);
    json["no_goal"] = counts.no_goal;
    fmt::print("\n{}", goal_table(counts));
  }
  write_json(arguments.json, json);
  if (!arguments.trajectories.empty()) write_atomically(arguments.trajectories, trajectories_csv(result, multi_goal));
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
  command->add_option("--json", arguments->json, "Write the figures to this file");
  command->add_option("--trajectories", arguments->trajectories, "Write every visited observation to this CSV file");
  command->callback([arguments, &run] { run = [arguments] { return evaluate(*arguments); }; });
}

}  // namespace softrl::cli
