#include "continuous/training_options.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "continuous/bandwidth_rule.hpp"
#include "continuous/profiles.hpp"
#include "continuous/task.hpp"
#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

int small_integer(const Config& config, std::string_view key, int otherwise) {
  const std::int64_t value = config.integer(key, otherwise);
  if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max())
    config.fail(key, fmt::format("{} is too large", value));
  return static_cast<int>(value);
}

std::vector<int> widths(const Config& config, std::string_view key, const std::vector<int>& otherwise) {
  if (!config.has(key)) return otherwise;
  std::vector<int> result;
  for (const double width : config.numbers(key)) {
    if (width != std::floor(width) || width < 1 || width > 1e6)
      config.fail(key, "must be an array of positive integers");
    result.push_back(static_cast<int>(width));
  }
  return result;
}

// What each option must be, whatever the others are.
void check_each(const TrainingOptions& options) {
  if (options.algorithm != "sql")
    throw std::invalid_argument(fmt::format("algorithm must be sql, got {}", options.algorithm));
  constexpr std::uint64_t largest_seed = std::numeric_limits<std::int64_t>::max();  // what TOML can hold
  if (options.seed > largest_seed)
    throw std::invalid_argument(fmt::format("seed must be at most {}, got {}", largest_seed, options.seed));
  check_count("steps", options.steps, 1);
  check_count("start_steps", options.start_steps, 1);
  check_count("update_interval", options.update_interval, 1);
  check_count("batch_size", options.batch_size, 1);
  check_count("replay_capacity", options.replay_capacity, 1);
  check_count("log_interval", options.log_interval, 1);
  check_count("checkpoint_interval", options.checkpoint_interval, 1);
  check_in_range("threads", options.threads, 1, 1024);
  check(options.agent);
}

// An option out of range, said with the file and line of its key where `config` has it.
void check_values(const Config& config, const TrainingOptions& options) {
  if (config.has("task")) {
    try {
      check_task_name(options.task);
    } catch (const std::invalid_argument& error) {
      config.fail("task", error.what());
    }
  }
  try {
    check_each(options);
  } catch (const std::invalid_argument& error) {
    const std::string_view message = error.what();
    for (const std::string& key : config.keys()) {
      if (message.starts_with(key + " ")) config.fail(key, message.substr(key.size() + 1));
    }
  }
}

}  // namespace

TrainingOptions default_training_options(const std::string& task) {
  check_task_name(task);
  const std::string_view toml = profile(task);
  TrainingOptions options;
  options.task = task;
  return toml.empty() ? options : with_config(options, Config::parse(toml, fmt::format("defaults of {}", task)));
}

TrainingOptions with_config(TrainingOptions o, const Config& config) {
  o.task = config.string("task", o.task);
  o.algorithm = config.string("algorithm", o.algorithm);
  const std::int64_t seed = config.integer("seed", static_cast<std::int64_t>(o.seed));
  if (seed < 0) config.fail("seed", fmt::format("must be at least 0, got {}", seed));
  o.seed = static_cast<std::uint64_t>(seed);
  o.steps = config.integer("steps", o.steps);
  o.start_steps = config.integer("start_steps", o.start_steps);
  o.update_interval = small_integer(config, "update_interval", o.update_interval);
  o.batch_size = small_integer(config, "batch_size", o.batch_size);
  o.replay_capacity = config.integer("replay_capacity", o.replay_capacity);
  o.log_interval = config.integer("log_interval", o.log_interval);
  o.checkpoint_interval = config.integer("checkpoint_interval", o.checkpoint_interval);
  o.threads = small_integer(config, "threads", o.threads);

  SoftQLearningOptions& a = o.agent;
  a.temperature = config.number("temperature", a.temperature);
  a.discount = config.number("discount", a.discount);
  a.hidden = widths(config, "hidden", a.hidden);
  a.critics = small_integer(config, "critics", a.critics);
  a.critic_learning_rate = config.number("critic_learning_rate", a.critic_learning_rate);
  a.sampler_learning_rate = config.number("sampler_learning_rate", a.sampler_learning_rate);
  a.fixed_particles = small_integer(config, "fixed_particles", a.fixed_particles);
  a.updated_particles = small_integer(config, "updated_particles", a.updated_particles);
  a.value_particles = small_integer(config, "value_particles", a.value_particles);
  a.target_interval = small_integer(config, "target_interval", a.target_interval);
  a.target_rate = config.number("target_rate", a.target_rate);
  try {
    a.bandwidth = bandwidth_rule(config.string("bandwidth", to_string(a.bandwidth)));
  } catch (const std::invalid_argument& error) {
    config.fail("bandwidth", error.what());
  }
  a.bandwidth_floor = config.number("bandwidth_floor", a.bandwidth_floor);
  config.refuse_unknown();
  check_values(config, o);
  return o;
}

std::string to_toml(const TrainingOptions& o) {
  const SoftQLearningOptions& a = o.agent;
  std::string text;
  const auto quoted = [&](const char* key, std::string_view value) {
    text += fmt::format("{} = \"{}\"\n", key, value);
  };
  const auto integer = [&](const char* key, std::int64_t value) { text += fmt::format("{} = {}\n", key, value); };
  const auto number = [&](const char* key, double value) { text += fmt::format("{} = {}\n", key, value); };
  quoted("task", o.task);
  quoted("algorithm", o.algorithm);
  integer("seed", static_cast<std::int64_t>(o.seed));
  integer("steps", o.steps);
  integer("start_steps", o.start_steps);
  integer("update_interval", o.update_interval);
  integer("batch_size", o.batch_size);
  integer("replay_capacity", o.replay_capacity);
  integer("log_interval", o.log_interval);
  integer("checkpoint_interval", o.checkpoint_interval);
  integer("threads", o.threads);
  number("temperature", a.temperature);
  number("discount", a.discount);
  text += fmt::format("hidden = [{}]\n", fmt::join(a.hidden, ", "));
  integer("critics", a.critics);
  number("critic_learning_rate", a.critic_learning_rate);
  number("sampler_learning_rate", a.sampler_learning_rate);
  integer("fixed_particles", a.fixed_particles);
  integer("updated_particles", a.updated_particles);
  integer("value_particles", a.value_particles);
  integer("target_interval", a.target_interval);
  number("target_rate", a.target_rate);
  quoted("bandwidth", to_string(a.bandwidth));
  number("bandwidth_floor", a.bandwidth_floor);
  return text;
}

void check(const TrainingOptions& options) {
  check_task_name(options.task);
  check_each(options);
  if (options.checkpoint_interval % options.log_interval != 0)
    throw std::invalid_argument(fmt::format("checkpoint_interval must be a multiple of log_interval ({}), got {}",
                                            options.log_interval, options.checkpoint_interval));
}

}  // namespace softrl::continuous
