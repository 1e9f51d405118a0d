// The hyperparameters of deep deterministic policy gradient, and of TD3.
#pragma once
#include "continuous/critic_options.hpp"

namespace softrl::continuous {

struct DeterministicPolicyGradientOptions {
  CriticOptions critic = {
      .hidden = {256, 256}, .critics = 1, .critic_learning_rate = 1e-3, .target_interval = 1, .target_rate = 0.005};
  double discount = 0.99;             // γ in [0, 1]
  double actor_learning_rate = 1e-3;  // > 0, Adam
  double exploration_noise = 0.1;     // ≥ 0: deviation of the normal noise on actions in training
  int policy_interval = 1;            // ≥ 1 updates of the critics per update of the actor; TD3: 2
  double target_noise = 0.0;          // ≥ 0: deviation of the noise on the target's actions; TD3: 0.2
  double target_noise_clip = 0.5;     // > 0: where it is cut
};

// Throws std::invalid_argument, naming the option, if one is out of range.
void check(const DeterministicPolicyGradientOptions& options);

}  // namespace softrl::continuous
