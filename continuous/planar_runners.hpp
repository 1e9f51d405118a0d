// Gymnasium's HalfCheetah-v5, Hopper-v5 and Walker2d-v5: bodies in a vertical plane that run forward. The reward is the
// forward speed less the cost of control and, for the two that can fall, a bonus for every step in good health.
#pragma once
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "continuous/task.hpp"

namespace softrl::continuous {

struct HalfCheetahOptions {
  std::string xml_file = "half_cheetah.xml";
  int frame_skip = 5;                                      // ≥ 1 simulated steps for each step of the task
  double forward_reward_weight = 1.0;                      // per m/s
  double ctrl_cost_weight = 0.1;                           // per Σ a²
  double reset_noise_scale = 0.1;                          // ≥ 0
  bool exclude_current_positions_from_observation = true;  // leave out x
};

// In good health while z and the angle of the torso, and for the hopper the rest of the state, are inside their open
// ranges.
struct HopperOptions {
  std::string xml_file = "hopper.xml";
  int frame_skip = 4;
  double forward_reward_weight = 1.0;
  double ctrl_cost_weight = 1e-3;
  double healthy_reward = 1.0;
  bool terminate_when_unhealthy = true;
  Range healthy_state_range{.low = -100.0, .high = 100.0};
  Range healthy_z_range{.low = 0.7, .high = std::numeric_limits<double>::infinity()};  // m
  Range healthy_angle_range{.low = -0.2, .high = 0.2};                                 // rad
  double reset_noise_scale = 5e-3;
  bool exclude_current_positions_from_observation = true;
};

struct Walker2dOptions {
  std::string xml_file = "walker2d_v5.xml";
  int frame_skip = 4;
  double forward_reward_weight = 1.0;
  double ctrl_cost_weight = 1e-3;
  double healthy_reward = 1.0;
  bool terminate_when_unhealthy = true;
  Range healthy_z_range{.low = 0.8, .high = 2.0};
  Range healthy_angle_range{.low = -1.0, .high = 1.0};
  double reset_noise_scale = 5e-3;
  bool exclude_current_positions_from_observation = true;
};

std::vector<OptionField> fields(HalfCheetahOptions& options);
std::vector<OptionField> fields(HopperOptions& options);
std::vector<OptionField> fields(Walker2dOptions& options);

// Throw as make_task().
std::unique_ptr<TaskBody> half_cheetah(const HalfCheetahOptions& options = {});
std::unique_ptr<TaskBody> hopper(const HopperOptions& options = {});
std::unique_ptr<TaskBody> walker2d(const Walker2dOptions& options = {});

}  // namespace softrl::continuous
