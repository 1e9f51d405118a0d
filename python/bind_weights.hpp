// What the bindings of the fits of inverse RL share: weights by name, and their errors.
#pragma once
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "irl/named_weights.hpp"

using Weights = std::map<std::string, double>;

inline std::vector<softrl::irl::NamedWeight> named(const Weights& weights) {
  std::vector<softrl::irl::NamedWeight> result;
  for (const auto& [name, value] : weights) result.push_back({.name = name, .value = value});
  return result;
}

// A fixed weight has no error; one that the data cannot tell has none that is known.
inline Eigen::VectorXd standard_errors(const Eigen::MatrixXd& covariance, const std::vector<bool>& estimated) {
  Eigen::VectorXd result = covariance.diagonal().cwiseSqrt();
  for (Eigen::Index j = 0; j < result.size(); ++j)
    if (!estimated[static_cast<std::size_t>(j)]) result(j) = std::numeric_limits<double>::quiet_NaN();
  return result;
}
