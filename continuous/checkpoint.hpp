// Everything a training run carries from step to step, saved to one file and read back so that the run goes on as if it
// had never stopped.
#pragma once
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>

#include "continuous/replay_buffer.hpp"
#include "continuous/soft_q_learning.hpp"
#include "continuous/task.hpp"
#include "continuous/training_options.hpp"
#include "softrl/random.hpp"

namespace softrl::continuous {

struct TrainingState {
  explicit TrainingState(const TrainingOptions& chosen);  // At step 0: the first episode has begun.

  TrainingOptions options;
  std::unique_ptr<Task> task;
  SoftQLearning agent;
  ReplayBuffer replay;
  Random exploration;           // The uniform actions of the first steps.
  Eigen::VectorXd observation;  // Where the task stands.
  std::int64_t step = 0;
  std::int64_t episodes = 0;    // Ended ones.
  double episode_return = 0.0;  // Of the episode that is going on.
  std::int64_t episode_length = 0;
  std::deque<double> last_returns;  // Of up to 100 episodes, oldest first.
  double seconds = 0.0;             // Spent so far.
};

// Torch's archive followed by the CRC-32C of all its bytes. Written when whole; an older file of that name stays until
// then.
void save_checkpoint(const std::filesystem::path& file, const TrainingState& state);

// Into a state made from the same options, `steps` apart. Throws std::runtime_error: with the path if the file is
// missing or damaged; with the path of config.toml and the key if the options are others than those it was made with.
void load_checkpoint(const std::filesystem::path& file, TrainingState& state);

}  // namespace softrl::continuous
