// Training: the loop of acting and learning, its metrics and its checkpoints.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>

#include "continuous/training_options.hpp"
#include "softrl/progress.hpp"

namespace softrl::continuous {

struct TrainingResult {
  bool interrupted;    // `stop` was requested before the last step; the run can be resumed.
  std::int64_t steps;  // Done since the run began, resumed parts together; likewise below.
  std::int64_t episodes;
  std::optional<double> mean_return;  // Of the last (up to) 100 episodes.
  double seconds;
};

// Trains from scratch in `folder`, which must not exist or be empty. The observer is told return, critic_loss, q and
// steps_per_second; a request to stop leaves a checkpoint. Sets the number of Torch's threads.
// Throws std::invalid_argument for an option out of range and std::runtime_error if the folder cannot be used: both
// before anything is written. Throws std::runtime_error if the critic's loss is no longer finite.
TrainingResult train(const TrainingOptions& options, const std::filesystem::path& folder,
                     const ProgressObserver& observer = {}, std::stop_token stop = {});

// Takes up the run in `folder` at its checkpoint, to `steps` steps in all (default: as many as it was meant to have).
// Ends with the very numbers of a run that was not interrupted. Throws std::runtime_error if there is no such run or
// the checkpoint is damaged; std::invalid_argument if the run already has that many steps.
TrainingResult resume_training(const std::filesystem::path& folder, std::optional<std::int64_t> steps = std::nullopt,
                               const ProgressObserver& observer = {}, std::stop_token stop = {});

}  // namespace softrl::continuous
