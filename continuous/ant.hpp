// Gymnasium's Ant-v5: a quadruped that runs along x. Eight torques; the reward is the forward speed of its main body
// and a bonus for every step in good health, less costs of control and of contact. Unhealthy is a height outside
// healthy_z_range.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "continuous/task.hpp"

namespace softrl::continuous {

struct AntOptions {
  std::string xml_file = "ant.xml";
  int frame_skip = 5;                  // ≥ 1 simulated steps for each step of the task
  double forward_reward_weight = 1.0;  // per m/s
  double ctrl_cost_weight = 0.5;       // per Σ a²
  double contact_cost_weight = 5e-4;   // per Σ f² of the clipped contact forces
  double healthy_reward = 1.0;
  std::string main_body = "1";  // whose speed counts: a number or a name of the model
  bool terminate_when_unhealthy = true;
  Range healthy_z_range{.low = 0.2, .high = 1.0};          // m
  Range contact_force_range{.low = -1.0, .high = 1.0};     // what forces are clipped to
  double reset_noise_scale = 0.1;                          // ≥ 0
  bool exclude_current_positions_from_observation = true;  // leave out x and y
  bool include_cfrc_ext_in_observation = true;             // the clipped contact forces
};

std::vector<OptionField> fields(AntOptions& options);
std::unique_ptr<TaskBody> ant(const AntOptions& options = {});  // Throws as make_task().

}  // namespace softrl::continuous
