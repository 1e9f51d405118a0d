#include "continuous/soft_actor_critic.hpp"

#include <cmath>
#include <stdexcept>

#include "continuous/archive.hpp"
#include "continuous/gaussian_policy.hpp"
#include "continuous/generator.hpp"
#include "softrl/check.hpp"

namespace softrl::continuous {

void check(const SoftActorCriticOptions& options) {
  check(options.critic);
  check_in_range("discount", options.discount, 0.0, 1.0);
  check_positive("actor_learning_rate", options.actor_learning_rate);
  check_positive("temperature", options.temperature);
  if (std::isinf(options.target_entropy)) throw std::invalid_argument("target_entropy must be finite, got an infinity");
  check_positive("temperature_learning_rate", options.temperature_learning_rate);
}

SoftActorCritic::SoftActorCritic(int observation_size, int action_size, const SoftActorCriticOptions& options,
                                 std::uint64_t seed, const torch::TensorOptions& type)
    : options_((check(options), options)),
      type_(type),
      generator_(make_generator(type.device(), seed, "soft_actor_critic")),
      critics_(observation_size, action_size, options.critic, generator_, type),
      actor_({.state_size = observation_size, .output_size = 2 * action_size, .hidden = options.critic.hidden},
             generator_, type),
      actor_optimizer_(actor_.parameters(), options.actor_learning_rate),
      actor_gradient_(actor_.places_in(actor_optimizer_.gradient())) {
  if (options.automatic_temperature)
    automatic_.emplace(options.temperature,
                       std::isnan(options.target_entropy) ? -static_cast<double>(action_size) : options.target_entropy,
                       options.temperature_learning_rate, type);
}

torch::Tensor SoftActorCritic::temperature() const {
  return automatic_ ? automatic_->value() : torch::full({1}, options_.temperature, type_);
}

SquashedSample SoftActorCritic::draw(const Network::Pass& pass) {
  const torch::Tensor parameters = pass.output.squeeze(1);
  return squashed_sample(parameters, torch::randn({parameters.size(0), parameters.size(1) / 2}, generator_, type_));
}

torch::Tensor SoftActorCritic::act(const torch::Tensor& observations) {
  return draw(actor_.forward(observations)).action;
}

torch::Tensor SoftActorCritic::targets(const Batch& batch) {
  const SquashedSample next = draw(actor_.forward(batch.next_observations));
  const torch::Tensor q = critics_.target_q(batch.next_observations, next.action.unsqueeze(1)).squeeze(1);
  return batch.rewards + options_.discount * batch.continues * (q - temperature() * next.log_prob);
}

SoftActorCritic::ActorStep SoftActorCritic::actor_gradient(const torch::Tensor& observations) {
  const Network::Pass pass = actor_.forward(observations);
  const SquashedSample drawn = draw(pass);
  const Critics::WithGradient at = critics_.q_with_gradient(observations, drawn.action.unsqueeze(1));
  const torch::Tensor alpha = temperature(), q = at.q.squeeze(1);
  const torch::Tensor gradient = squashed_gradient(drawn, alpha, at.gradient.squeeze(1));
  actor_.parameter_gradient(pass, gradient.unsqueeze(1) / static_cast<double>(observations.size(0)), actor_gradient_);
  return {.loss = (alpha * drawn.log_prob - q).mean(),
          .q = q,
          .log_probs = drawn.log_prob,
          .gradient = actor_optimizer_.gradient()};
}

torch::Tensor SoftActorCritic::update(const Batch& batch) {
  const torch::Tensor critic_loss = critics_.fit(batch, targets(batch));
  const ActorStep step = actor_gradient(batch.observations);
  actor_optimizer_.step();
  const torch::Tensor entropy = -step.log_probs.mean(), used = temperature();
  if (automatic_) automatic_->step(entropy);
  return at::stack(std::vector<torch::Tensor>{critic_loss, step.q.mean(), entropy, used.squeeze(0)});
}

std::unique_ptr<TrainedPolicy> SoftActorCritic::policy(const BoxSpace& box) const {
  return std::make_unique<GaussianPolicy>(actor_.freeze(), box);
}

void SoftActorCritic::save(torch::serialize::OutputArchive& archive) const {
  write_part(archive, "critics", critics_);
  archive.write("actor", actor_.parameters());
  write_part(archive, "actor_optimizer", actor_optimizer_);
  if (automatic_) write_part(archive, "temperature", *automatic_);
  archive.write("generator", generator_.get_state());
}

void SoftActorCritic::load(torch::serialize::InputArchive& archive) {
  read_part(archive, "critics", critics_);
  read_into(archive, "actor", actor_.parameters());
  read_part(archive, "actor_optimizer", actor_optimizer_);
  if (automatic_) read_part(archive, "temperature", *automatic_);
  torch::Tensor generator;
  archive.read("generator", generator);
  generator_.set_state(generator);
}

}  // namespace softrl::continuous
