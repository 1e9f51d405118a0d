// softrl plot: learning curves of training runs, those that differ in their seed alone as one.
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/argument_checks.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/svg_plot.hpp"
#include "continuous/learning_curves.hpp"
#include "continuous/run_files.hpp"
#include "irl/csv.hpp"
#include "softrl/atomic_file.hpp"
#include "softrl/check.hpp"

namespace softrl::cli {
namespace {

using continuous::LearningCurve;
using continuous::LearningCurveOptions;

// Keys of a run that leave its kind as it is.
const std::set<std::string> incidental{"seed", "steps", "threads", "device", "log_interval", "checkpoint_interval"};
constexpr std::int64_t points = 100;       // of the longest curve
constexpr std::size_t most_keys_told = 3;  // in a label

struct Arguments {
  std::vector<std::string> folders, labels, group_by;
  std::string out, csv;
  std::optional<std::int64_t> interval, window;
  std::int64_t seed = 0;
};

struct TrainingRun {
  std::string folder;
  std::map<std::string, std::string> settings;
  std::vector<continuous::ReturnRow> rows;

  std::string setting(const std::string& key) const {
    const auto found = settings.find(key);
    return found == settings.end() ? "none" : found->second;
  }
};

struct Group {
  std::string label;
  std::vector<TrainingRun> runs;
  LearningCurve curve = {};
};

TrainingRun read_run(const std::string& folder) {
  TrainingRun run{
      .folder = folder, .settings = continuous::read_settings(folder), .rows = continuous::read_returns(folder)};
  const bool ended = std::ranges::any_of(run.rows, [](const auto& row) { return row.mean_return.has_value(); });
  if (!ended) throw std::runtime_error(fmt::format("{}/metrics.csv: no episode has ended yet", folder));
  return run;
}

std::vector<TrainingRun> read_runs(const std::vector<std::string>& folders) {
  std::vector<TrainingRun> runs;
  for (const std::string& folder : folders) {
    runs.push_back(read_run(folder));
    const TrainingRun &run = runs.back(), &first = runs.front();
    if (run.setting("task") != first.setting("task"))
      throw std::runtime_error(fmt::format("{}: is of task {}, but {} of {}: a plot is of one task", folder,
                                           run.setting("task"), first.folder, first.setting("task")));
  }
  return runs;
}

// The keys whose values are not the same in all of `runs`.
std::set<std::string> differing_keys(const std::vector<TrainingRun>& runs) {
  std::set<std::string> keys;
  for (const TrainingRun& run : runs)
    for (const auto& [key, value] : run.settings)
      for (const TrainingRun& other : runs)
        if (!incidental.contains(key) && other.setting(key) != value) keys.insert(key);
  return keys;
}

void refuse_the_same_run_twice(const Group& group) {
  for (const TrainingRun& run : group.runs) {
    for (const TrainingRun& other : group.runs) {
      if (&run == &other || run.setting("seed") != other.setting("seed")) continue;
      if (differing_keys({run, other}).empty())
        throw std::runtime_error(fmt::format("{} and {}: are the same run, seed {} of {}", other.folder, run.folder,
                                             run.setting("seed"), group.label));
    }
  }
}

// The runs of one algorithm, apart where `keys` differ; in the order of the first of each.
std::vector<Group> split(const std::vector<TrainingRun>& runs, const std::set<std::string>& keys) {
  std::vector<Group> groups;
  for (const TrainingRun& run : runs) {
    const auto alike = [&](const Group& group) {
      return std::ranges::all_of(
          keys, [&](const std::string& key) { return group.runs.front().setting(key) == run.setting(key); });
    };
    auto group = std::ranges::find_if(groups, alike);
    if (group == groups.end()) {
      groups.push_back({.label = run.setting("algorithm"), .runs = {}});
      group = groups.end() - 1;
      if (keys.size() > most_keys_told)
        group->label += fmt::format(", as {}", run.folder);
      else
        for (const std::string& key : keys) group->label += fmt::format(", {} = {}", key, run.setting(key));
    }
    group->runs.push_back(run);
  }
  return groups;
}

std::vector<Group> grouped(const std::vector<TrainingRun>& runs, const Arguments& arguments) {
  for (const std::string& key : arguments.group_by)
    if (std::ranges::none_of(runs, [&](const TrainingRun& run) { return run.settings.contains(key); }))
      throw std::invalid_argument(fmt::format("--group-by: no run has a key {}", key));
  std::vector<std::string> algorithms;
  std::map<std::string, std::vector<TrainingRun>> of_algorithm;
  for (const TrainingRun& run : runs) {
    auto& alike = of_algorithm[run.setting("algorithm")];
    if (alike.empty()) algorithms.push_back(run.setting("algorithm"));
    alike.push_back(run);
  }
  std::vector<Group> groups;
  for (const std::string& algorithm : algorithms) {
    const auto& alike = of_algorithm[algorithm];
    std::set<std::string> keys = differing_keys(alike);
    if (!arguments.group_by.empty()) keys = {arguments.group_by.begin(), arguments.group_by.end()};
    keys.erase("algorithm");
    for (Group& group : split(alike, keys)) groups.push_back(std::move(group));
  }
  for (const Group& group : groups) refuse_the_same_run_twice(group);
  if (!arguments.labels.empty() && arguments.labels.size() != groups.size())
    throw std::invalid_argument(
        fmt::format("--label: there are {} curves, but {} labels", groups.size(), arguments.labels.size()));
  for (std::size_t i = 0; i < arguments.labels.size(); ++i) groups[i].label = arguments.labels[i];
  return groups;
}

// So many points that a curve can be seen, but none between the rows of metrics.csv.
std::int64_t default_interval(const std::vector<TrainingRun>& runs) {
  std::int64_t longest = 0, row = 1;
  for (const TrainingRun& run : runs) {
    longest = std::max(longest, run.rows.back().step);
    for (std::size_t i = 0; i < run.rows.size(); ++i)
      row = std::max(row, run.rows[i].step - (i > 0 ? run.rows[i - 1].step : 0));
  }
  return std::max(row, longest / points);
}

std::string legend_label(const Group& group) {
  return fmt::format("{} ({})", group.label, counted(static_cast<std::int64_t>(group.runs.size()), "seed"));
}

std::string svg_of(const std::vector<Group>& groups, const std::string& task) {
  std::int64_t longest = 0;
  for (const Group& group : groups) longest = std::max(longest, group.curve.steps.back());
  const double unit = longest >= 2'000'000 ? 1e6 : longest >= 2000 ? 1e3 : 1.0;
  tabular::Plot plot{.x_label = unit == 1e6   ? "million steps"
                                : unit == 1e3 ? "thousand steps"
                                              : "steps",
                     .y_label = "return"};
  std::vector<Band> bands;
  for (const Group& group : groups) {
    tabular::Curve curve{.label = legend_label(group), .x = {}, .y = group.curve.value};
    for (const std::int64_t step : group.curve.steps) curve.x.push_back(static_cast<double>(step) / unit);
    plot.curves.push_back(std::move(curve));
    const bool several = group.runs.size() > 1;
    bands.push_back(several ? Band{.low = group.curve.low, .high = group.curve.high} : Band{});
  }
  return svg_file(plot, bands, task + ": interquartile mean over seeds, 95 % bootstrap band");
}

// task,label,seeds,step,return,low,high: a row per point; no low and high for one seed.
std::string csv_of(const std::vector<Group>& groups, const std::string& task) {
  std::string text = "task,label,seeds,step,return,low,high\n";
  for (const Group& group : groups) {
    const LearningCurve& curve = group.curve;
    for (std::size_t i = 0; i < curve.steps.size(); ++i) {
      text += fmt::format("{},{},{},{},{:.9g},", task, irl::csv_field(group.label), group.runs.size(), curve.steps[i],
                          curve.value[i]);
      text += group.runs.size() > 1 ? fmt::format("{:.9g},{:.9g}\n", curve.low[i], curve.high[i]) : ",\n";
    }
  }
  return text;
}

std::string table_of(const std::vector<Group>& groups) {
  Table table{.header = {"", "seeds", "steps", "return", "95 % low", "high"}};
  for (const Group& group : groups) {
    const LearningCurve& curve = group.curve;
    const bool several = group.runs.size() > 1;
    table.rows.push_back({group.label, std::to_string(group.runs.size()), std::to_string(curve.steps.back()),
                          fmt::format("{:.5g}", curve.value.back()),
                          several ? fmt::format("{:.5g}", curve.low.back()) : "-",
                          several ? fmt::format("{:.5g}", curve.high.back()) : "-"});
  }
  return table.text();
}

int plot(const Arguments& arguments) {
  check_count("--interval", arguments.interval.value_or(1), 1);
  check_count("--window", arguments.window.value_or(1), 1);
  check_count("--seed", arguments.seed, 0);
  if (arguments.out.empty() && arguments.csv.empty())
    throw std::invalid_argument("plot needs --out FILE or --csv FILE");
  if (!arguments.out.empty() && !arguments.out.ends_with(".svg"))
    throw std::invalid_argument(fmt::format("--out: must end in .svg, got {}", arguments.out));
  check_outputs({arguments.out, arguments.csv});

  const std::vector<TrainingRun> runs = read_runs(arguments.folders);
  std::vector<Group> groups = grouped(runs, arguments);
  LearningCurveOptions options{.interval = arguments.interval.value_or(default_interval(runs)),
                               .seed = static_cast<std::uint64_t>(arguments.seed)};
  options.window = arguments.window.value_or(options.interval);
  for (Group& group : groups) {
    std::vector<std::vector<continuous::ReturnRow>> rows;
    for (const TrainingRun& run : group.runs) rows.push_back(run.rows);
    group.curve = learning_curve(rows, options);
    if (group.curve.steps.empty())
      throw std::runtime_error(
          fmt::format("{}: its runs have no point in common at intervals of {} steps", group.label, options.interval));
  }
  const std::string task = runs.front().setting("task");
  fmt::print("{}, points every {} steps, means over {}\n\n{}", task, options.interval, options.window,
             table_of(groups));
  if (!arguments.out.empty()) write_atomically(arguments.out, svg_of(groups, task));
  if (!arguments.csv.empty()) write_atomically(arguments.csv, csv_of(groups, task));
  return 0;
}

}  // namespace

void add_plot(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("plot", "Learning curves of training runs, over their seeds");
  command->add_option("runs", arguments->folders, "Folders that `softrl train` wrote, of one task")
      ->required()
      ->check(must_not_be_empty);
  command->add_option("--out", arguments->out, "Write the plot to this .svg file");
  command->add_option("--csv", arguments->csv, "Write the curves to this file");
  command
      ->add_option("--group-by", arguments->group_by,
                   "Besides the algorithm, keys of config.toml whose values make a curve of their own, with commas "
                   "between; `algorithm` for none (default: all that differ, but for seed, steps and the like)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--label", arguments->labels, "Name of a curve; once for each, in their order")
      ->allow_extra_args(false);
  command
      ->add_option("--interval", arguments->interval,
                   "Steps from point to point (default: a hundredth of the longest run)")
      ->check(must_be_integer);
  command
      ->add_option("--window", arguments->window, "Steps whose episodes a point is the mean of (default: the interval)")
      ->check(must_be_integer);
  command->add_option("--seed", arguments->seed, "Of the bootstrap")->capture_default_str()->check(must_be_integer);
  command->callback([arguments, &run] { run = [arguments] { return plot(*arguments); }; });
}

}  // namespace softrl::cli
