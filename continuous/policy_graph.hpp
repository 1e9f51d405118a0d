// A policy as a list of operations on arrays: the one description from which it is written in other programs' formats.
// Values are known by name; their first dimension is the batch.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "continuous/frozen_network.hpp"

namespace softrl::continuous {

class PolicyGraph {
 public:
  enum class Operation {
    MatMul,        // x, matrix
    Add,           // x, y; the rest as NumPy broadcasts
    Sub,           // x, y
    Mul,           // x, y
    Div,           // x, y
    Min,           // x, y
    Relu,          // x
    Tanh,          // x
    Exp,           // x
    Clip,          // x; to [low, high]
    Columns,       // x [N, K]; from … until − 1
    WithChoices,   // x [N, K] → [N, 1, K]
    PickGreatest,  // x [N, C, K], q [N, C, 1] → [N, K]: the first x of the greatest q
  };
  struct Constant {
    std::string name;
    std::vector<std::int64_t> shape;
    std::vector<float> values;
  };
  struct Node {
    Operation operation;
    std::vector<std::string> inputs;
    std::string output;
    double low = 0.0, high = 0.0;
    std::int64_t from = 0, until = 0;
    std::int64_t size = 0;
  };

  const std::vector<Constant>& constants() const { return constants_; }
  const std::vector<Node>& nodes() const { return nodes_; }  // Each uses inputs, constants and outputs of earlier ones.

  // Each returns the name of the new value.
  std::string constant(const Eigen::MatrixXd& matrix);
  std::string constant(const Eigen::VectorXd& vector);
  std::string apply(Operation operation, const std::string& x, const std::string& y = "");
  std::string clip(const std::string& x, double low, double high);
  std::string columns(const std::string& x, std::int64_t from, std::int64_t until);
  std::string with_choices(const std::string& x) { return apply(Operation::WithChoices, x); }
  std::string pick_greatest(const std::string& x, const std::string& q, std::int64_t size);  // size: K

  // The parts of a network: W_s s + b_1; W_x x; and y of their sum.
  std::string state_part(const FrozenNetwork& network, const std::string& state);
  std::string input_part(const FrozenNetwork& network, const std::string& input);
  std::string output_of(const FrozenNetwork& network, const std::string& first);

 private:
  std::string add(Node node);

  std::vector<Constant> constants_;
  std::vector<Node> nodes_;
};

}  // namespace softrl::continuous
