// A ReLU network of a state and an input (an action, or a sampler's noise) whose first layer is additive, so that the
// state's part is computed once per state and not once per particle:
//
//     h_1 = relu(W_s s + W_x x + b_1),   h_i = relu(W_i h_{i−1} + b_i),   y = W_n h_{n−1} + b_n
#pragma once
#include <vector>

#include <torch/types.h>

#include "continuous/frozen_network.hpp"

namespace softrl::continuous {

struct NetworkShape {
  int state_size;           // S ≥ 1
  int input_size;           // X ≥ 1
  int output_size;          // Y ≥ 1
  std::vector<int> hidden;  // widths, at least one
};

class AdditiveNetwork {
 public:
  // Weights and biases uniform on ±1/√(inputs of the layer), drawn from `generator`.
  AdditiveNetwork(const NetworkShape& shape, at::Generator generator, torch::Dtype dtype = torch::kFloat32);

  // states [B, S], inputs [B, K, X] → [B, K, Y].
  torch::Tensor forward(const torch::Tensor& states, const torch::Tensor& inputs) const;

  // W_s, W_x, b_1, then weight and bias of each further layer.
  const std::vector<torch::Tensor>& parameters() const { return parameters_; }

  // this ← this + rate (source − this), without a graph; a rate of 1 copies exactly.
  void move_towards(const AdditiveNetwork& source, double rate);

  FrozenNetwork freeze() const;

 private:
  std::vector<torch::Tensor> parameters_;
};

}  // namespace softrl::continuous
