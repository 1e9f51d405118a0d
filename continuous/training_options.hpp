// What a training run is told: the task, the algorithm, how long, and the agent's hyperparameters. As TOML, a flat list
// of keys named as the fields below and those of the agent's options. The files of examples/train, a folder per
// profile, are what runs start from.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "continuous/deterministic_policy_gradient_options.hpp"
#include "continuous/soft_actor_critic_options.hpp"
#include "continuous/soft_q_learning_options.hpp"
#include "softrl/config.hpp"

namespace softrl::continuous {

// sql; sac; ddpg and td3.
using AgentOptions = std::variant<SoftQLearningOptions, SoftActorCriticOptions, DeterministicPolicyGradientOptions>;

struct TrainingOptions {
  std::string task;                          // one of ours, or custom/NAME: an environment of the caller's own
  std::string algorithm = "sql";             // sql, sac, ddpg or td3
  std::uint64_t seed = 1;                    // everything random follows from it
  std::int64_t steps = 20'000;               // ≥ 1 environment steps
  std::int64_t start_steps = 1000;           // ≥ 1: uniform random actions until then, updates from then on
  int environments = 1;                      // ≥ 1 copies of the task, stepped together; each step of each counts
  int update_interval = 1;                   // ≥ 1 steps from updates to updates
  int updates = 1;                           // ≥ 1 updates then
  double exploration_ou_theta = 0.15;        // in [0, 1]: θ of the noise added to actions while training
  double exploration_ou_sigma = 0.0;         // ≥ 0: its σ (ornstein_uhlenbeck.hpp); 0 is none
  bool normalise_observations = false;       // by their running mean and deviation (normalisation.hpp)
  bool normalise_rewards = false;            // by the running deviation of the discounted return
  int batch_size = 64;                       // ≥ 1 transitions
  std::int64_t replay_capacity = 1'000'000;  // ≥ 1 transitions
  std::string replay_file = "";              // where it is kept, relative to the run's folder; in memory if empty
  std::int64_t log_interval = 500;           // ≥ 1 steps per row of metrics.csv
  std::int64_t checkpoint_interval = 5000;   // steps; a multiple of log_interval
  int threads = 1;                           // ≥ 1, of Torch's own: matrices this small gain little from more
  std::string device = "cpu";                // cpu or cuda: where the networks are
  AgentOptions agent = {};                   // the algorithm's; its fields stand beside the others in TOML
};

std::vector<std::string> algorithm_names();

// Whether the task is an environment of the caller's own, which no name can make.
inline bool is_custom(std::string_view task) { return task.starts_with("custom/"); }

double discount(const TrainingOptions& options);      // The agent's.
double reward_scale(const TrainingOptions& options);  // Units of Q in one of reward, normalisation apart.

// What `profile` has for the task: the algorithm's tuned hyperparameters ("sql", "sac", "ddpg", "td3"), or a published
// variant ("sql_paper_2017", "sql_code_2017"). Throws std::invalid_argument, listing the known ones, for an unknown
// task or profile (profiles.hpp). A custom task has no hyperparameters of its own.
TrainingOptions default_training_options(const std::string& task, const std::string& profile = "sql");

// `options` with the keys of `config` put in their place. Throws std::runtime_error, with file and line, for a key that
// is unknown to the algorithm, ill-typed or out of range, for another algorithm than that of `options`, and for what
// another version of softrl wrote, patches apart.
TrainingOptions with_config(TrainingOptions options, const Config& config);
// The same from nothing: what to_toml() wrote.
TrainingOptions training_options(const Config& config);

// The TOML that training_options() reads back to the same options, and the version of softrl.
std::string to_toml(const TrainingOptions& options);

// Throws std::invalid_argument, naming the option and its value, if one is out of range.
void check(const TrainingOptions& options);

}  // namespace softrl::continuous
