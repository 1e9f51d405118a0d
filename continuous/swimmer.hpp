// Gymnasium's Swimmer-v5: three links in a viscous fluid that swim forward. Two torques; the reward is the forward
// speed of the head less the cost of control; never terminates.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "continuous/task.hpp"

namespace softrl::continuous {

struct SwimmerOptions {
  std::string xml_file = "swimmer.xml";
  int frame_skip = 4;                                      // ≥ 1 simulated steps for each step of the task
  double forward_reward_weight = 1.0;                      // per m/s
  double ctrl_cost_weight = 1e-4;                          // per Σ a²
  double reset_noise_scale = 0.1;                          // ≥ 0
  bool exclude_current_positions_from_observation = true;  // leave out the head's x and y
};

std::vector<OptionField> fields(SwimmerOptions& options);
std::unique_ptr<TaskBody> swimmer(const SwimmerOptions& options = {});  // Throws as make_task().

}  // namespace softrl::continuous
