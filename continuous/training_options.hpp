// What a training run is told: the task, how long, and the agent's hyperparameters. As TOML, a flat list of keys named
// as the fields below; examples/train holds a file per task, which is also what a run starts from by default.
#pragma once
#include <cstdint>
#include <string>

#include "continuous/soft_q_learning_options.hpp"
#include "softrl/config.hpp"

namespace softrl::continuous {

struct TrainingOptions {
  std::string task;
  std::string algorithm = "sql";             // the one there is
  std::uint64_t seed = 1;                    // everything random follows from it
  std::int64_t steps = 20'000;               // ≥ 1 environment steps
  std::int64_t start_steps = 1000;           // ≥ 1: uniform random actions until then, updates from then on
  int update_interval = 1;                   // ≥ 1 steps per update
  int batch_size = 64;                       // ≥ 1 transitions
  std::int64_t replay_capacity = 1'000'000;  // ≥ 1 transitions
  std::int64_t log_interval = 500;           // ≥ 1 steps per row of metrics.csv
  std::int64_t checkpoint_interval = 5000;   // steps; a multiple of log_interval
  int threads = 1;                           // ≥ 1, of Torch's own: matrices this small gain little from more
  SoftQLearningOptions agent = {};           // its fields stand beside the others in TOML
};

// The hyperparameters a task starts from. Throws std::invalid_argument, listing the known ones, for an unknown task.
TrainingOptions default_training_options(const std::string& task);

// `options` with the keys of `config` put in their place. Throws std::runtime_error, with file and line, for a key that
// is unknown, ill-typed or out of range.
TrainingOptions with_config(TrainingOptions options, const Config& config);

// The TOML that with_config() reads back to the same options.
std::string to_toml(const TrainingOptions& options);

// Throws std::invalid_argument, naming the option and its value, if one is out of range.
void check(const TrainingOptions& options);

}  // namespace softrl::continuous
