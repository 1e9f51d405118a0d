#include "continuous/soft_q_learning.hpp"

#include <stdexcept>

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <torch/autograd.h>

#include "continuous/soft_value.hpp"
#include "softrl/check.hpp"
#include "softrl/random.hpp"

namespace softrl::continuous {
namespace {

std::vector<AdditiveNetwork> make_critics(int observation_size, int action_size, const SoftQLearningOptions& options,
                                          const at::Generator& generator, torch::Dtype dtype) {
  check(options);
  const NetworkShape shape{
      .state_size = observation_size, .input_size = action_size, .output_size = 1, .hidden = options.hidden};
  std::vector<AdditiveNetwork> critics;
  for (int c = 0; c < options.critics; ++c) critics.emplace_back(shape, generator, dtype);
  return critics;
}

// Networks share their tensors when copied; a target needs its own.
std::vector<AdditiveNetwork> make_targets(const std::vector<AdditiveNetwork>& critics,
                                          std::vector<AdditiveNetwork> targets) {
  for (std::size_t c = 0; c < critics.size(); ++c) targets[c].move_towards(critics[c], 1.0);
  return targets;
}

std::vector<torch::Tensor> all_parameters(const std::vector<AdditiveNetwork>& networks) {
  std::vector<torch::Tensor> all;
  for (const AdditiveNetwork& network : networks)
    all.insert(all.end(), network.parameters().begin(), network.parameters().end());
  return all;
}

torch::Tensor smallest_q(const std::vector<AdditiveNetwork>& critics, const torch::Tensor& observations,
                         const torch::Tensor& actions) {
  torch::Tensor smallest = critics[0].forward(observations, actions).squeeze(-1);
  for (std::size_t c = 1; c < critics.size(); ++c)
    smallest = at::minimum(smallest, critics[c].forward(observations, actions).squeeze(-1));
  return smallest;
}

}  // namespace

void check(const SoftQLearningOptions& options) {
  check_positive("temperature", options.temperature);
  check_in_range("discount", options.discount, 0.0, 1.0);
  check_in_range("critics", options.critics, 1, 2);
  check_positive("critic_learning_rate", options.critic_learning_rate);
  check_positive("sampler_learning_rate", options.sampler_learning_rate);
  check_count("fixed_particles", options.fixed_particles, options.bandwidth == BandwidthRule::SqlCode ? 2 : 1);
  check_count("updated_particles", options.updated_particles, 1);
  check_count("value_particles", options.value_particles, 1);
  check_count("target_interval", options.target_interval, 1);
  if (!(options.target_rate > 0.0 && options.target_rate <= 1.0))
    throw std::invalid_argument(fmt::format("target_rate must be in (0, 1], got {}", options.target_rate));
  check_positive("bandwidth_floor", options.bandwidth_floor);
  check_count("hidden layers", static_cast<std::int64_t>(options.hidden.size()), 1);
  for (const int width : options.hidden) check_count("hidden", width, 1);
}

SoftQLearning::SoftQLearning(int observation_size, int action_size, const SoftQLearningOptions& options,
                             std::uint64_t seed, torch::Dtype dtype)
    : options_(options),
      action_size_(action_size),
      dtype_(dtype),
      generator_(at::make_generator<at::CPUGeneratorImpl>(Random(seed, "soft_q_learning").bits())),
      critics_(make_critics(observation_size, action_size, options, generator_, dtype)),
      targets_(make_targets(critics_, make_critics(observation_size, action_size, options, generator_, dtype))),
      sampler_({.state_size = observation_size,
                .input_size = action_size,
                .output_size = action_size,
                .hidden = options.hidden},
               generator_, dtype),
      critic_optimizer_(all_parameters(critics_), torch::optim::AdamOptions(options.critic_learning_rate)),
      sampler_optimizer_(sampler_.parameters(), torch::optim::AdamOptions(options.sampler_learning_rate)) {}

torch::Tensor SoftQLearning::noise(std::int64_t states, std::int64_t particles) {
  return torch::randn({states, particles, action_size_}, generator_, dtype_);
}

Eigen::VectorXd SoftQLearning::act(const Eigen::VectorXd& observation) {
  const torch::NoGradGuard no_graph;
  torch::Tensor state = torch::empty({1, observation.size()}, torch::kFloat64);
  std::copy(observation.begin(), observation.end(), state.data_ptr<double>());
  const torch::Tensor action = sampler_.forward(state.to(dtype_), noise(1, 1)).tanh_().to(torch::kFloat64);
  return Eigen::Map<const Eigen::VectorXd>(action.const_data_ptr<double>(), action_size_);
}

torch::Tensor SoftQLearning::q(const torch::Tensor& observations, const torch::Tensor& actions) const {
  return smallest_q(critics_, observations, actions);
}

torch::Tensor SoftQLearning::target_value(const torch::Tensor& observations) {
  const torch::NoGradGuard no_graph;
  const torch::Tensor actions = torch::empty({observations.size(0), options_.value_particles, action_size_}, dtype_)
                                    .uniform_(-1.0, 1.0, generator_);
  return value_from_uniform_actions(smallest_q(targets_, observations, actions), options_.temperature, action_size_);
}

torch::Tensor SoftQLearning::targets(const Batch& batch) {
  return batch.rewards + options_.discount * batch.continues * target_value(batch.next_observations);
}

torch::Tensor SoftQLearning::critic_loss(const Batch& batch, const torch::Tensor& targets) const {
  torch::Tensor loss = torch::zeros({}, dtype_);
  for (const AdditiveNetwork& critic : critics_) {
    const torch::Tensor predicted = critic.forward(batch.observations, batch.actions.unsqueeze(1)).flatten();
    loss = loss + 0.5 * (predicted - targets).square().mean();
  }
  return loss;
}

SoftQLearning::SamplerLoss SoftQLearning::sampler_loss(const torch::Tensor& observations) {
  const std::int64_t states = observations.size(0);

  // The particles at which the score is known: ∇_u log p = ∇_a Q/α · (1 − a²) − 2 a.
  torch::Tensor fixed, actions;
  {
    const torch::NoGradGuard no_graph;
    fixed = sampler_.forward(observations, noise(states, options_.fixed_particles));
    actions = fixed.tanh();
  }
  actions.requires_grad_();
  const torch::Tensor q_values = q(observations, actions);
  const torch::Tensor log_density = q_values.sum() / options_.temperature;
  const torch::Tensor action_score =
      torch::autograd::grad(std::vector<torch::Tensor>{log_density}, std::vector<torch::Tensor>{actions})[0];
  const torch::Tensor scores = squashed_score(actions.detach(), action_score);

  const torch::Tensor updated = sampler_.forward(observations, noise(states, options_.updated_particles));
  const torch::Tensor direction = stein_direction(
      fixed, scores, updated.detach(), {.bandwidth = options_.bandwidth, .bandwidth_floor = options_.bandwidth_floor});
  return {.loss = -(direction * updated).sum(-1).mean(), .direction = direction, .q = q_values.detach()};
}

SoftQLearning::Losses SoftQLearning::update(const Batch& batch) {
  const torch::Tensor y = targets(batch);
  const torch::Tensor loss = critic_loss(batch, y);
  critic_optimizer_.zero_grad();
  loss.backward();
  critic_optimizer_.step();

  const SamplerLoss sampler = sampler_loss(batch.observations);
  sampler_optimizer_.zero_grad();
  sampler.loss.backward();
  sampler_optimizer_.step();

  if (++updates_ % options_.target_interval == 0) {
    for (std::size_t c = 0; c < critics_.size(); ++c) targets_[c].move_towards(critics_[c], options_.target_rate);
  }
  return {.critic = loss.item<double>(),
          .q = sampler.q.mean().item<double>(),
          .stein = sampler.direction.square().sum(-1).mean().sqrt().item<double>()};
}

namespace {

// Values in place, so that the optimisers go on with the same tensors.
void write_network(torch::serialize::OutputArchive& archive, const std::string& name, const AdditiveNetwork& network) {
  for (std::size_t i = 0; i < network.parameters().size(); ++i)
    archive.write(name + "." + std::to_string(i), network.parameters()[i].detach());
}

void read_network(torch::serialize::InputArchive& archive, const std::string& name, const AdditiveNetwork& network) {
  const torch::NoGradGuard no_graph;
  for (std::size_t i = 0; i < network.parameters().size(); ++i) {
    torch::Tensor saved;
    archive.read(name + "." + std::to_string(i), saved);
    torch::Tensor parameter = network.parameters()[i];
    if (saved.sizes() != parameter.sizes()) throw std::runtime_error(name + " has another shape");
    parameter.copy_(saved);
  }
}

}  // namespace

void SoftQLearning::save(torch::serialize::OutputArchive& archive) const {
  for (std::size_t c = 0; c < critics_.size(); ++c) {
    write_network(archive, "critic" + std::to_string(c), critics_[c]);
    write_network(archive, "target" + std::to_string(c), targets_[c]);
  }
  write_network(archive, "sampler", sampler_);
  torch::serialize::OutputArchive critic_optimizer, sampler_optimizer;
  critic_optimizer_.save(critic_optimizer);
  sampler_optimizer_.save(sampler_optimizer);
  archive.write("critic_optimizer", critic_optimizer);
  archive.write("sampler_optimizer", sampler_optimizer);
  archive.write("generator", generator_.get_state());
  archive.write("updates", torch::tensor(updates_, torch::kInt64));
}

void SoftQLearning::load(torch::serialize::InputArchive& archive) {
  for (std::size_t c = 0; c < critics_.size(); ++c) {
    read_network(archive, "critic" + std::to_string(c), critics_[c]);
    read_network(archive, "target" + std::to_string(c), targets_[c]);
  }
  read_network(archive, "sampler", sampler_);
  torch::serialize::InputArchive critic_optimizer, sampler_optimizer;
  archive.read("critic_optimizer", critic_optimizer);
  archive.read("sampler_optimizer", sampler_optimizer);
  critic_optimizer_.load(critic_optimizer);
  sampler_optimizer_.load(sampler_optimizer);
  torch::Tensor generator, updates;
  archive.read("generator", generator);
  archive.read("updates", updates);
  generator_.set_state(generator);
  updates_ = updates.item<std::int64_t>();
}

}  // namespace softrl::continuous
