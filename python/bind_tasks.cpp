// Tasks of softrl._continuous. Names, shapes and errors are those of continuous/task.hpp and vector_environment.hpp.
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include "bind_arrays.hpp"
#include "continuous/lqg.hpp"
#include "continuous/task.hpp"
#include "continuous/vector_environment.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace softrl;
using namespace softrl::continuous;
using Eigen::VectorXd;

namespace {

std::string text_of(const nb::handle& value) {
  if (nb::isinstance<nb::bool_>(value)) return nb::cast<bool>(value) ? "true" : "false";
  if (nb::isinstance<nb::str>(value) || !nb::hasattr(value, "__iter__")) return nb::str(value).c_str();
  std::string list;
  for (const nb::handle entry : value) list += (list.empty() ? "" : ", ") + text_of(entry);
  return "[" + list + "]";
}

TaskSettings to_settings(const nb::kwargs& options) {
  TaskSettings settings;
  for (const auto& [name, value] : options) settings[nb::str(name).c_str()] = text_of(value);
  return settings;
}

// The terms for which there are values, by name: numbers, and arrays where a term is one.
nb::dict to_dict(const std::vector<InfoTerm>& terms, std::span<const double> values) {
  nb::dict info;
  for (const InfoTerm& term : terms) {
    const auto size = static_cast<std::size_t>(term.size.value_or(1));
    if (size > values.size()) break;
    if (term.size)
      info[term.name.c_str()] = nb::cast(VectorXd(Eigen::Map<const VectorXd>(values.data(), term.size.value())));
    else
      info[term.name.c_str()] = values[0];
    values = values.subspan(size);
  }
  return info;
}

nb::dict start_info(const Task& task) {
  std::vector<double> values(static_cast<std::size_t>(task.info_size()));
  values.resize(static_cast<std::size_t>(task.describe(values)));
  return to_dict(task.state_terms(), values);
}

nb::tuple step_all(VectorEnvironment& environment, const Eigen::Ref<const RowMatrix>& actions) {
  {
    const nb::gil_scoped_release no_gil;
    environment.step(actions);
  }
  const VectorStep& step = environment.last();
  using Flags = Eigen::Array<bool, Eigen::Dynamic, 1>;
  return nb::make_tuple(Matrix(step.observations), VectorXd(step.rewards), Flags(step.terminated),
                        Flags(step.truncated), Matrix(step.next_observations));
}

nb::dict info_of_all(const VectorEnvironment& environment) {
  const RowMatrix& infos = environment.last().infos;
  nb::dict info;
  Eigen::Index column = 0;
  for (const InfoTerm& term : environment.copy(0).info_terms()) {
    const Eigen::Index size = term.size.value_or(1);
    if (term.size)
      info[term.name.c_str()] = nb::cast(Matrix(infos.middleCols(column, size)));
    else
      info[term.name.c_str()] = nb::cast(VectorXd(infos.col(column)));
    column += size;
  }
  return info;
}

}  // namespace

