// Soft actor-critic (Haarnoja et al. 2018): a tanh-Gaussian actor, the smaller of two critics, and a temperature that
// keeps the policy at a target entropy. One update:
//
//     y = r + γ (1 − terminated) (min Q_target(s', a') − α log π(a'|s')),   a' ~ π(·|s')
//     each critic minimises ½ (y − Q(s,a))²
//     the actor minimises mean α log π(a|s) − min Q(s,a) over a ~ π, through a = tanh(μ + σ ε)
//     log α goes along (entropy − target entropy) (temperature.hpp)
#pragma once
#include <cstdint>
#include <optional>

#include "continuous/agent.hpp"
#include "continuous/critics.hpp"
#include "continuous/soft_actor_critic_options.hpp"
#include "continuous/squashed_gaussian.hpp"
#include "continuous/temperature.hpp"

namespace softrl::continuous {

class SoftActorCritic final : public Agent {
 public:
  SoftActorCritic(int observation_size, int action_size, const SoftActorCriticOptions& options, std::uint64_t seed,
                  const torch::TensorOptions& type = torch::kFloat32);

  torch::Tensor act(const torch::Tensor& observations) override;
  std::vector<std::string> metric_names() const override { return {"critic_loss", "q", "entropy", "temperature"}; }
  torch::Tensor update(const Batch& batch) override;

  // The parts of update().
  torch::Tensor temperature() const;  // [1]
  torch::Tensor targets(const Batch& batch);
  struct ActorStep {
    torch::Tensor loss;          // a scalar
    torch::Tensor q, log_probs;  // [B]
    torch::Tensor gradient;      // [P]
  };
  ActorStep actor_gradient(const torch::Tensor& observations);

  Critics& critic() { return critics_; }
  const Network& actor() const { return actor_; }

  const at::Generator& generator() const override { return generator_; }
  std::unique_ptr<TrainedPolicy> policy(const BoxSpace& box) const override;
  std::vector<FrozenNetwork> critics() const override { return critics_.freeze(); }
  double current_temperature() const override { return temperature().item<double>(); }
  void save(torch::serialize::OutputArchive& archive) const override;
  void load(torch::serialize::InputArchive& archive) override;

 private:
  SquashedSample draw(const Network::Pass& pass);

  SoftActorCriticOptions options_;
  torch::TensorOptions type_;
  at::Generator generator_;
  Critics critics_;
  Network actor_;
  Adam actor_optimizer_;
  Network::Places actor_gradient_;  // in the optimiser's
  std::optional<AutomaticTemperature> automatic_;
};

}  // namespace softrl::continuous
