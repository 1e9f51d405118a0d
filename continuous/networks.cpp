#include "continuous/networks.hpp"

#include <cmath>

#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

Eigen::MatrixXd to_matrix(const torch::Tensor& tensor) {  // [rows, columns]
  const torch::Tensor plain = tensor.detach().to(torch::kFloat64).contiguous();
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const RowMajor>(plain.data_ptr<double>(), plain.size(0), plain.size(1));
}

Eigen::VectorXd to_vector(const torch::Tensor& tensor) {
  const torch::Tensor plain = tensor.detach().to(torch::kFloat64).contiguous();
  return Eigen::Map<const Eigen::VectorXd>(plain.data_ptr<double>(), plain.size(0));
}

}  // namespace

AdditiveNetwork::AdditiveNetwork(const NetworkShape& shape, at::Generator generator, torch::Dtype dtype) {
  check_count("hidden layers", static_cast<std::int64_t>(shape.hidden.size()), 1);
  for (const int width : shape.hidden) check_count("hidden", width, 1);
  const auto add = [&](at::IntArrayRef size, int fan_in) {
    const double bound = 1.0 / std::sqrt(fan_in);
    parameters_.push_back(torch::empty(size, dtype).uniform_(-bound, bound, generator).set_requires_grad(true));
  };
  const int first_fan_in = shape.state_size + shape.input_size;
  add({shape.hidden[0], shape.state_size}, first_fan_in);
  add({shape.hidden[0], shape.input_size}, first_fan_in);
  add({shape.hidden[0]}, first_fan_in);
  for (std::size_t i = 0; i < shape.hidden.size(); ++i) {
    const int out = i + 1 < shape.hidden.size() ? shape.hidden[i + 1] : shape.output_size;
    add({out, shape.hidden[i]}, shape.hidden[i]);
    add({out}, shape.hidden[i]);
  }
}

torch::Tensor AdditiveNetwork::forward(const torch::Tensor& states, const torch::Tensor& inputs) const {
  const torch::Tensor state_part = at::linear(states, parameters_[0], parameters_[2]);
  torch::Tensor h = at::linear(inputs, parameters_[1]).add_(state_part.unsqueeze(1)).flatten(0, 1);
  for (std::size_t i = 3; i < parameters_.size(); i += 2) h = at::linear(h.relu_(), parameters_[i], parameters_[i + 1]);
  return h.view({inputs.size(0), inputs.size(1), -1});
}

void AdditiveNetwork::move_towards(const AdditiveNetwork& source, double rate) {
  const torch::NoGradGuard no_graph;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (rate == 1.0) {
      parameters_[i].copy_(source.parameters_[i]);
    } else {
      parameters_[i].lerp_(source.parameters_[i], rate);
    }
  }
}

FrozenNetwork AdditiveNetwork::freeze() const {
  FrozenNetwork frozen{.state_weight = to_matrix(parameters_[0]),
                       .input_weight = to_matrix(parameters_[1]),
                       .first_bias = to_vector(parameters_[2]),
                       .layers = {}};
  for (std::size_t i = 3; i < parameters_.size(); i += 2)
    frozen.layers.push_back({.weight = to_matrix(parameters_[i]), .bias = to_vector(parameters_[i + 1])});
  return frozen;
}

}  // namespace softrl::continuous
