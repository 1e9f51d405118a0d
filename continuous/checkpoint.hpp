// Everything a training run carries from step to step, saved to files and read back so that the run goes on as if it
// had never stopped.
#pragma once
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "continuous/agent.hpp"
#include "continuous/custom_environments.hpp"
#include "continuous/environments.hpp"
#include "continuous/normalisation.hpp"
#include "continuous/ornstein_uhlenbeck.hpp"
#include "continuous/replay_buffer.hpp"
#include "continuous/training_options.hpp"
#include "softrl/random.hpp"

namespace softrl::continuous {

// The agent that the options describe, on the device they name.
std::unique_ptr<Agent> make_agent(const TrainingOptions& options, int observation_size, int action_size);

// Copies of the task that the options name. Where that is a custom one: `custom`, as many as the options say, or it
// throws std::invalid_argument.
std::unique_ptr<Environments> make_environments(const TrainingOptions& options, CustomList custom);

// Sums since the last row of metrics.csv.
struct IntervalSums {
  std::int64_t steps = 0, episodes = 0, updates = 0;
  double returns = 0.0, lengths = 0.0;
  torch::Tensor metrics;  // [metrics] of Agent::update; where the agent is, so that nothing waits for it
};

struct TrainingState {
  // At step 0: the first episodes have begun.
  explicit TrainingState(const TrainingOptions& chosen, CustomList custom = {});

  TrainingOptions options;
  std::unique_ptr<Environments> environments;
  RowMatrix observations;           // [N × S] where they stand
  Eigen::VectorXd episode_returns;  // [N] of the episodes that are going on,
  Eigen::VectorXd episode_lengths;  // and their steps
  std::unique_ptr<Agent> agent;
  Normalisation normalisation;  // What the agent sees of it all.
  ReplayBuffer replay;
  Random exploration;       // The uniform actions of the first steps, and the noise:
  OrnsteinUhlenbeck noise;  // added to the agent's actions, where that is on.
  std::int64_t step = 0;
  std::int64_t episodes = 0;        // Ended ones.
  std::deque<double> last_returns;  // Of up to 20 episodes, oldest first.
  IntervalSums interval;
  double seconds = 0.0;          // Spent so far.
  double greatest_reward = 0.0;  // The greatest |r| so far.
};

// Puts the replay into the file that the options name, if they do: one to be made, for a run that begins, or one that
// is there. It has room for what any checkpoint that is kept counts on. Throws as MappedRows.
enum class ReplayFile { New, Existing };
void use_replay_file(TrainingState& state, const std::filesystem::path& folder, ReplayFile which);

// Writes checkpoint-<step>.pt into the folder of a run: Torch's archive followed by the CRC-32C of all its bytes,
// written when whole. Keeps the one before and removes older ones. A replay in a file is flushed first; the checkpoint
// then has only its place.
// Returns its path.
std::filesystem::path save_checkpoint(const std::filesystem::path& folder, const TrainingState& state);

// The newest checkpoint of the folder that is whole, into a state made from the same options, `steps` apart. Throws
// std::runtime_error: with the path if there is none, or all are damaged; with the path of config.toml and the key if
// the options are others than those it was made with. Returns a sentence for each damaged one that was skipped.
std::vector<std::string> load_checkpoint(const std::filesystem::path& folder, TrainingState& state);

// What the same checkpoint knows of the agent.
struct SavedAgent {
  std::int64_t step;
  BoxSpace action_box;
  std::unique_ptr<Agent> agent;
  Normalisation normalisation;
  std::vector<std::string> skipped_checkpoints;  // A sentence for each newer one, damaged.
};
SavedAgent load_agent(const std::filesystem::path& folder, const TrainingOptions& options);

// Those that a run resumed at `step` will write anew.
void remove_checkpoints_after(const std::filesystem::path& folder, std::int64_t step);

}  // namespace softrl::continuous