void bind_tasks(nb::module_& m) {
  nb::class_<Task>(m, "Task", "A continuous task with Gymnasium's semantics, time limit included.")
      .def_prop_ro("name", &Task::name, "As make_task() knows it.")
      .def_prop_ro("time_limit", &Task::time_limit, "Steps after which an episode is truncated.")
      .def_prop_ro("step_s", &Task::step_s, "Simulated seconds in a step; 0 where time has no unit.")
      .def_prop_ro("observation_size", &Task::observation_size, "Entries of an observation, S.")
      .def_prop_ro("action_size", &Task::action_size, "Entries of an action, d.")
      .def_prop_ro("state_size", &Task::state_size, "Entries of what set_state() takes.")
      .def_prop_ro(
          "observation_low", [](const Task& task) { return task.observation_box().low; }, "Lowest observation; [S].")
      .def_prop_ro(
          "observation_high", [](const Task& task) { return task.observation_box().high; }, "Highest observation; [S].")
      .def_prop_ro(
          "action_low", [](const Task& task) { return task.action_box().low; }, "Lowest action; [d].")
      .def_prop_ro(
          "action_high", [](const Task& task) { return task.action_box().high; }, "Highest action; [d].")
      .def_prop_ro(
          "state", [](const Task& task) { return task.state(); }, "Where set_state() would start an episode again.")
      .def(
          "reset",
          [](Task& task, std::optional<std::int64_t> seed) {
            const VectorXd observation = task.reset(seed ? std::optional(to_seed(*seed)) : std::nullopt);
            return nb::make_tuple(observation, start_info(task));
          },
          "seed"_a = nb::none(), "Start an episode; returns (observation, info).")
      .def(
          "step",
          [](Task& task, const VectorXd& action) {
            const auto step = task.step(action);
            return nb::make_tuple(step.observation, step.reward, step.terminated, step.truncated,
                                  to_dict(task.info_terms(), step.info));
          },
          "action"_a, "One step; returns (observation, reward, terminated, truncated, info).")
      .def(
          "set_state", [](Task& task, const VectorXd& state) { return task.set_state(state); }, "state"_a,
          "Start an episode in this state instead of a random one; returns the observation. Multi-goal: the position; "
          "MuJoCo: positions, then velocities.");
  m.def("task_names", &task_names, "The names that make_task() knows.");
  m.def(
      "task_options",
      [](const std::string& name) {
        nb::dict options;
        for (const TaskOption& option : task_options(name)) options[option.name.c_str()] = option.value;
        return options;
      },
      "name"_a, "The options of a task with their defaults, as text.");
  m.def(
      "make_task",
      [](const std::string& name, const nb::kwargs& options) { return make_task(name, to_settings(options)); },
      "name"_a, "options"_a,
      "The task of that name, with options by keyword: make_task(\"Ant-v5\", ctrl_cost_weight=0.2). ValueError, with "
      "the "
      "nearest name, if there is no such task or option.");

  nb::class_<VectorEnvironment>(
      m, "VectorEnvironment", "N copies of a task stepped at once on several threads; the same for any number of them.")
      .def(
          "__init__",
          [](VectorEnvironment* self, const std::string& name, int copies, int threads, const nb::kwargs& options) {
            new (self) VectorEnvironment(*make_task(name, to_settings(options)), copies, threads);
          },
          "name"_a, "copies"_a, "threads"_a = 1, "options"_a, "Copies of make_task(name, **options).")
      .def_prop_ro("copies", &VectorEnvironment::copies, "N.")
      .def_prop_ro("threads", &VectorEnvironment::threads, "Threads that step them, the caller's among them.")
      .def(
          "reset",
          [](VectorEnvironment& environment, std::int64_t seed) { return Matrix(environment.reset(to_seed(seed))); },
          "seed"_a, "Start an episode in every copy, copy i with seed + i; returns the observations [N, S].")
      .def(
          "step",
          [](VectorEnvironment& environment,
             nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu> rows) {
            return step_all(environment,
                            Eigen::Map<const RowMatrix>(rows.data(), static_cast<Eigen::Index>(rows.shape(0)),
                                                        static_cast<Eigen::Index>(rows.shape(1))));
          },
          "actions"_a,
          "One step of every copy; returns (observations, rewards, terminated, truncated, next_observations). A copy "
          "whose "
          "episode has ended begins the next: `observations` has its start, `next_observations` where the step led.")
      .def(
          "step",
          [](VectorEnvironment& environment, const nb::object& rows) {
            return step_all(environment, to_rows("actions", rows));
          },
          "actions"_a, "The same of anything that NumPy makes an array of.")
      .def("info", &info_of_all,
           "What the last step says besides, by name: arrays [N], or [N, k] of terms with k entries.");

  nb::class_<LqgSolution>(m, "LqgSolution", "Value and policy of the task `lqg`, in closed form.")
      .def_ro("P", &LqgSolution::P, "V(s) = -s'Ps - c; [S, S].")
      .def_ro("c", &LqgSolution::c, "V(s) = -s'Ps - c; in reward units.")
      .def_ro("gain", &LqgSolution::gain, "The policy at s is a Gaussian about -gain s; [d, S].")
      .def_ro("covariance", &LqgSolution::covariance, "Its covariance, the same at every s; [d, d].");
  m.def(
      "lqg_solution", [](double temperature, double discount) { return lqg_solution(temperature, discount); },
      nb::kw_only(), "temperature"_a, "discount"_a,
      "The soft solution of the task `lqg`, over unbounded actions with Lebesgue measure.");
}
