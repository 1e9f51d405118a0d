// What the bindings of the exact part share.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include <Eigen/Core>
#include <nanobind/nanobind.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>

#include "softrl/progress.hpp"
#include "softrl/status.hpp"
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

// How a result's computation ended, in the word of the command line.
template <class Result>
std::string status_of(const Result& result) {
  return std::string(softrl::to_string(result.status));
}

// With it, Ctrl-C ends a long computation.
inline softrl::ProgressObserver stop_on_signals() {
  using Clock = std::chrono::steady_clock;
  return [last_look = Clock::now()](const softrl::Progress&) mutable {
    if (Clock::now() - last_look < std::chrono::milliseconds(100)) return;
    last_look = Clock::now();
    const nanobind::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() != 0) throw nanobind::python_error();
  };
}

using PythonObserver = std::function<void(const std::map<std::string, double>&)>;

// What the observer sees is a dict of the measurements and the iteration. With or without one, Ctrl-C ends a long
// solve.
inline softrl::ProgressObserver to_observer(const std::optional<PythonObserver>& observer) {
  return [&observer, stop = stop_on_signals()](const softrl::Progress& progress) {
    stop(progress);
    if (!observer) return;
    std::map<std::string, double> measurements{{"iteration", static_cast<double>(progress.done)}};
    for (const auto& [name, value] : progress.measurements) measurements.emplace(name, value);
    (*observer)(measurements);
  };
}
