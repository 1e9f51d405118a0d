// Gymnasium's Reacher-v5 and Pusher-v5: arms that bring their tip to a random target, or push a cylinder to a goal. The
// reward is minus distances in metres and the squared action; neither ever terminates.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "continuous/task.hpp"

namespace softrl::continuous {

struct ReacherOptions {
  std::string xml_file = "reacher.xml";
  int frame_skip = 2;                  // ≥ 1 simulated steps for each step of the task
  double reward_dist_weight = 1.0;     // per m between tip and target
  double reward_control_weight = 1.0;  // per Σ a²
};

struct PusherOptions {
  std::string xml_file = "pusher_v5.xml";
  int frame_skip = 5;
  double reward_near_weight = 0.5;  // per m between tip and cylinder
  double reward_dist_weight = 1.0;  // per m between cylinder and goal
  double reward_control_weight = 0.1;
};

std::vector<OptionField> fields(ReacherOptions& options);
std::vector<OptionField> fields(PusherOptions& options);

// Throw as make_task().
std::unique_ptr<TaskBody> reacher(const ReacherOptions& options = {});
std::unique_ptr<TaskBody> pusher(const PusherOptions& options = {});

}  // namespace softrl::continuous
