#include "continuous/frozen_network.hpp"

namespace softrl::continuous {

Eigen::VectorXd FrozenNetwork::state_part(const Eigen::VectorXd& state) const {
  return state_weight * state + first_bias;
}

Eigen::VectorXd FrozenNetwork::output(const Eigen::VectorXd& state_part, const Eigen::VectorXd& input) const {
  Eigen::VectorXd h = state_part + input_weight * input;
  for (const Layer& layer : layers) h = layer.weight * h.cwiseMax(0.0) + layer.bias;
  return h;
}

Eigen::MatrixXd FrozenNetwork::outputs(const Eigen::VectorXd& state_part, const Eigen::MatrixXd& inputs) const {
  Eigen::MatrixXd h = (input_weight * inputs).colwise() + state_part;
  for (const Layer& layer : layers) h = ((layer.weight * h.cwiseMax(0.0)).colwise() + layer.bias).eval();
  return h;
}

FrozenNetwork::Linearised FrozenNetwork::linearise(const Eigen::VectorXd& state_part,
                                                   const Eigen::VectorXd& input) const {
  Eigen::VectorXd h = state_part + input_weight * input;
  Eigen::MatrixXd jacobian = input_weight;
  for (const Layer& layer : layers) {
    const Eigen::ArrayXd on = (h.array() > 0.0).cast<double>();
    jacobian = layer.weight * (jacobian.array().colwise() * on).matrix();
    h = layer.weight * h.cwiseMax(0.0) + layer.bias;
  }
  return {.output = std::move(h), .jacobian = std::move(jacobian)};
}

}  // namespace softrl::continuous
