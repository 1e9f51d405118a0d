// Gymnasium's InvertedPendulum-v5 and InvertedDoublePendulum-v5: balance one pole, or one on top of another, on a cart
// that a force moves. The single one pays 1 for every step with |angle| ≤ 0.2; the double one healthy_reward less
// penalties of distance and speed, until its tip is no higher than 1 m.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "continuous/task.hpp"

namespace softrl::continuous {

struct InvertedPendulumOptions {
  std::string xml_file = "inverted_pendulum.xml";
  int frame_skip = 2;               // ≥ 1 simulated steps for each step of the task
  double reset_noise_scale = 0.01;  // ≥ 0
};

struct InvertedDoublePendulumOptions {
  std::string xml_file = "inverted_double_pendulum.xml";
  int frame_skip = 5;
  double healthy_reward = 10.0;
  double reset_noise_scale = 0.1;
};

std::vector<OptionField> fields(InvertedPendulumOptions& options);
std::vector<OptionField> fields(InvertedDoublePendulumOptions& options);

// Throw as make_task().
std::unique_ptr<TaskBody> inverted_pendulum(const InvertedPendulumOptions& options = {});
std::unique_ptr<TaskBody> inverted_double_pendulum(const InvertedDoublePendulumOptions& options = {});

}  // namespace softrl::continuous
