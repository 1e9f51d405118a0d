// What the bindings of the continuous module share: arguments from Python.
#pragma once
#include <cstdint>

#include <Eigen/Core>
#include <fmt/format.h>
#include <nanobind/eigen/dense.h>
#include <nanobind/nanobind.h>

#include "softrl/check.hpp"

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Anything NumPy makes a matrix of.
inline Matrix to_rows(const char* name, const nanobind::object& values) {
  using namespace nanobind::literals;
  const nanobind::object array = nanobind::module_::import_("numpy").attr("asarray")(values, "dtype"_a = "float64");
  if (nanobind::cast<int>(array.attr("ndim")) != 2)
    throw nanobind::value_error(fmt::format("{} must have two dimensions, a row for each, got shape {}", name,
                                            nanobind::repr(array.attr("shape")).c_str())
                                    .c_str());
  return Matrix(nanobind::cast<nanobind::DRef<const Matrix>>(array));
}

inline std::uint64_t to_seed(std::int64_t seed) {
  softrl::check_count("seed", seed, 0);
  return static_cast<std::uint64_t>(seed);
}

void bind_tasks(nanobind::module_& m);     // Tasks one by one and many at once.
void bind_training(nanobind::module_& m);  // Runs, on tasks and on environments of Python's.
