#include "continuous/networks.hpp"

#include <cmath>
#include <utility>

#include "continuous/products.hpp"
#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

Eigen::MatrixXd to_matrix(const torch::Tensor& tensor) {  // [rows, columns]
  const torch::Tensor plain = tensor.to(torch::kCPU, torch::kFloat64).contiguous();
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const RowMajor>(plain.data_ptr<double>(), plain.size(0), plain.size(1));
}

Eigen::VectorXd to_vector(const torch::Tensor& tensor) { return to_matrix(tensor.unsqueeze(1)).col(0); }

}  // namespace

std::int64_t NetworkShape::parameter_count() const {
  std::int64_t count = 0, in = state_size + input_size;
  for (const int width : hidden) {
    count += (in + 1) * width;
    in = width;
  }
  return count + (in + 1) * output_size;
}

Network::Network(const NetworkShape& shape, torch::Tensor parameters)
    : shape_(shape), parameters_(std::move(parameters)) {
  check_count("hidden layers", static_cast<std::int64_t>(shape.hidden.size()), 1);
  for (const int width : shape.hidden) check_count("hidden", width, 1);
  check_size("parameters", parameters_.numel(), shape.parameter_count());
  own_ = places_in(parameters_);
}

Network::Network(const NetworkShape& shape, const at::Generator& generator, const torch::TensorOptions& type)
    : Network(shape, torch::empty({shape.parameter_count()}, type)) {
  draw(generator);
}

void Network::draw(const at::Generator& generator) {
  const auto fill = [&](const torch::Tensor& part, std::int64_t fan_in) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(fan_in));
    if (part.numel() > 0) part.uniform_(-bound, bound, generator);
  };
  const std::int64_t first_fan_in = shape_.state_size + shape_.input_size;
  fill(own_.state_weight, first_fan_in);
  fill(own_.input_weight, first_fan_in);
  fill(own_.layers[0].bias, first_fan_in);
  for (std::size_t i = 1; i < own_.layers.size(); ++i) {
    fill(own_.layers[i].weight, own_.layers[i].weight.size(1));
    fill(own_.layers[i].bias, own_.layers[i].weight.size(1));
  }
}

Network::Places Network::places_in(const torch::Tensor& vector) const {
  std::int64_t place = 0;
  const auto matrix = [&](std::int64_t rows, std::int64_t columns) {
    const torch::Tensor view = vector.narrow(0, place, rows * columns).view({rows, columns});
    place += rows * columns;
    return view;
  };
  const auto column = [&](std::int64_t rows) { return matrix(rows, 1).squeeze(1); };
  Places places;
  places.state_weight = matrix(shape_.hidden[0], shape_.state_size);
  places.input_weight = matrix(shape_.hidden[0], shape_.input_size);
  places.layers.push_back({.weight = {}, .bias = column(shape_.hidden[0])});
  for (std::size_t i = 0; i < shape_.hidden.size(); ++i) {
    const int out = i + 1 < shape_.hidden.size() ? shape_.hidden[i + 1] : shape_.output_size;
    const torch::Tensor weight = matrix(out, shape_.hidden[i]);
    places.layers.push_back({.weight = weight, .bias = column(out)});
  }
  return places;
}

Network::Pass Network::forward(const torch::Tensor& states, const torch::Tensor& inputs) const {
  const std::int64_t per_state = inputs.defined() ? inputs.size(1) : 1;
  Pass pass{.states = states, .inputs = {}, .hidden = {}, .output = {}};
  const torch::Tensor& first_bias = own_.layers[0].bias;
  if (inputs.defined()) {
    pass.inputs = inputs.reshape({-1, inputs.size(2)});
    const torch::Tensor state_part = layer(states, own_.state_weight, first_bias);  // [B, H]
    pass.hidden.push_back(layer(pass.inputs, own_.input_weight, state_part, Activation::Relu));
  } else {
    pass.hidden.push_back(layer(states, own_.state_weight, first_bias, Activation::Relu));
  }
  for (std::size_t i = 1; i + 1 < own_.layers.size(); ++i)
    pass.hidden.push_back(layer(pass.hidden.back(), own_.layers[i].weight, own_.layers[i].bias, Activation::Relu));
  pass.output = layer(pass.hidden.back(), own_.layers.back().weight, own_.layers.back().bias)
                    .view({states.size(0), per_state, -1});
  return pass;
}

