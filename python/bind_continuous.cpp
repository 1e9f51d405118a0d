// softrl._continuous: trained policies here, tasks in bind_tasks.cpp, training in bind_training.cpp. Names, shapes and
// errors are those of the headers in continuous/.
#include <cstdint>
#include <string>

#include <nanobind/eigen/dense.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>

#include "bind_arrays.hpp"
#include "continuous/trained_run.hpp"
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

Matrix best(const TrainedRun& run, const nb::object& states) {
  const Matrix observations = to_rows("observations", states);
  const nb::gil_scoped_release no_gil;
  Matrix actions(observations.rows(), run.policy->action_size());
  for (Eigen::Index i = 0; i < observations.rows(); ++i)
    actions.row(i) = run.policy->best(observations.row(i).transpose()).transpose();
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

}  // namespace

NB_MODULE(_continuous, m) {
  m.doc() = "Agents on continuous tasks: soft Q-learning and its peers.";
  bind_tasks(m);
  bind_training(m);

  nb::class_<TrainedRun>(m, "TrainedPolicy", "What a training run has learned. Observations [N, S], actions [N, d].")
      .def_prop_ro(
          "task", [](const TrainedRun& run) { return run.options.task; }, "Name of the task it was trained on.")
      .def_prop_ro(
          "algorithm", [](const TrainedRun& run) { return run.options.algorithm; }, "sql, sac, ddpg or td3.")
      .def_ro("steps", &TrainedRun::step, "Training steps behind the checkpoint.")
      .def("sample", &sample, "observations"_a, nb::kw_only(), "seed"_a,
           "One action per row, drawn from the policy; [N, d], in the task's action box.")
      .def("best", &best, "observations"_a,
           "The best action per row, as far as the policy can tell: without chance; [N, d].")
      .def("log_prob", &log_prob, "observations"_a, "actions"_a,
           "Log density of the policy's actions, nats; [N]. A sum over the noise that leads to the action, found "
           "numerically: a lower bound where some of it is missed, -inf where none is found. Slow.")
      .def("q_values", &q_values, "observations"_a, "actions"_a,
           "The critic's Q, in reward units (times reward_scale, and over the deviation that rewards were divided by, "
           "where those are not 1); [N]. The smaller one where there are two critics.");
  m.def("load_policy", &load_trained_run, "run"_a, ReleaseGil(),
        "The policy in the folder of a training run. RuntimeError with the path if it is missing or damaged.");
}
