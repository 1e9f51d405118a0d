#include "continuous/training_options.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "continuous/profiles.hpp"
#include "continuous/task.hpp"
#include "softrl/check.hpp"
#include "softrl/version.hpp"

namespace softrl::continuous {
namespace {

// Every key once: visit(key, field) for all fields, be it to read or to write them. ---------------------------------

template <class Options, class Visit>
void visit_critic(Options& critic, const Visit& visit) {
  visit("hidden", critic.hidden);
  visit("critics", critic.critics);
  visit("critic_learning_rate", critic.critic_learning_rate);
  visit("target_interval", critic.target_interval);
  visit("target_rate", critic.target_rate);
}

template <class Visit, class Options>
requires std::is_same_v<std::remove_const_t<Options>, SoftQLearningOptions>
void visit_agent(Options& o, const Visit& visit) {
  visit("discount", o.discount);
  visit("reward_scale", o.reward_scale);
  visit("temperature", o.temperature);
  visit("temperature_schedule", o.temperature_schedule, temperature_schedule);
  visit("final_temperature", o.final_temperature);
  visit("temperature_steps", o.temperature_steps);
  visit("target_entropy", o.target_entropy);
  visit("temperature_learning_rate", o.temperature_learning_rate);
  visit("entropy_particles", o.entropy_particles);
  visit_critic(o.critic, visit);
  visit("sampler_learning_rate", o.sampler_learning_rate);
  visit("final_learning_rate_share", o.final_learning_rate_share);
  visit("learning_rate_steps", o.learning_rate_steps);
  visit("stein_space", o.stein_space, stein_space);
  visit("stein_sum", o.stein_sum);
  visit("fixed_particles", o.fixed_particles);
  visit("updated_particles", o.updated_particles);
  visit("value_proposal", o.value_proposal, value_proposal);
  visit("value_particles", o.value_particles);
  visit("policy_share_from", o.policy_share_from);
  visit("policy_share_until", o.policy_share_until);
  visit("policy_share", o.policy_share);
  visit("bandwidth", o.bandwidth, bandwidth_rule);
  visit("bandwidth_floor", o.bandwidth_floor);
  visit("noise_set", o.noise_set);
  visit("noise_set_steps", o.noise_set_steps);
}

template <class Visit, class Options>
requires std::is_same_v<std::remove_const_t<Options>, SoftActorCriticOptions>
void visit_agent(Options& o, const Visit& visit) {
  visit("discount", o.discount);
  visit_critic(o.critic, visit);
  visit("actor_learning_rate", o.actor_learning_rate);
  visit("temperature", o.temperature);
  visit("automatic_temperature", o.automatic_temperature);
  visit("target_entropy", o.target_entropy);
  visit("temperature_learning_rate", o.temperature_learning_rate);
}

template <class Visit, class Options>
requires std::is_same_v<std::remove_const_t<Options>, DeterministicPolicyGradientOptions>
void visit_agent(Options& o, const Visit& visit) {
  visit("discount", o.discount);
  visit_critic(o.critic, visit);
  visit("actor_learning_rate", o.actor_learning_rate);
  visit("exploration_noise", o.exploration_noise);
  visit("policy_interval", o.policy_interval);
  visit("target_noise", o.target_noise);
  visit("target_noise_clip", o.target_noise_clip);
}

template <class Options, class Visit>
void visit_all(Options& o, const Visit& visit) {
  visit("task", o.task);
  visit("algorithm", o.algorithm);
  visit("seed", o.seed);
  visit("steps", o.steps);
  visit("start_steps", o.start_steps);
  visit("environments", o.environments);
  visit("update_interval", o.update_interval);
  visit("updates", o.updates);
  visit("exploration_ou_theta", o.exploration_ou_theta);
  visit("exploration_ou_sigma", o.exploration_ou_sigma);
  visit("normalise_observations", o.normalise_observations);
  visit("normalise_rewards", o.normalise_rewards);
  visit("batch_size", o.batch_size);
  visit("replay_capacity", o.replay_capacity);
  visit("replay_file", o.replay_file);
  visit("log_interval", o.log_interval);
  visit("checkpoint_interval", o.checkpoint_interval);
  visit("threads", o.threads);
  visit("device", o.device);
  std::visit([&](auto& agent) { visit_agent(agent, visit); }, o.agent);
}

// Takes the values of the keys that `config` has.
struct Reader {
  const Config& config;

