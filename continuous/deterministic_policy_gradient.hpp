// Deep deterministic policy gradient (Lillicrap et al. 2016) and its twin-delayed form TD3 (Fujimoto et al. 2018): a
// deterministic actor, exploration by noise, and the hard Bellman backup. One update:
//
//     y = r + γ (1 − terminated) min Q_target(s', a'),   a' = μ_target(s') + clipped noise (0 for DDPG)
//     each critic minimises ½ (y − Q(s,a))²
//     every policy_interval-th update the actor maximises mean Q_1(s, μ(s))
//     every target_interval-th update the targets of critics and actor follow
#pragma once
#include <cstdint>

#include "continuous/agent.hpp"
#include "continuous/critics.hpp"
#include "continuous/deterministic_policy_gradient_options.hpp"

namespace softrl::continuous {

class DeterministicPolicyGradient final : public Agent {
 public:
  DeterministicPolicyGradient(int observation_size, int action_size, const DeterministicPolicyGradientOptions& options,
                              std::uint64_t seed, const torch::TensorOptions& type = torch::kFloat32);

  torch::Tensor act(const torch::Tensor& observations) override;
  std::vector<std::string> metric_names() const override { return {"critic_loss", "q"}; }
  torch::Tensor update(const Batch& batch) override;

  // The parts of update().
  torch::Tensor targets(const Batch& batch);
  struct ActorStep {
    torch::Tensor q;         // of the actor's actions [B]
    torch::Tensor gradient;  // of −mean Q by the actor's parameters [P]
  };
  ActorStep actor_gradient(const torch::Tensor& observations);

  Critics& critic() { return critics_; }
  const Network& actor() const { return actor_; }

  const at::Generator& generator() const override { return generator_; }
  std::unique_ptr<TrainedPolicy> policy(const BoxSpace& box) const override;
  std::vector<FrozenNetwork> critics() const override { return critics_.freeze(); }
  double current_temperature() const override { return 0.0; }
  void save(torch::serialize::OutputArchive& archive) const override;
  void load(torch::serialize::InputArchive& archive) override;

 private:
  torch::Tensor noise(at::IntArrayRef size, double deviation);

  DeterministicPolicyGradientOptions options_;
  torch::TensorOptions type_;
  at::Generator generator_;
  Critics critics_;
  Network actor_, target_actor_;
  Adam actor_optimizer_;
  Network::Places actor_gradient_;  // in the optimiser's
  std::int64_t updates_ = 0;
  torch::Tensor last_q_;  // [] of the last update of the actor
};

}  // namespace softrl::continuous
