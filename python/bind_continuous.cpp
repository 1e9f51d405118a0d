// softrl._continuous: trained policies here, tasks in bind_tasks.cpp, training in bind_training.cpp. Names, shapes and
// errors are those of the headers in continuous/.
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <nanobind/eigen/dense.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bind_arrays.hpp"
#include "continuous/evaluation.hpp"
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

EvaluationResult evaluate_run(const TrainedRun& run, int episodes, std::int64_t seed, bool best_actions,
                              const nb::object& start) {
  EvaluationOptions options{.episodes = episodes, .seed = to_seed(seed)};
  if (!start.is_none()) options.start = to_vector("start", start);
  const nb::gil_scoped_release no_gil;
  const auto task = make_task(run.options.task);
  return best_actions ? evaluate(*task, BestAction(*run.policy), options) : evaluate(*task, *run.policy, options);
}

// The states of each episode, its last included.
std::vector<Matrix> observations_of(const EvaluationResult& result) {
  std::vector<Matrix> all;
  for (const auto& trajectory : result.trajectories) {
    const auto& transitions = trajectory.transitions;
    const auto steps = static_cast<Eigen::Index>(transitions.size());
    Matrix rows(steps + 1, transitions.front().observation.size());
    for (Eigen::Index t = 0; t < steps; ++t)
      rows.row(t) = transitions[static_cast<std::size_t>(t)].observation.transpose();
    rows.row(steps) = transitions.back().next_observation.transpose();
    all.push_back(std::move(rows));
  }
  return all;
}

void bind_evaluation(nb::module_& m) {
  nb::class_<Interval95>(m, "Interval95", "A 95 % confidence interval.")
      .def_ro("low", &Interval95::low, "Its lower end.")
      .def_ro("high", &Interval95::high, "Its upper end.");
  nb::class_<EvaluationResult>(m, "Evaluation", "Episodes of a policy.")
      .def_ro("mean_return", &EvaluationResult::mean_return, "Undiscounted.")
      .def_ro("return_interval", &EvaluationResult::return_interval, "Of the mean, by the bootstrap.")
      .def_ro("mean_length", &EvaluationResult::mean_length, "Steps.")
      .def_prop_ro("observations", &observations_of, "Of each episode, its last included; arrays [T + 1, S].");
  nb::class_<GoalCount>(m, "GoalCount", "How many episodes end in a goal.")
      .def_ro("goal", &GoalCount::goal, "Its centre; [2].")
      .def_ro("count", &GoalCount::count, "Episodes.")
      .def_ro("share", &GoalCount::share, "Of all episodes.")
      .def_ro("interval", &GoalCount::interval, "Of the share, by Wilson's score.");
  nb::class_<GoalCounts>(m, "GoalCounts", "Where the episodes of a multi-goal task end.")
      .def_prop_ro(
          "goals", [](const GoalCounts& counts) { return std::vector(counts.goals.begin(), counts.goals.end()); },
          "A GoalCount for each of the four.")
      .def_ro("no_goal", &GoalCounts::no_goal, "Episodes that end in none.")
      .def_ro("entropy", &GoalCounts::entropy, "Over the goals, of the episodes that end in one, nats; NaN for none.")
      .def_ro("entropy_interval", &GoalCounts::entropy_interval, "Of the entropy, by the bootstrap.");
  m.def("evaluate", &evaluate_run, "policy"_a, nb::kw_only(), "episodes"_a = EvaluationOptions{}.episodes,
        "seed"_a = EvaluationOptions{}.seed, "best"_a = false, "start"_a = nb::none(),
        "Run episodes of the policy on its task; of its best actions if `best`. They begin in the state `start`, as "
        "Task.set_state() takes it; without one the task draws them.");
  m.def(
      "count_goals", [](const EvaluationResult& result) { return count_goals(result.trajectories); }, "evaluation"_a,
      "Where episodes of a multi-goal task end. ValueError for observations that are not in the plane.");
}

TrainedRun load_policy(const std::filesystem::path& folder) {
  TrainedRun run = [&] {
    const nb::gil_scoped_release others_may_run;
    return load_trained_run(folder);
  }();
  for (const std::string& damaged : run.skipped_checkpoints)
    if (PyErr_WarnEx(PyExc_RuntimeWarning, (damaged + "; an older one was used").c_str(), 1) < 0)
      throw nb::python_error();
  return run;
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
  bind_evaluation(m);
  m.def(
      "load_policy", &load_policy, "run"_a,
      "The policy in the folder of a training run, by its newest whole checkpoint. RuntimeError with the path if it is "
      "missing or damaged; RuntimeWarning for each newer checkpoint that is damaged.");
}
