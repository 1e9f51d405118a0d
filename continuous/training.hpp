// Training: the loop of acting and learning, its metrics and its checkpoints.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "continuous/custom_environments.hpp"
#include "continuous/training_options.hpp"
#include "softrl/progress.hpp"

namespace softrl::continuous {

enum class TrainingStatus {
  Finished,
  Interrupted,  // On request, before the last step; the run can be resumed.
  // The metrics or the actions are no longer finite, or the mean |Q| of a row is beyond 1000 (1 + max |r| + α d log 2)
  // / (1 − γ), a thousand times what rewards up to max |r| and an entropy of d log 2 a step add up to. The last
  // checkpoint is from before.
  Diverged,
};
const char* to_string(TrainingStatus status);  // "finished", "interrupted", "diverged"

struct TrainingResult {
  TrainingStatus status;
  std::int64_t steps;  // Done since the run began, resumed parts together; likewise below.
  std::int64_t episodes;
  std::optional<double> mean_return;  // Of the last (up to) 20 episodes.
  double seconds;
  std::string cause = {};                             // Of divergence, in words.
  std::filesystem::path checkpoint = {};              // The newest.
  std::vector<std::string> skipped_checkpoints = {};  // A sentence for each damaged one that a resumed run passed over.
};

// Asked before every step whether to end there; an empty one never is.
using StopRequest = std::function<bool()>;

// Trains from scratch in `folder`, which must not exist or be empty. The observer is told return, the
// agent's metrics and steps_per_second; a request to stop leaves a checkpoint. Sets the number of Torch's threads
// and how it computes matrix products.
// Throws std::invalid_argument for an option out of range and std::runtime_error if the folder cannot be used: both
// before anything is written. A custom task is what `environments` are; what they throw ends the run, whose last
// checkpoint stays.
TrainingResult train(const TrainingOptions& options, const std::filesystem::path& folder,
                     const ProgressObserver& observer = {}, const StopRequest& stop = {}, CustomList environments = {});

// Takes up the run in `folder` at its checkpoint, to `steps` steps in all (default: as many as it was meant to have).
// Ends with the very numbers of a run that was not interrupted; a custom environment that cannot save its state begins
// an episode instead. Throws std::runtime_error if there is no such run or
// the checkpoint is damaged or config.toml says something else than when it was made; std::invalid_argument if the run
// already has that many steps. The folder is then as it was.
TrainingResult resume_training(const std::filesystem::path& folder, std::optional<std::int64_t> steps = std::nullopt,
                               const ProgressObserver& observer = {}, const StopRequest& stop = {},
                               CustomList environments = {});

}  // namespace softrl::continuous
