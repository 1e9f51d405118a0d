#include "continuous/critics.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "continuous/archive.hpp"
#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

NetworkShape shape_of(int observation_size, int action_size, const CriticOptions& options) {
  check(options);
  return {.state_size = observation_size, .input_size = action_size, .output_size = 1, .hidden = options.hidden};
}

std::vector<Network> networks_in(const torch::Tensor& parameters, const NetworkShape& shape, int count) {
  std::vector<Network> networks;
  for (int c = 0; c < count; ++c)
    networks.emplace_back(shape, parameters.narrow(0, c * shape.parameter_count(), shape.parameter_count()));
  return networks;
}

torch::Tensor smallest(const std::vector<Network>& networks, const torch::Tensor& observations,
                       const torch::Tensor& actions) {
  torch::Tensor q = networks[0].output(observations, actions).squeeze(-1);
  for (std::size_t c = 1; c < networks.size(); ++c)
    q = at::minimum(q, networks[c].output(observations, actions).squeeze(-1));
  return q;
}

}  // namespace

void check(const CriticOptions& options) {
  check_count("hidden layers", static_cast<std::int64_t>(options.hidden.size()), 1);
  for (const int width : options.hidden) check_count("hidden", width, 1);
  check_in_range("critics", options.critics, 1, 2);
  check_positive("critic_learning_rate", options.critic_learning_rate);
  check_count("target_interval", options.target_interval, 1);
  if (!(options.target_rate > 0.0 && options.target_rate <= 1.0))
    throw std::invalid_argument(fmt::format("target_rate must be in (0, 1], got {}", options.target_rate));
}

Critics::Critics(int observation_size, int action_size, const CriticOptions& options, const at::Generator& generator,
                 const torch::TensorOptions& type)
    : options_(options),
      parameters_(
          torch::empty({options.critics * shape_of(observation_size, action_size, options).parameter_count()}, type)),
      target_parameters_(torch::empty_like(parameters_)),
      networks_(networks_in(parameters_, shape_of(observation_size, action_size, options), options.critics)),
      targets_(networks_in(target_parameters_, shape_of(observation_size, action_size, options), options.critics)),
      optimizer_(parameters_, options.critic_learning_rate) {
  const auto gradients = optimizer_.gradient().chunk(options.critics);
  for (std::size_t c = 0; c < networks_.size(); ++c) {
    networks_[c].draw(generator);
    gradients_.push_back(networks_[c].places_in(gradients[c]));
  }
  target_parameters_.copy_(parameters_);
}

torch::Tensor Critics::q(const torch::Tensor& observations, const torch::Tensor& actions) const {
  return smallest(networks_, observations, actions);
}
torch::Tensor Critics::target_q(const torch::Tensor& observations, const torch::Tensor& actions) const {
  return smallest(targets_, observations, actions);
}

Critics::WithGradient Critics::q_with_gradient(const torch::Tensor& observations, const torch::Tensor& actions) const {
  std::vector<Network::Pass> passes;
  for (const Network& network : networks_) passes.push_back(network.forward(observations, actions));
  if (passes.size() == 1)
    return {.q = passes[0].output.squeeze(-1),
            .gradient = networks_[0].input_gradient(passes[0], torch::ones_like(passes[0].output))};
  // Where the two are equal, that of the second: one of the two slopes of the minimum.
  const torch::Tensor first = passes[0].output.lt(passes[1].output).to(passes[0].output.scalar_type());
  return {
      .q = at::minimum(passes[0].output, passes[1].output).squeeze(-1),
      .gradient = networks_[0].input_gradient(passes[0], first) + networks_[1].input_gradient(passes[1], 1.0 - first)};
}

torch::Tensor Critics::loss(const Batch& batch, const torch::Tensor& targets) {
  const torch::Tensor actions = batch.actions.unsqueeze(1), goals = targets.view({-1, 1, 1});
  torch::Tensor total;
  for (std::size_t c = 0; c < networks_.size(); ++c) {
    const Network::Pass pass = networks_[c].forward(batch.observations, actions);
    const torch::Tensor error = pass.output - goals;
    networks_[c].parameter_gradient(pass, error / static_cast<double>(error.size(0)), gradients_[c]);
    const torch::Tensor own = 0.5 * error.square().mean();
    total = total.defined() ? total + own : own;
  }
  return total;
}

torch::Tensor Critics::fit(const Batch& batch, const torch::Tensor& targets, double pace) {
  const torch::Tensor before = loss(batch, targets);
  optimizer_.step(pace);
  if (++updates_ % options_.target_interval == 0) move_towards(target_parameters_, parameters_, options_.target_rate);
  return before;
}

std::vector<FrozenNetwork> Critics::freeze() const {
  std::vector<FrozenNetwork> frozen;
  for (const Network& network : networks_) frozen.push_back(network.freeze());
  return frozen;
}

void Critics::save(torch::serialize::OutputArchive& archive) const {
  archive.write("parameters", parameters_);
  archive.write("target_parameters", target_parameters_);
  write_part(archive, "optimizer", optimizer_);
  archive.write("updates", torch::tensor(updates_, torch::kInt64));
}

void Critics::load(torch::serialize::InputArchive& archive) {
  read_into(archive, "parameters", parameters_);
  read_into(archive, "target_parameters", target_parameters_);
  read_part(archive, "optimizer", optimizer_);
  torch::Tensor updates;
  archive.read("updates", updates);
  updates_ = updates.item<std::int64_t>();
}

}  // namespace softrl::continuous
