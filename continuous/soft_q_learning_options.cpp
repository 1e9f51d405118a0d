#include "continuous/soft_q_learning_options.hpp"

#include <cmath>
#include <stdexcept>

#include "continuous/enum_names.hpp"
#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

constexpr EnumNames<SteinSpace, 2> stein_spaces = {{
    {SteinSpace::PreTanh, "pre_tanh"},
    {SteinSpace::Action2017, "action_2017"},
}};
constexpr EnumNames<ValueProposal, 4> value_proposals = {{
    {ValueProposal::Uniform, "uniform"},
    {ValueProposal::UniformShared, "uniform_shared"},
    {ValueProposal::Policy, "policy"},
    {ValueProposal::PolicyMean, "policy_mean"},
}};
constexpr EnumNames<TemperatureSchedule, 4> temperature_schedules = {{
    {TemperatureSchedule::Constant, "constant"},
    {TemperatureSchedule::Linear, "linear"},
    {TemperatureSchedule::LogLinear, "log_linear"},
    {TemperatureSchedule::Automatic, "automatic"},
}};

void check_share(const char* name, double value) {
  if (!(value > 0.0 && value <= 1.0))
    throw std::invalid_argument(fmt::format("{} must be in (0, 1], got {}", name, value));
}

}  // namespace

void check(const SoftQLearningOptions& options) {
  check(options.critic);
  check_in_range("discount", options.discount, 0.0, 1.0);
  check_positive("reward_scale", options.reward_scale);
  check_positive("temperature", options.temperature);
  check_positive("final_temperature", options.final_temperature);
  check_count("temperature_steps", options.temperature_steps, 1);
  if (std::isinf(options.target_entropy)) throw std::invalid_argument("target_entropy must be finite, got an infinity");
  check_positive("temperature_learning_rate", options.temperature_learning_rate);
  check_count("entropy_particles", options.entropy_particles, 1);
  check_positive("sampler_learning_rate", options.sampler_learning_rate);
  check_share("final_learning_rate_share", options.final_learning_rate_share);
  check_count("learning_rate_steps", options.learning_rate_steps, 1);
  check_count("fixed_particles", options.fixed_particles, options.bandwidth == BandwidthRule::SqlCode ? 2 : 1);
  check_count("updated_particles", options.updated_particles, 1);
  check_count("value_particles", options.value_particles, 1);
  check_count("policy_share_from", options.policy_share_from, 0);
  if (options.policy_share_until < options.policy_share_from)
    throw std::invalid_argument(fmt::format("policy_share_until must be at least policy_share_from ({}), got {}",
                                            options.policy_share_from, options.policy_share_until));
  check_share("policy_share", options.policy_share);
  check_positive("bandwidth_floor", options.bandwidth_floor);
  check_count("noise_set", options.noise_set, 0);
  check_count("noise_set_steps", options.noise_set_steps, 1);
}

std::string_view to_string(SteinSpace space) { return name_of(stein_spaces, space); }
std::string_view to_string(ValueProposal proposal) { return name_of(value_proposals, proposal); }
std::string_view to_string(TemperatureSchedule schedule) { return name_of(temperature_schedules, schedule); }

SteinSpace stein_space(const std::string& name) { return value_of(stein_spaces, "stein_space", name); }
ValueProposal value_proposal(const std::string& name) { return value_of(value_proposals, "value_proposal", name); }
TemperatureSchedule temperature_schedule(const std::string& name) {
  return value_of(temperature_schedules, "temperature_schedule", name);
}

}  // namespace softrl::continuous
