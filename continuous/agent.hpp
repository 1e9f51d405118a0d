// What every learning agent answers to. Its actions are in [−1, 1]^d; whoever steps the task maps them to its box.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/serialize.h>
#include <torch/types.h>

#include "continuous/frozen_network.hpp"
#include "continuous/replay_buffer.hpp"
#include "continuous/trained_policy.hpp"
#include "softrl/environment.hpp"

namespace softrl::continuous {

class Agent {
 public:
  virtual ~Agent() = default;

  // Actions [N, d] for observations [N, S], as training explores.
  virtual torch::Tensor act(const torch::Tensor& observations) = 0;

  // What update() tells, by name.
  virtual std::vector<std::string> metric_names() const = 0;
  // One gradient step of everything that learns; targets move when they are due. [metrics] Of the networks before it.
  virtual torch::Tensor update(const Batch& batch) = 0;

  // All random numbers come from here, those that choose the batches too.
  virtual const at::Generator& generator() const = 0;

  // What has been learned, for use without Torch: the policy on the task's box, and the critics.
  virtual std::unique_ptr<TrainedPolicy> policy(const BoxSpace& box) const = 0;
  virtual std::vector<FrozenNetwork> critics() const = 0;
  // α that the next update would use, in the units of Q; 0 for an agent that takes the best action.
  virtual double current_temperature() const = 0;

  // Everything the agent carries from update to update. load() throws c10::Error or std::runtime_error where something
  // is missing or of another shape.
  virtual void save(torch::serialize::OutputArchive& archive) const = 0;
  virtual void load(torch::serialize::InputArchive& archive) = 0;
};

}  // namespace softrl::continuous
