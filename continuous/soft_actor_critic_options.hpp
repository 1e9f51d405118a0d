// The hyperparameters of soft actor-critic.
#pragma once
#include <limits>

#include "continuous/critic_options.hpp"

namespace softrl::continuous {

struct SoftActorCriticOptions {
  CriticOptions critic = {
      .hidden = {256, 256}, .critics = 2, .critic_learning_rate = 3e-4, .target_interval = 1, .target_rate = 0.005};
  double discount = 0.99;             // γ in [0, 1]
  double actor_learning_rate = 3e-4;  // > 0, Adam
  double temperature = 1.0;           // α > 0, in reward units; where an automatic one starts
  bool automatic_temperature = true;
  double target_entropy = std::numeric_limits<double>::quiet_NaN();  // nats; NaN: −d
  double temperature_learning_rate = 3e-4;                           // > 0, Adam on log α
};

// Throws std::invalid_argument, naming the option, if one is out of range.
void check(const SoftActorCriticOptions& options);

}  // namespace softrl::continuous
