// The network of critics, samplers and actors: a multilayer perceptron with ReLU whose first layer is additive, so that
// its part of a state is computed once for all inputs of that state.
//
//     h_1 = relu(W_s s + W_x x + b_1),   h_i = relu(W_i h_{i−1} + b_i),   y = W_n h_{n−1} + b_n
//
// On [s, x] joined this is the ordinary network: W_s and W_x are the columns of its first matrix. Without inputs
// (input_size 0) it is a function of the state alone.
//
// Its parameters θ are one contiguous vector: an optimiser, a copy or a moving average is one operation. Gradients are
// written out, without a graph: what backpropagation costs is then in plain sight, and only the gradient that is asked
// for is computed.
#pragma once
#include <cstdint>
#include <vector>

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include "continuous/frozen_network.hpp"

namespace softrl::continuous {

struct NetworkShape {
  int state_size = 1;
  int input_size = 0;  // Of actions, or of the noise of a sampler.
  int output_size = 1;
  std::vector<int> hidden = {};  // Widths, at least one.

  std::int64_t parameter_count() const;  // P
};

// x ← x + rate (source − x), in place; a rate of 1 copies to the last bit.
void move_towards(const torch::Tensor& x, const torch::Tensor& source, double rate);

class Network {
 public:
  // Over `parameters` [P], which it shares, as copies of it do. Throws std::invalid_argument if the shape is none.
  Network(const NetworkShape& shape, torch::Tensor parameters);
  // The same over new ones, drawn.
  Network(const NetworkShape& shape, const at::Generator& generator,
          const torch::TensorOptions& type = torch::kFloat32);

  // Weights and biases anew, uniform in ±1/√(fan-in), as those of Torch's linear layers.
  void draw(const at::Generator& generator);

  // What a gradient needs of the pass that it is of.
  struct Pass {
    torch::Tensor states;               // [B, S]
    torch::Tensor inputs;               // [B K, X]
    std::vector<torch::Tensor> hidden;  // [B K, H_i]
    torch::Tensor output;               // [B, K, Y]
  };
  // states [B, S], inputs [B, K, X]; without inputs K is 1.
  Pass forward(const torch::Tensor& states, const torch::Tensor& inputs = {}) const;
  torch::Tensor output(const torch::Tensor& states, const torch::Tensor& inputs = {}) const {
    return forward(states, inputs).output;
  }

  // The matrices of all layers in a vector [P], such as θ or a gradient.
  struct Layer {
    torch::Tensor weight, bias;  // [out, in], [out]
  };
  struct Places {
    torch::Tensor state_weight, input_weight;
    std::vector<Layer> layers;  // the first one's weight is undefined
  };
  Places places_in(const torch::Tensor& vector) const;

  // For a scalar L with ∂L/∂y [B, K, Y]: ∂L/∂x [B, K, X], and ∂L/∂θ put into `gradient`.
  torch::Tensor input_gradient(const Pass& pass, const torch::Tensor& output_gradient) const;
  void parameter_gradient(const Pass& pass, const torch::Tensor& output_gradient, const Places& gradient) const;

  // ∂y/∂x [B, K, Y, X]; on a kink, that of the side where the unit is off.
  torch::Tensor jacobian(const Pass& pass) const;

  const NetworkShape& shape() const { return shape_; }
  const torch::Tensor& parameters() const { return parameters_; }  // θ [P]
  // θ ← θ + rate (θ_source − θ); a rate of 1 copies to the last bit.
  void move_towards(const Network& source, double rate);
  FrozenNetwork freeze() const;

 private:
  template <class Visit>
  void backward(const Pass& pass, const torch::Tensor& output_gradient, const Visit& visit) const;

  NetworkShape shape_;
  torch::Tensor parameters_;
  Places own_;
};

}  // namespace softrl::continuous
