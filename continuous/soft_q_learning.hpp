// Soft Q-learning with a sampling network (docs/math.md 5): a critic learns the soft Q function, a network f learns to
// turn noise ξ ~ N(0, I) into actions a = tanh f(s, ξ) whose density is in proportion to exp(Q(s,a)/α).
//
//     V(s)    = α (log mean_j exp(Q(s,a_j)/α) + d log 2)     over fresh uniform actions a_j of each state
//     critic:   minimise mean ½ (r + γ V_target(s') − Q(s,a))², with V_target(s') = 0 after a termination
//     sampler:  move each action along the Stein direction of exp(Q(s, tanh u)/α) Π(1 − tanh² u), before the squash
//
// Actions are in [−1, 1]^d here; whoever steps the task maps them to its box.
#pragma once
#include <cstdint>
#include <vector>

#include <torch/optim/adam.h>
#include <torch/serialize.h>
#include <torch/types.h>

#include "continuous/networks.hpp"
#include "continuous/replay_buffer.hpp"
#include "continuous/soft_q_learning_options.hpp"
#include "continuous/stein.hpp"

namespace softrl::continuous {

class SoftQLearning {
 public:
  // Throws std::invalid_argument, naming the option, if one is out of range. Everything drawn follows from `seed`.
  SoftQLearning(int observation_size, int action_size, const SoftQLearningOptions& options, std::uint64_t seed,
                torch::Dtype dtype = torch::kFloat32);

  // One action for `observation` [S], drawn by the sampling network; [d].
  Eigen::VectorXd act(const Eigen::VectorXd& observation);

  struct Losses {
    double critic;  // The critics' loss before their step, in squared reward units.
    double q;       // Mean Q of the sampler's actions, in reward units.
    double stein;   // Root mean square of the Stein direction: near 0 when the particles have the law they should.
  };
  // One gradient step of the critics and one of the sampler; moves the target when it is due.
  Losses update(const Batch& batch);

  // The parts of update(), each with the graph that its gradient needs. --------------------------------------------

  // r + γ V_target(s') [B], without a graph.
  torch::Tensor targets(const Batch& batch);
  // Σ over critics of mean ½ (target − Q(s,a))²; a scalar.
  torch::Tensor critic_loss(const Batch& batch, const torch::Tensor& targets) const;
  // −mean_j φ(u_j) · u_j with φ held fixed: its gradient is minus the amortised Stein direction (docs/math.md 5.6).
  struct SamplerLoss {
    torch::Tensor loss;       // a scalar
    torch::Tensor direction;  // φ [B, N, d]
    torch::Tensor q;          // Q of the particles where the score is taken [B, M]
  };
  SamplerLoss sampler_loss(const torch::Tensor& observations);

  // The smallest Q over critics: observations [B, S], actions [B, K, d] → [B, K].
  torch::Tensor q(const torch::Tensor& observations, const torch::Tensor& actions) const;
  // V of states [B, S] by the target critics and `value_particles` fresh uniform actions for each; [B].
  torch::Tensor target_value(const torch::Tensor& observations);

  const std::vector<AdditiveNetwork>& critics() const { return critics_; }
  const AdditiveNetwork& sampler() const { return sampler_; }
  at::Generator& generator() { return generator_; }

  // Networks, optimisers, the generator and the count of updates. load() throws c10::Error where something is missing.
  void save(torch::serialize::OutputArchive& archive) const;
  void load(torch::serialize::InputArchive& archive);

 private:
  torch::Tensor noise(std::int64_t states, std::int64_t particles);

  SoftQLearningOptions options_;
  int action_size_;
  torch::Dtype dtype_;
  at::Generator generator_;
  std::vector<AdditiveNetwork> critics_;
  std::vector<AdditiveNetwork> targets_;
  AdditiveNetwork sampler_;
  torch::optim::Adam critic_optimizer_;
  torch::optim::Adam sampler_optimizer_;
  std::int64_t updates_ = 0;
};

}  // namespace softrl::continuous
