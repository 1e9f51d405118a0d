// A trained network as plain matrices, in double precision: evaluated for one state at a time, with its exact
// derivative, without Torch. See networks.hpp for the one that learns.
//
//     h_1 = relu(W_s s + W_x x + b_1),   h_i = relu(W_i h_{i−1} + b_i),   y = W_n h_{n−1} + b_n
#pragma once
#include <vector>

#include <Eigen/Core>

namespace softrl::continuous {

struct FrozenNetwork {
  struct Layer {
    Eigen::MatrixXd weight;  // [out × in]
    Eigen::VectorXd bias;    // [out]
  };
  Eigen::MatrixXd state_weight;  // W_s [H × S]
  Eigen::MatrixXd input_weight;  // W_x [H × X]
  Eigen::VectorXd first_bias;    // b_1 [H]
  std::vector<Layer> layers;     // 2 … n

  Eigen::Index state_size() const { return state_weight.cols(); }
  Eigen::Index input_size() const { return input_weight.cols(); }
  Eigen::Index output_size() const { return layers.back().bias.size(); }

  // W_s s + b_1, the part that all inputs of one state share; [H].
  Eigen::VectorXd state_part(const Eigen::VectorXd& state) const;

  // [Y]; a network without inputs takes none.
  Eigen::VectorXd output(const Eigen::VectorXd& state_part, const Eigen::VectorXd& input = {}) const;
  // The same for many inputs of one state, in the columns: [X × N] → [Y × N].
  Eigen::MatrixXd outputs(const Eigen::VectorXd& state_part, const Eigen::MatrixXd& inputs) const;

  struct Linearised {
    Eigen::VectorXd output;    // [Y]
    Eigen::MatrixXd jacobian;  // ∂y/∂x [Y × X]; on a kink, that of the side where the unit is off.
  };
  Linearised linearise(const Eigen::VectorXd& state_part, const Eigen::VectorXd& input) const;
};

}  // namespace softrl::continuous
