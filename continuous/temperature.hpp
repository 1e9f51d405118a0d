// The temperature α of an agent as learning goes on: by a schedule, or automatically towards a target entropy, by
// gradient steps on log α along (entropy − target), which lower α where the policy is more random than it should be
// (Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications").
#pragma once
#include <cstdint>

#include <torch/serialize.h>
#include <torch/types.h>

#include "continuous/adam.hpp"

namespace softrl::continuous {

class AutomaticTemperature {
 public:
  AutomaticTemperature(double start, double target_entropy, double learning_rate, const torch::TensorOptions& type);

  torch::Tensor value() const { return log_.exp(); }  // α, [1]
  void step(const torch::Tensor& entropy);            // a scalar, in nats

  void save(torch::serialize::OutputArchive& archive) const;
  void load(torch::serialize::InputArchive& archive);

 private:
  double target_;
  torch::Tensor log_;  // log α [1]
  Adam optimizer_;
};

// After `done` of `steps`: the line from `start` to `end`, and `end` from there on.
double linear(double start, double end, std::int64_t done, std::int64_t steps);
double log_linear(double start, double end, std::int64_t done, std::int64_t steps);

}  // namespace softrl::continuous
