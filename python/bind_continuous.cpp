// softrl._continuous: trained policies here, tasks in bind_tasks.cpp. Names, shapes and errors are those of the headers
// in continuous/.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <nanobind/eigen/dense.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "bind_arrays.hpp"
#include "continuous/freed_memory.hpp"
#include "continuous/trained_run.hpp"
#include "continuous/training.hpp"
#include "softrl/check.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace softrl;
using namespace softrl::continuous;
using Eigen::VectorXd;

namespace {

using ReleaseGil = nb::call_guard<nb::gil_scoped_release>;

void check_rows(Eigen::Index observations, Eigen::Index actions) {
  check_size("rows of actions", actions, observations);
}

Matrix sample(const TrainedRun& run, const nb::object& states, std::int64_t seed) {
  Random random(to_seed(seed), "python.sample");
  const Matrix observations = to_rows("observations", states);
  const nb::gil_scoped_release no_gil;
  Matrix actions(observations.rows(), run.policy->action_size());
  for (Eigen::Index i = 0; i < observations.rows(); ++i)
    actions.row(i) = run.policy->sample(observations.row(i).transpose(), random).transpose();
  return actions;
}

VectorXd log_prob(const TrainedRun& run, const nb::object& states, const nb::object& moves) {
  const Matrix observations = to_rows("observations", states), actions = to_rows("actions", moves);
  check_rows(observations.rows(), actions.rows());
  const nb::gil_scoped_release no_gil;
  VectorXd result(observations.rows());
  for (Eigen::Index i = 0; i < observations.rows(); ++i)
    result(i) = run.policy->log_prob(observations.row(i).transpose(), actions.row(i).transpose());
  return result;
}

VectorXd q_values(const TrainedRun& run, const nb::object& states, const nb::object& moves) {
  const Matrix observations = to_rows("observations", states), actions = to_rows("actions", moves);
  check_rows(observations.rows(), actions.rows());
  const nb::gil_scoped_release no_gil;
  VectorXd result(observations.rows());
  for (Eigen::Index i = 0; i < observations.rows(); ++i)
    result(i) = run.q_value(observations.row(i).transpose(), actions.row(i).transpose());
  return result;
}

// Whether Ctrl-C was pressed; looked up at most ten times a second, since that takes the interpreter's lock. The
// exception is then set in Python.
StopRequest ctrl_c() {
  using Clock = std::chrono::steady_clock;
  return [last_look = Clock::now()]() mutable {
    if (Clock::now() - last_look < std::chrono::milliseconds(100)) return false;
    last_look = Clock::now();
    const nb::gil_scoped_acquire gil;
    return PyErr_CheckSignals() != 0;
  };
}

// Values as JSON, which TOML reads alike.
TrainingOptions with_settings(const TrainingOptions& options, const nb::dict& settings) {
  const nb::object to_json = nb::module_::import_("json").attr("dumps");
  std::string toml;
  for (const auto& [key, value] : settings)
    toml += fmt::format("{} = {}\n", nb::str(to_json(key)).c_str(), nb::str(to_json(value)).c_str());
  try {
    return with_config(options, Config::parse(toml, "settings"));
  } catch (const std::runtime_error& error) {
    throw std::invalid_argument(error.what());
  }
}

std::optional<double> train_from_python(const std::string& task, const std::filesystem::path& out,
                                        const std::string& algorithm, std::int64_t seed, std::int64_t steps,
                                        const nb::dict& settings) {
  keep_freed_memory();
  TrainingOptions options = with_settings(default_training_options(task, algorithm), settings);
  if (!settings.contains("seed")) options.seed = to_seed(seed);
  if (!settings.contains("steps")) options.steps = steps;
  TrainingResult result{};
  {
    const nb::gil_scoped_release no_gil;
    result = train(options, out, {}, ctrl_c());
  }
  if (PyErr_Occurred() != nullptr) throw nb::python_error();
  if (result.status == TrainingStatus::Diverged)
    throw std::runtime_error(fmt::format("{}: training diverged at step {}", out.string(), result.steps));
  return result.mean_return;
}

}  // namespace

NB_MODULE(_continuous, m) {
  m.doc() = "Agents on continuous tasks: soft Q-learning and its peers.";
  bind_tasks(m);

  nb::class_<TrainedRun>(m, "TrainedPolicy", "What a training run has learned. Observations [N, S], actions [N, d].")
      .def_prop_ro(
          "task", [](const TrainedRun& run) { return run.options.task; }, "Name of the task it was trained on.")
      .def_prop_ro(
          "algorithm", [](const TrainedRun& run) { return run.options.algorithm; }, "sql, sac, ddpg or td3.")
      .def_ro("steps", &TrainedRun::step, "Training steps behind the checkpoint.")
      .def("sample", &sample, "observations"_a, nb::kw_only(), "seed"_a,
           "One action per row, drawn from the policy; [N, d], in the task's action box.")
      .def("log_prob", &log_prob, "observations"_a, "actions"_a,
           "Log density of the policy's actions, nats; [N]. A sum over the noise that leads to the action, found "
           "numerically: a lower bound where some of it is missed, -inf where none is found. Slow.")
      .def("q_values", &q_values, "observations"_a, "actions"_a,
           "The critic's Q, in reward units (times reward_scale, where that is not 1); [N]. The smaller one where "
           "there are two critics.");
  m.def("load_policy", &load_trained_run, "run"_a, ReleaseGil(),
        "The policy in the folder of a training run. RuntimeError with the path if it is missing or damaged.");

  m.def(
      "train", &train_from_python, "task"_a, "out"_a, nb::kw_only(), "algorithm"_a = TrainingOptions{}.algorithm,
      "seed"_a = TrainingOptions{}.seed, "steps"_a = TrainingOptions{}.steps, "settings"_a = nb::dict(),
      "Train `algorithm` (sql, sac, ddpg, td3 or a published variant of sql: docs/agents.md) with its hyperparameters "
      "for the task, or those of the dict `settings` in their place, into the folder `out`; returns the mean return of "
      "the last episodes (None if none has ended). RuntimeError if it diverges. "
      "Ctrl-C leaves a run that `softrl train --resume` goes on with.");
}
