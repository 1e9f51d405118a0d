// Eigen's numbers as a tensor of its own memory, float64: [N], or [N, S] of rows.
#pragma once
#include <algorithm>

#include <torch/types.h>

#include "continuous/environments.hpp"

namespace softrl::continuous {

inline torch::Tensor to_tensor(const Eigen::VectorXd& x) {
  torch::Tensor tensor = torch::empty({x.size()}, torch::kFloat64);
  std::copy_n(x.data(), x.size(), tensor.mutable_data_ptr<double>());
  return tensor;
}

inline torch::Tensor to_tensor(const RowMatrix& x) {
  torch::Tensor tensor = torch::empty({x.rows(), x.cols()}, torch::kFloat64);
  std::copy_n(x.data(), x.size(), tensor.mutable_data_ptr<double>());
  return tensor;
}

}  // namespace softrl::continuous
