// The critics of every agent here: one Q(s,a) or two, of which the smaller counts, each with a target that follows it.
#pragma once
#include <cstdint>
#include <vector>

#include <torch/serialize.h>
#include <torch/types.h>

#include "continuous/adam.hpp"
#include "continuous/critic_options.hpp"
#include "continuous/networks.hpp"
#include "continuous/replay_buffer.hpp"

namespace softrl::continuous {

class Critics {
 public:
  Critics(int observation_size, int action_size, const CriticOptions& options, const at::Generator& generator,
          const torch::TensorOptions& type);

  // The smallest Q over critics, or over their targets: observations [B, S], actions [B, K, d] → [B, K].
  torch::Tensor q(const torch::Tensor& observations, const torch::Tensor& actions) const;
  torch::Tensor target_q(const torch::Tensor& observations, const torch::Tensor& actions) const;

  struct WithGradient {
    torch::Tensor q;         // [B, K]
    torch::Tensor gradient;  // ∂ min Q/∂a [B, K, d]
  };
  WithGradient q_with_gradient(const torch::Tensor& observations, const torch::Tensor& actions) const;

  // The loss Σ over critics of mean ½ (target − Q(s,a))², targets [B], and its gradient for all critics, put where the
  // optimiser takes it from; a scalar.
  torch::Tensor loss(const Batch& batch, const torch::Tensor& targets);
  // A step along it, with `pace` times the learning rate; moves the target when it is due. Returns the loss before.
  torch::Tensor fit(const Batch& batch, const torch::Tensor& targets, double pace = 1.0);

  const std::vector<Network>& networks() const { return networks_; }
  const torch::Tensor& gradient() const { return optimizer_.gradient(); }  // [critics · P], one critic after the other
  std::vector<FrozenNetwork> freeze() const;

  void save(torch::serialize::OutputArchive& archive) const;
  void load(torch::serialize::InputArchive& archive);

 private:
  CriticOptions options_;
  torch::Tensor parameters_, target_parameters_;  // [critics · P]
  std::vector<Network> networks_, targets_;
  Adam optimizer_;
  std::vector<Network::Places> gradients_;  // of each critic, in the optimiser's
  std::int64_t updates_ = 0;
};

}  // namespace softrl::continuous
