#include "continuous/soft_q_learning.hpp"

#include <cmath>
#include <numbers>

#include "continuous/archive.hpp"
#include "continuous/generator.hpp"
#include "continuous/sampling_policy.hpp"
#include "continuous/soft_value.hpp"
#include "continuous/stein.hpp"

namespace softrl::continuous {
namespace {

// Q/α plus the log density of the squash, differentiated by the action, as the public code of 2017 has it. The 1e-6 is
// its own.
torch::Tensor score_of_2017(const torch::Tensor& action, const torch::Tensor& action_score) {
  return action_score - 2.0 * action / (1.0 - action.square() + 1e-6);
}

}  // namespace

SoftQLearning::SoftQLearning(int observation_size, int action_size, const SoftQLearningOptions& options,
                             std::uint64_t seed, const torch::TensorOptions& type)
    : options_((check(options), options)),
      action_size_(action_size),
      type_(type),
      generator_(make_generator(type.device(), seed, "soft_q_learning")),
      critics_(observation_size, action_size, options.critic, generator_, type),
      sampler_(observation_size, action_size, options.critic.hidden, generator_, type),
      sampler_optimizer_(sampler_.network().parameters(), options.sampler_learning_rate),
      sampler_gradient_(sampler_.network().places_in(sampler_optimizer_.gradient())) {
  if (options.temperature_schedule == TemperatureSchedule::Automatic)
    automatic_.emplace(options.temperature,
                       std::isnan(options.target_entropy) ? -static_cast<double>(action_size) : options.target_entropy,
                       options.temperature_learning_rate, type);
  if (options.noise_set > 0) noise_set_ = torch::randn({options.noise_set, action_size}, generator_, type);
}

torch::Tensor SoftQLearning::temperature() const {
  if (automatic_) return automatic_->value();
  double value = options_.temperature;
  if (options_.temperature_schedule == TemperatureSchedule::Linear)
    value = linear(value, options_.final_temperature, updates_, options_.temperature_steps);
  if (options_.temperature_schedule == TemperatureSchedule::LogLinear)
    value = log_linear(value, options_.final_temperature, updates_, options_.temperature_steps);
  return torch::full({1}, value, type_);
}

torch::Tensor SoftQLearning::noise(std::int64_t states, std::int64_t particles) {
  if (!noise_set_.defined()) return torch::randn({states, particles, action_size_}, generator_, type_);
  const auto left =
      static_cast<std::int64_t>(std::ceil(linear(options_.noise_set, 1.0, updates_, options_.noise_set_steps)));
  const torch::Tensor chosen = torch::randint(left, {states * particles}, generator_, type_.dtype(torch::kInt64));
  return noise_set_.index_select(0, chosen).view({states, particles, action_size_});
}

torch::Tensor SoftQLearning::act(const torch::Tensor& observations) {
  return sampler_.forward(observations, noise(observations.size(0), 1)).output.squeeze(1).tanh();
}

// The sampler's weight in the estimate of V.
double SoftQLearning::policy_share() const {
  if (options_.value_proposal != ValueProposal::Policy || updates_ < options_.policy_share_from) return 0.0;
  const std::int64_t steps = options_.policy_share_until - options_.policy_share_from;
  if (steps == 0) return options_.policy_share;
  return linear(0.0, options_.policy_share, updates_ - options_.policy_share_from, steps);
}

// Both proposals estimate ∫ exp(Q/α) without bias, and so does their mean with any weights.
torch::Tensor SoftQLearning::target_value(const torch::Tensor& observations) {
  const std::int64_t states = observations.size(0), particles = options_.value_particles;
  if (options_.value_proposal == ValueProposal::PolicyMean) {
    const Network::Pass drawn = sampler_.forward(observations, noise(states, particles));
    const torch::Tensor q = critics_.target_q(observations, drawn.output.tanh());
    return (q - temperature() * sampler_.log_density(drawn)).mean(1);
  }
  const double share = policy_share();
  std::vector<torch::Tensor> actions, log_weights;  // [B, K, d], [1 or B, K]
  if (share < 1.0) {
    const std::int64_t fresh = options_.value_proposal == ValueProposal::UniformShared ? 1 : states;
    actions.push_back(torch::empty({fresh, particles, action_size_}, type_)
                          .uniform_(-1.0, 1.0, generator_)
                          .expand({states, particles, action_size_}));
    log_weights.push_back(
        torch::full({states, particles}, action_size_ * std::numbers::ln2 + std::log1p(-share), type_));
  }
  if (share > 0.0) {
    const Network::Pass drawn = sampler_.forward(observations, noise(states, particles));
    actions.push_back(drawn.output.tanh());
    log_weights.push_back(std::log(share) - sampler_.log_density(drawn));
  }
  const torch::Tensor q = critics_.target_q(observations, at::cat(actions, 1));
  return soft_value(q, temperature(), at::cat(log_weights, 1) - std::log(static_cast<double>(particles)));
}

torch::Tensor SoftQLearning::targets(const Batch& batch) {
  return options_.reward_scale * batch.rewards +
         options_.discount * batch.continues * target_value(batch.next_observations);
}

SoftQLearning::SamplerStep SoftQLearning::sampler_gradient(const torch::Tensor& observations) {
  const std::int64_t states = observations.size(0);
  const bool in_actions = options_.stein_space == SteinSpace::Action2017;
  const SteinOptions stein{.bandwidth = options_.bandwidth, .bandwidth_floor = options_.bandwidth_floor};

  // The particles at which the score is known.
  const torch::Tensor fixed = sampler_.forward(observations, noise(states, options_.fixed_particles)).output;
  const torch::Tensor actions = fixed.tanh();
  const Critics::WithGradient at_fixed = critics_.q_with_gradient(observations, actions);
  const torch::Tensor action_score = at_fixed.gradient / temperature();

  const Network::Pass updated = sampler_.forward(observations, noise(states, options_.updated_particles));
  torch::Tensor direction;
  if (in_actions) {
    const torch::Tensor moved = updated.output.tanh();
    direction = stein_direction(actions, score_of_2017(actions, action_score), moved, stein) * (1.0 - moved.square());
  } else {
    direction = stein_direction(fixed, squashed_score(actions, action_score), updated.output, stein);
  }
  const double count = options_.stein_sum ? 1.0 : static_cast<double>(states * options_.updated_particles);
  sampler_.network().parameter_gradient(updated, direction / -count, sampler_gradient_);
  return {.direction = direction, .q = at_fixed.q, .gradient = sampler_optimizer_.gradient()};
}

torch::Tensor SoftQLearning::update(const Batch& batch) {
  const double pace = linear(1.0, options_.final_learning_rate_share, updates_, options_.learning_rate_steps);
  const torch::Tensor critic_loss = critics_.fit(batch, targets(batch), pace);
  const SamplerStep step = sampler_gradient(batch.observations);
  sampler_optimizer_.step(pace);
  const torch::Tensor used = temperature();
  if (automatic_) {
    const Network::Pass drawn =
        sampler_.forward(batch.observations, noise(batch.observations.size(0), options_.entropy_particles));
    automatic_->step(-sampler_.log_density(drawn).mean());
  }
  ++updates_;
  return at::stack(std::vector<torch::Tensor>{critic_loss, step.q.mean(), step.direction.square().sum(-1).mean().sqrt(),
                                              used.squeeze(0)});
}

std::unique_ptr<TrainedPolicy> SoftQLearning::policy(const BoxSpace& box) const {
  return std::make_unique<SamplingPolicy>(sampler_.network().freeze(), critics_.freeze(), box);
}

void SoftQLearning::save(torch::serialize::OutputArchive& archive) const {
  write_part(archive, "critics", critics_);
  archive.write("sampler", sampler_.network().parameters());
  write_part(archive, "sampler_optimizer", sampler_optimizer_);
  if (automatic_) write_part(archive, "temperature", *automatic_);
  if (noise_set_.defined()) archive.write("noise_set", noise_set_);
  archive.write("generator", generator_.get_state());
  archive.write("updates", torch::tensor(updates_, torch::kInt64));
}

void SoftQLearning::load(torch::serialize::InputArchive& archive) {
  read_part(archive, "critics", critics_);
  read_into(archive, "sampler", sampler_.network().parameters());
  read_part(archive, "sampler_optimizer", sampler_optimizer_);
  if (automatic_) read_part(archive, "temperature", *automatic_);
  if (noise_set_.defined()) read_into(archive, "noise_set", noise_set_);
  torch::Tensor generator, updates;
  archive.read("generator", generator);
  archive.read("updates", updates);
  generator_.set_state(generator);
  updates_ = updates.item<std::int64_t>();
}

}  // namespace softrl::continuous
