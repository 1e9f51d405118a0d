// What a training run has learned, for use without Torch.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include <Eigen/Core>

#include "continuous/frozen_network.hpp"
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

  // The smallest Q over critics, in reward units times reward_scale; `action` in the task's box. Throws
  // std::invalid_argument for an argument of the wrong size or not finite, std::runtime_error if Q is not finite.
  double q_value(const Eigen::VectorXd& observation, const Eigen::VectorXd& action) const;
};

// Throws std::runtime_error with the path if there is no run in `folder`, or its configuration or checkpoint is
// damaged.
TrainedRun load_trained_run(const std::filesystem::path& folder);

}  // namespace softrl::continuous
