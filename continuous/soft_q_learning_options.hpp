// The hyperparameters of soft Q-learning. Defaults are the published ones of 2017 where they are stated
// (docs/math.md 5.7), in the form whose fixed point is the right distribution; variants that were published besides are
// values of the options below.
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "continuous/bandwidth_rule.hpp"
#include "continuous/critic_options.hpp"

namespace softrl::continuous {

// Where the particles of the Stein sampler live.
enum class SteinSpace {
  PreTanh,     // "pre_tanh": before the squash, under the density there: exact
  Action2017,  // "action_2017": after it, as the public code of 2017 has it; tends to exp(Q/α) Π(1 − a²)
};

// From which actions V(s') is estimated, and how.
enum class ValueProposal {
  Uniform,        // "uniform": fresh ones for every state
  UniformShared,  // "uniform_shared": the same ones for every state of a batch, as the public code has it
  Policy,         // "policy": also the sampler's own, weighted by their density (docs/math.md 5.1)
  PolicyMean,     // "policy_mean": the mean of Q − α log q over the sampler's own: its soft value, at most V (5.1)
};

// How the temperature goes.
enum class TemperatureSchedule {
  Constant,   // "constant"
  Linear,     // "linear": from `temperature` to `final_temperature` in `temperature_steps` updates
  LogLinear,  // "log_linear": the same in the logarithm
  Automatic,  // "automatic": towards `target_entropy`
};

struct SoftQLearningOptions {
  CriticOptions critic = {};
  double discount = 0.99;     // γ in [0, 1]
  double reward_scale = 1.0;  // > 0: what rewards are multiplied by before anything else
  double temperature = 1.0;   // α > 0, in scaled reward units
  TemperatureSchedule temperature_schedule{};
  double final_temperature = 1.0;                                    // > 0
  std::int64_t temperature_steps = 1;                                // ≥ 1 updates
  double target_entropy = std::numeric_limits<double>::quiet_NaN();  // nats; NaN: −d
  double temperature_learning_rate = 3e-4;                           // > 0, Adam on log α
  int entropy_particles = 4;            // ≥ 1 per state, by which the sampler's entropy is estimated
  double sampler_learning_rate = 1e-4;  // > 0, Adam
  // Both learning rates go linearly to this share of themselves in learning_rate_steps updates. In (0, 1]; 1: they
  // stay.
  double final_learning_rate_share = 1.0;
  std::int64_t learning_rate_steps = 1;  // ≥ 1
  SteinSpace stein_space{};
  bool stein_sum = false;      // The step is a sum over updated particles and batch, not their mean.
  int fixed_particles = 32;    // ≥ 1 per state: where the score is taken
  int updated_particles = 32;  // ≥ 1 per state: what the direction moves
  ValueProposal value_proposal{};
  int value_particles = 50;  // ≥ 1 actions per state and proposal for V
  // The weight of the sampler's estimate of V: 0 until the first of these updates, then linearly up to policy_share.
  std::int64_t policy_share_from = 0, policy_share_until = 0;
  double policy_share = 1.0;      // in (0, 1]
  BandwidthRule bandwidth{};      // median_sq_over_log_n1
  double bandwidth_floor = 1e-3;  // > 0, in squared units of the particles
  // A fixed set of the sampler's noise in place of N(0, I), for fine-tuning: from so many vectors (0: no set) linearly
  // down to one in noise_set_steps updates.
  int noise_set = 0;
  std::int64_t noise_set_steps = 1;  // ≥ 1
};

// Throws std::invalid_argument, naming the option, if one is out of range.
void check(const SoftQLearningOptions& options);

std::string_view to_string(SteinSpace space);
std::string_view to_string(ValueProposal proposal);
std::string_view to_string(TemperatureSchedule schedule);
// These throw std::invalid_argument, listing the names.
SteinSpace stein_space(const std::string& name);
ValueProposal value_proposal(const std::string& name);
TemperatureSchedule temperature_schedule(const std::string& name);

}  // namespace softrl::continuous
