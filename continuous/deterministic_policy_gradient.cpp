#include "continuous/deterministic_policy_gradient.hpp"

#include "continuous/archive.hpp"
#include "continuous/deterministic_policy.hpp"
#include "continuous/generator.hpp"
#include "softrl/check.hpp"

namespace softrl::continuous {

void check(const DeterministicPolicyGradientOptions& options) {
  check(options.critic);
  check_in_range("discount", options.discount, 0.0, 1.0);
  check_positive("actor_learning_rate", options.actor_learning_rate);
  check_at_least("exploration_noise", options.exploration_noise, 0.0);
  check_count("policy_interval", options.policy_interval, 1);
  check_at_least("target_noise", options.target_noise, 0.0);
  check_positive("target_noise_clip", options.target_noise_clip);
}

DeterministicPolicyGradient::DeterministicPolicyGradient(int observation_size, int action_size,
                                                         const DeterministicPolicyGradientOptions& options,
                                                         std::uint64_t seed, const torch::TensorOptions& type)
    : options_((check(options), options)),
      type_(type),
      generator_(make_generator(type.device(), seed, "deterministic_policy_gradient")),
      critics_(observation_size, action_size, options.critic, generator_, type),
      actor_({.state_size = observation_size, .output_size = action_size, .hidden = options.critic.hidden}, generator_,
             type),
      target_actor_(actor_.shape(), actor_.parameters().clone()),
      actor_optimizer_(actor_.parameters(), options.actor_learning_rate),
      actor_gradient_(actor_.places_in(actor_optimizer_.gradient())),
      last_q_(torch::zeros({}, type)) {}

torch::Tensor DeterministicPolicyGradient::noise(at::IntArrayRef size, double deviation) {
  return deviation * torch::randn(size, generator_, type_);
}

torch::Tensor DeterministicPolicyGradient::act(const torch::Tensor& observations) {
  const torch::Tensor action = actor_.output(observations).squeeze(1).tanh();
  return (action + noise(action.sizes(), options_.exploration_noise)).clamp(-1.0, 1.0);
}

torch::Tensor DeterministicPolicyGradient::targets(const Batch& batch) {
  torch::Tensor actions = target_actor_.output(batch.next_observations).tanh();  // [B, 1, d]
  if (options_.target_noise > 0.0) {
    const double clip = options_.target_noise_clip;
    actions = (actions + noise(actions.sizes(), options_.target_noise).clamp(-clip, clip)).clamp(-1.0, 1.0);
  }
  const torch::Tensor q = critics_.target_q(batch.next_observations, actions).squeeze(1);
  return batch.rewards + options_.discount * batch.continues * q;
}

DeterministicPolicyGradient::ActorStep DeterministicPolicyGradient::actor_gradient(const torch::Tensor& observations) {
  const Network::Pass pass = actor_.forward(observations);
  const torch::Tensor action = pass.output.tanh();
  const Network& critic = critics_.networks().front();
  const Network::Pass judged = critic.forward(observations, action);
  const torch::Tensor by_action = critic.input_gradient(judged, torch::ones_like(judged.output));
  const auto states = static_cast<double>(observations.size(0));
  actor_.parameter_gradient(pass, (1.0 - action.square()) * by_action / -states, actor_gradient_);
  return {.q = judged.output.flatten(), .gradient = actor_optimizer_.gradient()};
}

torch::Tensor DeterministicPolicyGradient::update(const Batch& batch) {
  const torch::Tensor critic_loss = critics_.fit(batch, targets(batch));
  if (++updates_ % options_.policy_interval == 0) {
    last_q_ = actor_gradient(batch.observations).q.mean();
    actor_optimizer_.step();
  }
  if (updates_ % options_.critic.target_interval == 0) target_actor_.move_towards(actor_, options_.critic.target_rate);
  return at::stack(std::vector<torch::Tensor>{critic_loss, last_q_});
}

std::unique_ptr<TrainedPolicy> DeterministicPolicyGradient::policy(const BoxSpace& box) const {
  return std::make_unique<DeterministicPolicy>(actor_.freeze(), box);
}

void DeterministicPolicyGradient::save(torch::serialize::OutputArchive& archive) const {
  write_part(archive, "critics", critics_);
  archive.write("actor", actor_.parameters());
  archive.write("target_actor", target_actor_.parameters());
  write_part(archive, "actor_optimizer", actor_optimizer_);
  archive.write("generator", generator_.get_state());
  archive.write("updates", torch::tensor(updates_, torch::kInt64));
  archive.write("last_q", last_q_);
}

void DeterministicPolicyGradient::load(torch::serialize::InputArchive& archive) {
  read_part(archive, "critics", critics_);
  read_into(archive, "actor", actor_.parameters());
  read_into(archive, "target_actor", target_actor_.parameters());
  read_part(archive, "actor_optimizer", actor_optimizer_);
  torch::Tensor generator, updates;
  archive.read("generator", generator);
  archive.read("updates", updates);
  generator_.set_state(generator);
  updates_ = updates.item<std::int64_t>();
  read_into(archive, "last_q", last_q_);
}

}  // namespace softrl::continuous
