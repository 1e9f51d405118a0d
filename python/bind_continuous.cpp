// softrl._continuous: tasks and trained policies. Names, shapes and errors are those of the headers in continuous/.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nanobind/eigen/dense.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include "continuous/task.hpp"
#include "continuous/trained_run.hpp"
#include "continuous/training.hpp"
#include "softrl/check.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace softrl;
using namespace softrl::continuous;
using Eigen::VectorXd;

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Rows = nb::DRef<const Matrix>;
using ReleaseGil = nb::call_guard<nb::gil_scoped_release>;

void check_rows(Eigen::Index observations, Eigen::Index actions) {
  check_size("rows of actions", actions, observations);
}

Matrix sample(const TrainedRun& run, const Rows& observations, std::uint64_t seed) {
  Random random(seed, "python.sample");
  Matrix actions(observations.rows(), run.policy.action_size());
  for (Eigen::Index i = 0; i < observations.rows(); ++i)
    actions.row(i) = run.policy.sample(observations.row(i).transpose(), random).transpose();
  return actions;
}

VectorXd log_prob(const TrainedRun& run, const Rows& observations, const Rows& actions) {
  check_rows(observations.rows(), actions.rows());
  VectorXd result(observations.rows());
  for (Eigen::Index i = 0; i < observations.rows(); ++i)
    result(i) = run.policy.log_prob(observations.row(i).transpose(), actions.row(i).transpose());
  return result;
}

VectorXd q_values(const TrainedRun& run, const Rows& observations, const Rows& actions) {
  check_rows(observations.rows(), actions.rows());
  VectorXd result(observations.rows());
  for (Eigen::Index i = 0; i < observations.rows(); ++i)
    result(i) = run.q_value(observations.row(i).transpose(), actions.row(i).transpose());
  return result;
}

nb::dict info_of(const Task& task, const std::vector<double>& values) {
  nb::dict info;
  const auto names = task.info_names();
  for (std::size_t i = 0; i < values.size(); ++i) info[names[i].c_str()] = values[i];
  return info;
}

void bind_tasks(nb::module_& m) {
  nb::class_<Task>(m, "Task", "A continuous task with Gymnasium's semantics, time limit included.")
      .def_prop_ro("name", &Task::name)
      .def_prop_ro("time_limit", &Task::time_limit, "Steps after which an episode is truncated.")
      .def_prop_ro("observation_size", &Task::observation_size)
      .def_prop_ro("action_size", &Task::action_size)
      .def_prop_ro("action_low", [](const Task& task) { return task.action_box().low; })
      .def_prop_ro("action_high", [](const Task& task) { return task.action_box().high; })
      .def(
          "reset",
          [](Task& task, std::optional<std::uint64_t> seed) { return nb::make_tuple(task.reset(seed), nb::dict()); },
          "seed"_a = nb::none(), "Start an episode; returns (observation, {}).")
      .def(
          "step",
          [](Task& task, const VectorXd& action) {
            const auto step = task.step(action);
            return nb::make_tuple(step.observation, step.reward, step.terminated, step.truncated,
                                  info_of(task, step.info));
          },
          "action"_a, "One step; returns (observation, reward, terminated, truncated, info).")
      .def(
          "set_state", [](Task& task, const VectorXd& state) { return task.set_state(state); }, "state"_a,
          "Start an episode in this state instead of a random one; returns the observation. Multi-goal: the position; "
          "MuJoCo: positions, then velocities.");
  m.def("task_names", &task_names, "The names that make_task() knows.");
  m.def(
      "make_task", [](const std::string& name) { return make_task(name); }, "name"_a,
      "The task of that name. ValueError, listing the known ones, if there is none.");
}

}  // namespace

NB_MODULE(_continuous, m) {
  m.doc() = "Soft Q-learning agents on continuous tasks.";
  bind_tasks(m);

  nb::class_<TrainedRun>(m, "TrainedPolicy", "What a training run has learned. Observations [N, S], actions [N, d].")
      .def_prop_ro("task", [](const TrainedRun& run) { return run.options.task; })
      .def_prop_ro("temperature", [](const TrainedRun& run) { return run.options.agent.temperature; })
      .def_ro("steps", &TrainedRun::step, "Training steps behind the checkpoint.")
      .def("sample", &sample, "observations"_a, nb::kw_only(), "seed"_a, ReleaseGil(),
           "One action per row, drawn from the policy; [N, d], in the task's action box.")
      .def("log_prob", &log_prob, "observations"_a, "actions"_a, ReleaseGil(),
           "Log density of the policy's actions, nats; [N]. A sum over the noise that leads to the action, found "
           "numerically: a lower bound where some of it is missed, -inf where none is found. Slow.")
      .def("q_values", &q_values, "observations"_a, "actions"_a, ReleaseGil(),
           "The critic's soft Q, in reward units; [N]. The smaller one where there are two critics.");
  m.def("load_policy", &load_trained_run, "run"_a, ReleaseGil(),
        "The policy in the folder of a training run. RuntimeError with the path if it is missing or damaged.");

  m.def(
      "train",
      [](const std::string& task, const std::filesystem::path& out, std::uint64_t seed, std::int64_t steps) {
        TrainingOptions options = default_training_options(task);
        options.seed = seed;
        options.steps = steps;
        return train(options, out).mean_return;
      },
      "task"_a, "out"_a, nb::kw_only(), "seed"_a = TrainingOptions{}.seed, "steps"_a = TrainingOptions{}.steps,
      ReleaseGil(),
      "Train with the task's own hyperparameters into the folder `out`; returns the mean return of the last episodes "
      "(None if none has ended). The command line offers all options.");
}
