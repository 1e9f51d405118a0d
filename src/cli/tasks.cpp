// softrl tasks: the continuous tasks with their sizes, and the options of one.
#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.hpp"
#include "cli/json_arrays.hpp"
#include "cli/output.hpp"
#include "continuous/task.hpp"
#include "softrl/atomic_file.hpp"

namespace softrl::cli {
namespace {

using continuous::Task;

struct Arguments {
  std::string task, json;
  std::vector<std::string> settings;
};

// "[-1, 1]", or a list of them where entries differ.
std::string bounds_text(const BoxSpace& box) {
  std::vector<std::string> bounds;
  for (Eigen::Index i = 0; i < box.low.size(); ++i) bounds.push_back(fmt::format("[{}, {}]", box.low(i), box.high(i)));
  const bool alike = std::ranges::all_of(bounds, [&](const std::string& bound) { return bound == bounds.front(); });
  return alike ? bounds.front() : fmt::format("{}", fmt::join(bounds, " "));
}

Json box_json(const BoxSpace& box) {
  return {{"size", box.low.size()}, {"low", numbers(box.low)}, {"high", numbers(box.high)}};
}

Json task_json(const Task& task) {
  Json json;
  json["name"] = task.name();
  json["observation"] = box_json(task.observation_box());
  json["action"] = box_json(task.action_box());
  json["state_size"] = task.state_size();
  json["time_limit"] = task.time_limit();
  json["step_s"] = task.step_s() > 0.0 ? Json(task.step_s()) : Json();
  json["info"] = task.info_names();
  Json options = Json::array();
  for (const auto& option : continuous::task_options(task.name()))
    options.push_back({{"name", option.name}, {"type", option.type}, {"default", option.value}});
  json["options"] = options;
  return json;
}

int list_all(const Arguments& arguments) {
  Table table{.header = {"task", "observation", "action", "bounds of actions", "time limit"},
              .right_aligned = {false, true, true, false, true}};
  Json tasks = Json::array();
  for (const std::string& name : continuous::task_names()) {
    const auto task = continuous::make_task(name);
    table.rows.push_back({name, std::to_string(task->observation_size()), std::to_string(task->action_size()),
                          bounds_text(task->action_box()), std::to_string(task->time_limit())});
    tasks.push_back(task_json(*task));
  }
  fmt::print("{}", table.text());
  write_json(arguments.json, {{"tasks", tasks}});
  return 0;
}

int show_one(const Arguments& arguments) {
  const auto settings = continuous::parse_settings(arguments.settings);
  const auto task = continuous::make_task(arguments.task, settings);
  fmt::print("{}: observation [{}], action [{}] in {}, at most {} steps{}\n", task->name(), task->observation_size(),
             task->action_size(), bounds_text(task->action_box()), task->time_limit(),
             task->step_s() > 0.0 ? fmt::format(" of {:.4g} s", task->step_s()) : "");
  if (task->info_size() > 0) fmt::print("info: {}\n", fmt::join(task->info_names(), ", "));
  Table table{.header = {"option", "type", "default"}, .right_aligned = {false, false, false}};
  for (const auto& option : continuous::task_options(task->name()))
    table.rows.push_back({option.name, option.type, option.value});
  fmt::print("\n{}", table.text());
  write_json(arguments.json, task_json(*task));
  return 0;
}

int run_tasks(const Arguments& arguments) {
  check_outputs({arguments.json});
  if (arguments.task.empty() && !arguments.settings.empty())
    throw std::invalid_argument("--set needs the task whose option it is");
  return arguments.task.empty() ? list_all(arguments) : show_one(arguments);
}

}  // namespace

void add_tasks(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("tasks", "List the continuous tasks, or the options of one");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("task", arguments->task, "Task whose options to show, such as Ant-v5");
  command->add_option("--set", arguments->settings, "Option of the task, NAME=VALUE; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--json", arguments->json, "Write the same to this file");
  command->callback([arguments, &run] { run = [arguments] { return run_tasks(*arguments); }; });
}

}  // namespace softrl::cli
