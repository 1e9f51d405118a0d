// What a training run has learned, for use without Torch.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "continuous/frozen_network.hpp"
#include "continuous/observation_scale.hpp"
#include "continuous/trained_policy.hpp"
#include "continuous/training_options.hpp"
#include "softrl/environment.hpp"

namespace softrl::continuous {

struct TrainedRun {
  TrainingOptions options;
  std::int64_t step;  // Of the checkpoint.
  BoxSpace action_box;
  std::unique_ptr<TrainedPolicy> policy;
  std::vector<FrozenNetwork> critics;
  double temperature = 0.0;  // α at that step, in the units of Q; 0 for an agent that takes the best action.
  std::optional<ObservationScale> observation_scale = {};  // Of normalised observations, which `policy` sees to itself,
  double reward_deviation = 1.0;                           // and what normalised rewards were divided by at the end.
  std::vector<std::string> skipped_checkpoints = {};       // A sentence for each newer one, damaged.

  // What the critics are told of an observation.
  Eigen::VectorXd agents_view(const Eigen::VectorXd& observation) const {
    return observation_scale ? observation_scale->apply(observation) : observation;
  }
  // The smallest Q over critics, in reward units times reward_scale / reward_deviation; `action` in the task's box.
  // Throws std::invalid_argument for an argument of the wrong size or not finite, std::runtime_error if Q is not
  // finite.
  double q_value(const Eigen::VectorXd& observation, const Eigen::VectorXd& action) const;
};

// By the newest whole checkpoint. Throws std::runtime_error with the path if there is no run in `folder`, its
// configuration is damaged or all of its checkpoints are.
TrainedRun load_trained_run(const std::filesystem::path& folder);

}  // namespace softrl::continuous