  void operator()(const char* key, std::string& field) const { field = config.string(key, field); }
  void operator()(const char* key, std::int64_t& field) const { field = config.integer(key, field); }
  void operator()(const char* key, bool& field) const { field = config.boolean(key, field); }
  void operator()(const char* key, double& field) const {
    if (config.has(key)) field = config.number(key);  // what is left out may be NaN: none
  }
  void operator()(const char* key, std::uint64_t& field) const {
    const std::int64_t value = config.integer(key, static_cast<std::int64_t>(field));
    if (value < 0) config.fail(key, fmt::format("must be at least 0, got {}", value));
    field = static_cast<std::uint64_t>(value);
  }
  void operator()(const char* key, int& field) const {
    const std::int64_t value = config.integer(key, field);
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max())
      config.fail(key, fmt::format("{} is too large", value));
    field = static_cast<int>(value);
  }
  void operator()(const char* key, std::vector<int>& field) const {
    if (!config.has(key)) return;
    field.clear();
    for (const double width : config.numbers(key)) {
      if (width != std::floor(width) || width < 1 || width > 1e6)
        config.fail(key, "must be an array of positive integers");
      field.push_back(static_cast<int>(width));
    }
  }
  template <class Enum>
  void operator()(const char* key, Enum& field, Enum (*value_of)(const std::string&)) const {
    const std::string name = config.string(key, to_string(field));
    try {
      field = value_of(name);
    } catch (const std::invalid_argument& error) {
      const std::string_view message = error.what();
      config.fail(key, message.starts_with(key) ? message.substr(std::string_view(key).size() + 1) : message);
    }
  }
};

struct Writer {
  std::string& text;

