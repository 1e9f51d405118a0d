// What the bindings of the exact part share.
#pragma once
#include <optional>

#include <Eigen/Core>
#include <nanobind/nanobind.h>

#include "tabular/base_measure.hpp"
#include "tabular/mdp.hpp"

// A view that cannot be written through: what is certified must not change under its certificate.
inline Eigen::Map<const Eigen::VectorXd> read_only(const Eigen::VectorXd& values) {
  return {values.data(), values.size()};
}
inline Eigen::Map<const softrl::tabular::DenseTable> read_only(const softrl::tabular::DenseTable& table) {
  return {table.data(), table.rows(), table.cols()};
}

inline softrl::tabular::BaseMeasure to_measure(const std::optional<Eigen::VectorXd>& log_weights) {
  return {.log_weights = log_weights.value_or(Eigen::VectorXd())};
}
