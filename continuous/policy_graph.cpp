#include "continuous/policy_graph.hpp"

#include <utility>

#include <fmt/format.h>

namespace softrl::continuous {

using Op = PolicyGraph::Operation;

std::string PolicyGraph::constant(const Eigen::MatrixXd& matrix) {
  Constant constant{
      .name = fmt::format("constant_{}", constants_.size()), .shape = {matrix.rows(), matrix.cols()}, .values = {}};
  for (const double x : matrix.reshaped<Eigen::RowMajor>()) constant.values.push_back(static_cast<float>(x));
  constants_.push_back(std::move(constant));
  return constants_.back().name;
}

std::string PolicyGraph::constant(const Eigen::VectorXd& vector) {
  const std::string name = constant(Eigen::MatrixXd(vector));
  constants_.back().shape = {vector.size()};
  return name;
}

std::string PolicyGraph::add(Node node) {
  node.output = fmt::format("value_{}", nodes_.size());
  nodes_.push_back(std::move(node));
  return nodes_.back().output;
}

std::string PolicyGraph::apply(Operation operation, const std::string& x, const std::string& y) {
  Node node{.operation = operation, .inputs = {x}, .output = ""};
  if (!y.empty()) node.inputs.push_back(y);
  return add(std::move(node));
}

std::string PolicyGraph::clip(const std::string& x, double low, double high) {
  return add({.operation = Op::Clip, .inputs = {x}, .output = "", .low = low, .high = high});
}

std::string PolicyGraph::columns(const std::string& x, std::int64_t from, std::int64_t until) {
  return add({.operation = Op::Columns, .inputs = {x}, .output = "", .from = from, .until = until});
}

std::string PolicyGraph::pick_greatest(const std::string& x, const std::string& q, std::int64_t size) {
  return add({.operation = Op::PickGreatest, .inputs = {x, q}, .output = "", .size = size});
}

std::string PolicyGraph::state_part(const FrozenNetwork& network, const std::string& state) {
  const std::string weight = constant(Eigen::MatrixXd(network.state_weight.transpose()));
  return apply(Op::Add, apply(Op::MatMul, state, weight), constant(network.first_bias));
}

std::string PolicyGraph::input_part(const FrozenNetwork& network, const std::string& input) {
  return apply(Op::MatMul, input, constant(Eigen::MatrixXd(network.input_weight.transpose())));
}

std::string PolicyGraph::output_of(const FrozenNetwork& network, const std::string& first) {
  std::string h = first;
  for (const FrozenNetwork::Layer& layer : network.layers) {
    const std::string weight = constant(Eigen::MatrixXd(layer.weight.transpose()));
    h = apply(Op::Add, apply(Op::MatMul, apply(Op::Relu, h), weight), constant(layer.bias));
  }
  return h;
}

}  // namespace softrl::continuous
