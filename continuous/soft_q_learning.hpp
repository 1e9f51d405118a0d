// Soft Q-learning with an amortised Stein sampler (Haarnoja et al. 2017; docs/math.md 5). One update:
//
//     y = r + γ (1 − terminated) V_target(s')                         V estimated from sampled actions (5.1)
//     each critic minimises ½ (y − Q(s,a))²
//     fixed and updated actions are drawn from the sampler, u = f(s, ξ), ξ ~ N(0, I), a = tanh(u)
//     f moves each updated u along the Stein direction of exp(Q(s, tanh u)/α) Π(1 − tanh² u), before the squash
//
// SoftQLearningOptions has the variants that were published.
#pragma once
#include <cstdint>
#include <optional>

#include "continuous/agent.hpp"
#include "continuous/critics.hpp"
#include "continuous/sampler.hpp"
#include "continuous/soft_q_learning_options.hpp"
#include "continuous/temperature.hpp"

namespace softrl::continuous {

class SoftQLearning final : public Agent {
 public:
  // Throws std::invalid_argument, naming the option, if one is out of range. Everything drawn follows from `seed`.
  SoftQLearning(int observation_size, int action_size, const SoftQLearningOptions& options, std::uint64_t seed,
                const torch::TensorOptions& type = torch::kFloat32);

  torch::Tensor act(const torch::Tensor& observations) override;
  // critic_loss: before the step, in squared scaled reward units; q: mean Q of the sampler's actions; stein: root mean
  // square of the Stein direction, near 0 when the particles have the law they should; temperature.
  std::vector<std::string> metric_names() const override { return {"critic_loss", "q", "stein", "temperature"}; }
  torch::Tensor update(const Batch& batch) override;

  // The parts of update() ------------------------------------------------------------------------------------------

  torch::Tensor temperature() const;  // α, [1]

  // r + γ V_target(s') [B].
  torch::Tensor targets(const Batch& batch);
  // V of states [B, S] by the target critics; [B].
  torch::Tensor target_value(const torch::Tensor& observations);

  // −mean_j φ(u_j) · u_j with φ held fixed: its gradient is minus the amortised Stein direction (docs/math.md 5.6).
  struct SamplerStep {
    torch::Tensor direction;  // φ [B, N, d], on u
    torch::Tensor q;          // Q of the particles where the score is taken [B, M]
    torch::Tensor gradient;   // of the sampler's parameters [P]
  };
  SamplerStep sampler_gradient(const torch::Tensor& observations);

  const Critics& critic() const { return critics_; }
  Critics& critic() { return critics_; }
  const Sampler& sampler() const { return sampler_; }

  const at::Generator& generator() const override { return generator_; }
  std::unique_ptr<TrainedPolicy> policy(const BoxSpace& box) const override;
  std::vector<FrozenNetwork> critics() const override { return critics_.freeze(); }
  double current_temperature() const override { return temperature().item<double>(); }
  void save(torch::serialize::OutputArchive& archive) const override;
  void load(torch::serialize::InputArchive& archive) override;

 private:
  torch::Tensor noise(std::int64_t states, std::int64_t particles);
  double policy_share() const;

  SoftQLearningOptions options_;
  int action_size_;
  torch::TensorOptions type_;
  at::Generator generator_;
  Critics critics_;
  Sampler sampler_;
  Adam sampler_optimizer_;
  Network::Places sampler_gradient_;  // in the optimiser's
  std::optional<AutomaticTemperature> automatic_;
  torch::Tensor noise_set_;  // [noise_set, d], or undefined
  std::int64_t updates_ = 0;
};

}  // namespace softrl::continuous