// Tells visit(i, ∂L/∂z_i) for every layer z_i, the last first.
template <class Visit>
void Network::backward(const Pass& pass, const torch::Tensor& output_gradient, const Visit& visit) const {
  torch::Tensor delta = output_gradient.reshape({-1, output_gradient.size(2)});
  for (std::size_t i = own_.layers.size(); i-- > 0;) {
    visit(i, delta);
    if (i > 0) delta = back_through(delta, own_.layers[i].weight, pass.hidden[i - 1]);
  }
}

torch::Tensor Network::input_gradient(const Pass& pass, const torch::Tensor& output_gradient) const {
  torch::Tensor result;
  backward(pass, output_gradient, [&](std::size_t layer, const torch::Tensor& delta) {
    if (layer == 0) result = back_through(delta, own_.input_weight);
  });
  return result.view({output_gradient.size(0), output_gradient.size(1), -1});
}

void Network::parameter_gradient(const Pass& pass, const torch::Tensor& output_gradient, const Places& gradient) const {
  backward(pass, output_gradient, [&](std::size_t layer, const torch::Tensor& delta) {
    torch::Tensor bias = gradient.layers[layer].bias;
    at::sum_out(bias, delta, {0});
    if (layer > 0) {
      weight_gradient(delta, pass.hidden[layer - 1], gradient.layers[layer].weight);
      return;
    }
    const bool one_each = delta.size(0) == pass.states.size(0);
    const torch::Tensor of_states = one_each ? delta : delta.view({pass.states.size(0), -1, delta.size(1)}).sum(1);
    weight_gradient(of_states, pass.states, gradient.state_weight);
    if (pass.inputs.defined()) weight_gradient(delta, pass.inputs, gradient.input_weight);
  });
}

torch::Tensor Network::jacobian(const Pass& pass) const {
  // ∂h_1/∂x of a unit that is on is its row of W_x; from layer to layer all columns go through at once.
  const std::int64_t rows = pass.inputs.size(0), inputs = pass.inputs.size(1);
  const auto on = [&](std::size_t i) { return pass.hidden[i].gt(0.0).to(parameters_.scalar_type()).unsqueeze(1); };
  torch::Tensor tangents = own_.input_weight.t().unsqueeze(0) * on(0);  // [B K, X, H_1]
  for (std::size_t i = 1; i < own_.layers.size(); ++i) {
    tangents = layer(tangents.reshape({rows * inputs, -1}), own_.layers[i].weight).view({rows, inputs, -1});
    if (i < pass.hidden.size()) tangents.mul_(on(i));
  }
  return tangents.transpose(1, 2).reshape({pass.output.size(0), pass.output.size(1), -1, inputs});
}

void move_towards(const torch::Tensor& x, const torch::Tensor& source, double rate) {
  if (rate == 1.0) {
    x.copy_(source);
  } else {
    x.lerp_(source, rate);
  }
}

void Network::move_towards(const Network& source, double rate) {
  continuous::move_towards(parameters_, source.parameters_, rate);
}

FrozenNetwork Network::freeze() const {
  FrozenNetwork frozen{.state_weight = to_matrix(own_.state_weight),
                       .input_weight = to_matrix(own_.input_weight),
                       .first_bias = to_vector(own_.layers[0].bias),
                       .layers = {}};
  for (std::size_t i = 1; i < own_.layers.size(); ++i)
    frozen.layers.push_back({.weight = to_matrix(own_.layers[i].weight), .bias = to_vector(own_.layers[i].bias)});
  return frozen;
}

}  // namespace softrl::continuous