  void operator()(const char* key, const std::string& field) const { text += fmt::format("{} = \"{}\"\n", key, field); }
  void operator()(const char* key, double field) const {
    if (!std::isnan(field)) text += fmt::format("{} = {}\n", key, field);
  }
  void operator()(const char* key, const std::vector<int>& field) const {
    text += fmt::format("{} = [{}]\n", key, fmt::join(field, ", "));
  }
  template <class Number>
  requires std::is_integral_v<Number>
  void operator()(const char* key, Number field) const { text += fmt::format("{} = {}\n", key, field); }
  template <class Enum>
  void operator()(const char* key, Enum field, Enum (*)(const std::string&)) const {
    text += fmt::format("{} = \"{}\"\n", key, to_string(field));
  }
};

AgentOptions agent_options(const std::string& algorithm) {
  if (algorithm == "sql") return SoftQLearningOptions{};
  if (algorithm == "sac") return SoftActorCriticOptions{};
  if (algorithm == "ddpg") return DeterministicPolicyGradientOptions{};
  if (algorithm == "td3") {
    DeterministicPolicyGradientOptions options{.policy_interval = 2, .target_noise = 0.2};
    options.critic.critics = 2;
    options.critic.target_interval = 2;
    return options;
  }
  throw std::invalid_argument(
      fmt::format("algorithm must be one of {}, got {}", fmt::join(algorithm_names(), ", "), algorithm));
}

void check_task(const std::string& task) {
  if (!is_custom(task)) check_task_name(task);
}

// What each option must be, whatever the others are.
void check_each(const TrainingOptions& options) {
  if (agent_options(options.algorithm).index() != options.agent.index())
    throw std::invalid_argument(fmt::format("algorithm {} has other options than these", options.algorithm));
  constexpr std::uint64_t largest_seed = std::numeric_limits<std::int64_t>::max();  // what TOML can hold
  if (options.seed > largest_seed)
    throw std::invalid_argument(fmt::format("seed must be at most {}, got {}", largest_seed, options.seed));
  check_count("steps", options.steps, 1);
  check_count("start_steps", options.start_steps, 1);
  check_in_range("environments", options.environments, 1, 100'000);
  check_count("update_interval", options.update_interval, 1);
  check_count("updates", options.updates, 1);
  check_in_range("exploration_ou_theta", options.exploration_ou_theta, 0.0, 1.0);
  check_at_least("exploration_ou_sigma", options.exploration_ou_sigma, 0.0);
  check_finite("exploration_ou_sigma", options.exploration_ou_sigma);
  check_count("batch_size", options.batch_size, 1);
  check_count("replay_capacity", options.replay_capacity, 1);
  if (options.replay_file.find_first_of("\"\\\n") != std::string::npos)
    throw std::invalid_argument("replay_file must have no quotes, backslashes and line breaks in its name");
  check_count("log_interval", options.log_interval, 1);
  check_count("checkpoint_interval", options.checkpoint_interval, 1);
  check_in_range("threads", options.threads, 1, 1024);
  if (options.device != "cpu" && options.device != "cuda")
    throw std::invalid_argument(fmt::format("device must be cpu or cuda, got {}", options.device));
  std::visit([](const auto& agent) { check(agent); }, options.agent);
}

// Only a minor version changes what the keys mean.
void check_version(const Config& config) {
  const auto minor = [](const std::string& text) { return text.substr(0, text.find('.', text.find('.') + 1)); };
  const std::string written = config.string("version", version);
  if (minor(written) != minor(version))
    config.fail("version", fmt::format("was written by softrl {}, which this, {}, cannot read", written, version));
}

// An option out of range, said with the file and line of its key where `config` has it.
void check_values(const Config& config, const TrainingOptions& options) {
  if (config.has("task")) {
    try {
      check_task(options.task);
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

std::vector<std::string> algorithm_names() { return {"sql", "sac", "ddpg", "td3"}; }

double reward_scale(const TrainingOptions& options) {
  const auto* soft = std::get_if<SoftQLearningOptions>(&options.agent);
  return soft == nullptr ? 1.0 : soft->reward_scale;
}

double discount(const TrainingOptions& options) {
  return std::visit([](const auto& agent) { return agent.discount; }, options.agent);
}

TrainingOptions default_training_options(const std::string& task, const std::string& profile) {
  check_task(task);
  const std::vector<std::string> known = profile_names();
  if (std::find(known.begin(), known.end(), profile) == known.end())
    throw std::invalid_argument(fmt::format("algorithm must be one of {}, got {}", fmt::join(known, ", "), profile));
  TrainingOptions options;
  options.task = task;
  options.algorithm = profile.substr(0, profile.find('_'));
  options.agent = agent_options(options.algorithm);
  for (const std::string& name : {std::string("default"), task}) {
    const std::string_view toml = profile_text(profile, name);
    if (!toml.empty())
      options =
          with_config(std::move(options), Config::parse(toml, fmt::format("examples/train/{}/{}.toml", profile, name)));
  }
  return options;
}

TrainingOptions with_config(TrainingOptions options, const Config& config) {
  check_version(config);
  const std::string algorithm = config.string("algorithm", options.algorithm);
  if (algorithm != options.algorithm)
    config.fail("algorithm", fmt::format("is {}, but {} is what learns", algorithm, options.algorithm));
  visit_all(options, Reader{config});
  config.refuse_unknown();
  check_values(config, options);
  return options;
}

TrainingOptions training_options(const Config& config) {
  check_version(config);
  TrainingOptions options;
  options.algorithm = config.string("algorithm", options.algorithm);
  try {
    options.agent = agent_options(options.algorithm);
  } catch (const std::invalid_argument& error) {
    config.fail("algorithm", error.what());
  }
  return with_config(std::move(options), config);
}

std::string to_toml(const TrainingOptions& options) {
  std::string text = fmt::format("version = \"{}\"\n", version);
  visit_all(options, Writer{text});
  return text;
}

void check(const TrainingOptions& options) {
  check_task(options.task);
  check_each(options);
  if (options.checkpoint_interval % options.log_interval != 0)
    throw std::invalid_argument(fmt::format("checkpoint_interval must be a multiple of log_interval ({}), got {}",
                                            options.log_interval, options.checkpoint_interval));
}

}  // namespace softrl::continuous
