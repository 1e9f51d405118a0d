// Gymnasium's Humanoid-v5 and HumanoidStandup-v5: a body of 13 parts and 17 torques that runs along x, or gets up from
// lying on its back. Costs of control and of contact are subtracted from the speed of the centre of mass, with a bonus
// in good health (a height inside healthy_z_range), or from the height of the torso; standing up never terminates.
#pragma once
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "continuous/task.hpp"

namespace softrl::continuous {

// What the two observe besides positions and velocities, of every body but the world.
struct HumanoidObservation {
  bool exclude_current_positions_from_observation = true;  // leave out x and y
  bool include_cinert_in_observation = true;               // [10] inertia about the centre of mass, and mass
  bool include_cvel_in_observation = true;                 // [6] velocity
  bool include_qfrc_actuator_in_observation = true;        // torques, of every joint but the root
  bool include_cfrc_ext_in_observation = true;             // [6] contact force
};

struct HumanoidOptions {
  std::string xml_file = "humanoid.xml";
  int frame_skip = 5;                   // ≥ 1 simulated steps for each step of the task
  double forward_reward_weight = 1.25;  // per m/s
  double ctrl_cost_weight = 0.1;        // per Σ a²
  double contact_cost_weight = 5e-7;    // per Σ f²
  Range contact_cost_range{.low = -std::numeric_limits<double>::infinity(), .high = 10.0};  // what it is clipped to
  double healthy_reward = 5.0;
  bool terminate_when_unhealthy = true;
  Range healthy_z_range{.low = 1.0, .high = 2.0};  // m
  double reset_noise_scale = 1e-2;                 // ≥ 0
  HumanoidObservation observation = {};
};

struct HumanoidStandupOptions {
  std::string xml_file = "humanoidstandup.xml";
  int frame_skip = 5;
  double uph_cost_weight = 1.0;  // Gymnasium has it and makes no use of it
  double ctrl_cost_weight = 0.1;
  double impact_cost_weight = 5e-7;
  Range impact_cost_range{.low = -std::numeric_limits<double>::infinity(), .high = 10.0};
  double reset_noise_scale = 1e-2;
  HumanoidObservation observation = {};
};

std::vector<OptionField> fields(HumanoidOptions& options);
std::vector<OptionField> fields(HumanoidStandupOptions& options);

// Throw as make_task().
std::unique_ptr<TaskBody> humanoid(const HumanoidOptions& options = {});
std::unique_ptr<TaskBody> humanoid_standup(const HumanoidStandupOptions& options = {});

}  // namespace softrl::continuous
