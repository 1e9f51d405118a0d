// The hyperparameters of soft Q-learning. Defaults are the published ones of 2017 where they are stated
// (docs/math.md 5.7).
#pragma once
#include <vector>

#include "continuous/bandwidth_rule.hpp"

namespace softrl::continuous {

struct SoftQLearningOptions {
  double temperature = 1.0;              // α > 0, in reward units
  double discount = 0.99;                // γ in [0, 1]
  std::vector<int> hidden = {200, 200};  // widths of both networks
  int critics = 1;                       // 1, or 2 to take the smaller of two Qs
  double critic_learning_rate = 1e-3;    // > 0, Adam
  double sampler_learning_rate = 1e-4;   // > 0, Adam
  int fixed_particles = 32;              // ≥ 1 per state: where the score is taken
  int updated_particles = 32;            // ≥ 1 per state: what the direction moves
  int value_particles = 50;              // ≥ 1 uniform actions per state for V
  int target_interval = 1000;            // ≥ 1 updates between moves of the target critic
  double target_rate = 1.0;              // in (0, 1]: how far it moves; 1 copies
  BandwidthRule bandwidth{};             // median_sq_over_log_n1
  double bandwidth_floor = 1e-3;         // > 0, in squared units of actions before the squash
};

// Throws std::invalid_argument, naming the option, if one is out of range.
void check(const SoftQLearningOptions& options);

}  // namespace softrl::continuous
