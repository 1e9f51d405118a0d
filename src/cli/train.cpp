#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/argument_checks.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/run_argument.hpp"
#include "continuous/freed_memory.hpp"
#include "continuous/task.hpp"
#include "continuous/training.hpp"
#include "softrl/config.hpp"

namespace softrl::cli {
namespace {

using continuous::TrainingOptions;
using continuous::TrainingResult;
using continuous::TrainingStatus;

struct Arguments {
  std::string task;
  std::optional<std::string> algorithm, device;
  std::optional<std::int64_t> seed, steps;
  std::optional<int> threads, environments;
  std::string out, config, resume;
  std::vector<std::string> set;
};

volatile std::sig_atomic_t interrupted = 0;

// Ctrl-C asks for a checkpoint first; a second one ends the program at once.
void interrupt(int) {
  interrupted = 1;
  std::signal(SIGINT, SIG_DFL);
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

// "key=value" as a configuration of one key. A value that is not TOML is a string without its quotes.
Config parse_setting(const std::string& setting) {
  if (setting.find_first_of("\r\n") != std::string::npos)
    throw std::invalid_argument("--set: must be one key=value, without line breaks");
  const std::string name = "--set " + setting;
  const auto equals = setting.find('=');
  if (equals == std::string::npos || equals == 0)
    throw std::invalid_argument(fmt::format("{}: must be key=value", name));
  const std::string key = setting.substr(0, equals), value = setting.substr(equals + 1);
  try {
    return Config::parse(fmt::format("{} = {}", key, value), name);
  } catch (const std::runtime_error&) {
    return Config::parse(fmt::format("{} = {}", key, quoted(value)), name);
  }
}

TrainingOptions with_same_task(const TrainingOptions& options, const Config& config) {
  if (const std::string task = config.string("task", options.task); task != options.task)
    config.fail("task", fmt::format("is {}, but the task to train is {}", task, options.task));
  return with_config(options, config);
}

TrainingOptions options_of(const Arguments& arguments) {
  std::optional<Config> config;
  if (!arguments.config.empty()) config = Config::read(arguments.config);
  const std::string configured = TrainingOptions{}.algorithm;
  const std::string algorithm =
      arguments.algorithm.value_or(config ? config->string("algorithm", configured) : configured);
  TrainingOptions options = continuous::default_training_options(arguments.task, algorithm);
  if (config) options = with_same_task(options, *config);
  for (const std::string& setting : arguments.set) options = with_same_task(options, parse_setting(setting));
  if (arguments.seed && *arguments.seed < 0)
    throw std::invalid_argument(fmt::format("seed must be at least 0, got {}", *arguments.seed));
  options.seed = arguments.seed ? static_cast<std::uint64_t>(*arguments.seed) : options.seed;
  options.steps = arguments.steps.value_or(options.steps);
  options.threads = arguments.threads.value_or(options.threads);
  options.environments = arguments.environments.value_or(options.environments);
  options.device = arguments.device.value_or(options.device);
  return options;
}

TrainingResult train_or_resume(const Arguments& arguments, const ProgressObserver& observer) {
  const auto stop = [] { return interrupted != 0; };
  if (arguments.resume.empty()) return continuous::train(options_of(arguments), arguments.out, observer, stop);
  return continuous::resume_training(arguments.resume, arguments.steps, observer, stop);
}

void refuse_contradictions(const Arguments& arguments) {
  if (arguments.resume.empty()) {
    if (arguments.task.empty()) throw std::invalid_argument("train needs a TASK (or --resume DIR)");
    if (arguments.out.empty()) throw std::invalid_argument("train needs --out DIR (or --resume DIR)");
  } else if (!arguments.task.empty() || !arguments.out.empty() || !arguments.config.empty() || !arguments.set.empty() ||
             arguments.seed || arguments.algorithm || arguments.threads || arguments.environments || arguments.device) {
    throw std::invalid_argument("--resume DIR goes on as configured there: only --steps can be given with it");
  }
}

int train(const Arguments& arguments) {
  refuse_contradictions(arguments);
  continuous::keep_freed_memory();
  std::signal(SIGINT, interrupt);
  const std::string folder = arguments.resume.empty() ? arguments.out : arguments.resume;
  TrainingResult result{};
  {
    ProgressLine line(arguments.resume.empty() ? arguments.task : arguments.resume, Limit::End);
    result = train_or_resume(arguments, line.observer());
  }
  std::signal(SIGINT, SIG_DFL);
  warn_of_skipped(result.skipped_checkpoints);
  if (arguments.resume.empty() && result.status == TrainingStatus::Finished)
    if (const std::int64_t uniform = options_of(arguments).start_steps; result.steps <= uniform)
      fmt::print(stderr, "warning: start_steps is {}: all {} steps were uniform actions, and nothing is learned\n",
                 uniform, result.steps);
  fmt::print("{}: {} steps, {} episodes, {}; mean return of the last episodes {}\n", folder, result.steps,
             result.episodes, duration(result.seconds),
             result.mean_return ? fmt::format("{:.4g}", *result.mean_return) : "unknown (none has ended)");
  if (result.status == TrainingStatus::Interrupted)
    fmt::print("interrupted; softrl train --resume {} goes on\n", folder);
  if (result.status == TrainingStatus::Diverged)
    fmt::print("diverged at step {}: {}; the last checkpoint is {}. Try lower learning rates or a higher temperature\n",
               result.steps, result.cause, result.checkpoint.string());
  return result.status == TrainingStatus::Finished ? 0 : 1;
}

}  // namespace

void add_train(CLI::App& app, Run& run) {
  const TrainingOptions defaults;
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("train", "Train an agent on a continuous task");
  command->add_option("task", arguments->task, fmt::format("{}", fmt::join(continuous::task_names(), ", ")));
  command
      ->add_option("--algorithm", arguments->algorithm,
                   "sql: soft Q-learning with a Stein sampler, also as published (sql_paper_2017, sql_code_2017); sac, "
                   "ddpg, td3: its peers")
      ->default_str(defaults.algorithm);
  command->add_option("--seed", arguments->seed, "Everything random follows from it")
      ->default_str(std::to_string(defaults.seed))
      ->check(must_be_integer);
  command->add_option("--steps", arguments->steps, "Environment steps; with --resume, in all")
      ->default_str(std::to_string(defaults.steps))
      ->check(must_be_integer);
  command->add_option("--out", arguments->out, "The run's folder; must not exist or be empty")
      ->check(must_not_be_empty);
  command->add_option("--threads", arguments->threads, "Of Torch's own")
      ->default_str(std::to_string(defaults.threads))
      ->check(must_be_integer);
  command->add_option("--environments", arguments->environments, "Copies of the task, stepped together")
      ->default_str(std::to_string(defaults.environments))
      ->check(must_be_integer);
  command->add_option("--device", arguments->device, "cpu or cuda: where the networks are")
      ->default_str(defaults.device);
  command->add_option("--config", arguments->config, "TOML file of hyperparameters (examples/train)")
      ->check(must_not_be_empty);
  command->add_option("--set", arguments->set, "key=value: one hyperparameter; may be repeated")
      ->expected(1)
      ->take_all();
  command->add_option("--resume", arguments->resume, "Go on with the run in this folder")->check(must_not_be_empty);
  command->callback([arguments, &run] { run = [arguments] { return train(*arguments); }; });
}

}  // namespace softrl::cli
