// What the bindings of the continuous module share: arguments from Python.
#pragma once
#include <cstdint>

#include <Eigen/Core>
#include <fmt/format.h>
#include <nanobind/eigen/dense.h>
#include <nanobind/nanobind.h>

#include "softrl/check.hpp"

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Anything NumPy makes an array of, with as many dimensions as `shape` tells.
inline nanobind::object to_array(const char* name, const nanobind::object& values, int dimensions, const char* shape) {
  using namespace nanobind::literals;
  nanobind::object array = nanobind::module_::import_("numpy").attr("asarray")(values, "dtype"_a = "float64");
  if (nanobind::cast<int>(array.attr("ndim")) != dimensions)
    throw nanobind::value_error(
        fmt::format("{} must have {}, got shape {}", name, shape, nanobind::repr(array.attr("shape")).c_str()).c_str());
  return array;
}

inline Matrix to_rows(const char* name, const nanobind::object& values) {
  const auto array = to_array(name, values, 2, "two dimensions, a row for each");
  return Matrix(nanobind::cast<nanobind::DRef<const Matrix>>(array));
}

inline Eigen::VectorXd to_vector(const char* name, const nanobind::object& values) {
  return nanobind::cast<Eigen::VectorXd>(to_array(name, values, 1, "one dimension"));
}

inline std::uint64_t to_seed(std::int64_t seed) {
  softrl::check_count("seed", seed, 0);
  return static_cast<std::uint64_t>(seed);
}

void bind_tasks(nanobind::module_& m);     // Tasks one by one and many at once.
void bind_training(nanobind::module_& m);  // Runs, on tasks and on environments of Python's.
