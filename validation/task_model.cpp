#include "validation/task_model.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "continuous/double_integrator.hpp"
#include "continuous/lqg.hpp"
#include "continuous/multi_goal.hpp"
#include "continuous/task.hpp"

namespace softrl::validation {
namespace {

using continuous::Task;
using Eigen::Vector2d;
using Eigen::VectorXd;
using tabular::Outcome;
using tabular::PossibleOutcome;

VectorXd as_it_is(const VectorXd& x) { return x; }

// The law of a task without noise: the task itself takes the step.
tabular::ChanceDynamics stepping(std::shared_ptr<Task> task) {
  return [task = std::move(task)](const VectorXd& state, const VectorXd& action) {
    task->set_state(state);
    const auto step = task->step(from_unit(task->action_box(), action));
    return std::vector<PossibleOutcome>{{1.0, {task->state(), step.reward, step.terminated}}};
  };
}

TaskModel plain_model(const std::string& name, std::vector<tabular::Axis> axes, int action_cells) {
  const std::shared_ptr<Task> task = continuous::make_task(name);
  return {.task = name,
          .state_axes = std::move(axes),
          .action_cells = action_cells,
          .action_box = task->action_box(),
          .time_limit = task->time_limit(),
          .law = stepping(task),
          .observation = as_it_is,
          .state = as_it_is,
          .named_states = {}};
}

// N(0, 0.1² I) on the midpoints of 24 × 24 cells out to four deviations.
std::vector<TaskModel::WeightedState> multi_goal_starts() {
  constexpr int points = 24;
  std::vector<TaskModel::WeightedState> starts;
  double sum = 0.0;
  for (int i = 0; i < points; ++i) {
    for (int j = 0; j < points; ++j) {
      const Vector2d z((2.0 * i + 1.0) / points - 1.0, (2.0 * j + 1.0) / points - 1.0);
      starts.push_back({0.4 * z, std::exp(-8.0 * z.squaredNorm())});
      sum += starts.back().probability;
    }
  }
  for (auto& start : starts) start.probability /= sum;
  return starts;
}

TaskModel multi_goal_model(const std::string& name) {
  constexpr double bound = continuous::MultiGoal::bound;
  TaskModel model = plain_model(name, {{-bound, bound, 113}, {-bound, bound, 113}}, 21);
  model.named_states = {Vector2d(0.0, 0.0), Vector2d(-2.5, 0.0), Vector2d(2.5, 2.5)};
  for (const Vector2d& goal : continuous::MultiGoal::goals()) model.goals.emplace_back(goal);
  model.goal_at = [](const VectorXd& state) { return continuous::MultiGoal::goal_at(state); };
  model.starts = multi_goal_starts();
  return model;
}

TaskModel double_integrator_model(const std::string& name) {
  const auto& bound = continuous::double_integrator_bound;
  TaskModel model = plain_model(name, {{-bound.x(), bound.x(), 161}, {-bound.y(), bound.y(), 161}}, 81);
  model.named_states = {Vector2d(0.0, 0.0), Vector2d(1.0, 0.0), Vector2d(-1.0, 0.5)};
  return model;
}

TaskModel lqg_model(const std::string& name) {
  static constexpr double bound = 2.0;
  TaskModel model = plain_model(name, {{-bound, bound, 65}, {-bound, bound, 65}}, 21);
  model.named_states = {Vector2d(0.0, 0.0), Vector2d(0.5, 0.0), Vector2d(-0.5, 0.5)};
  model.law = [box = model.action_box](const VectorXd& state, const VectorXd& action) {
    const auto& system = continuous::lqg_system();
    const VectorXd a = from_unit(box, action);
    const double reward = -(state.dot(system.Q * state) + a.dot(system.R * a));
    const Vector2d mean = system.A * state + system.B * a;
    std::vector<PossibleOutcome> outcomes;
    for (const double x : {-system.noise, system.noise})
      for (const double y : {-system.noise, system.noise})
        outcomes.push_back({0.25, {mean + Vector2d(x, y), reward, false}});
    return outcomes;
  };
  model.state = [](const VectorXd& observation) -> VectorXd { return observation.cwiseMax(-bound).cwiseMin(bound); };
  // That solution measures entropy in the task's actions, h^d times as large as ours: α d log h more at every step.
  model.closed_form = [box = model.action_box](const VectorXd& state, double temperature, double discount) {
    const double log_scale = (0.5 * (box.high - box.low)).array().log().sum();
    return continuous::lqg_solution(temperature, discount).value(state) - temperature * log_scale / (1.0 - discount);
  };
  return model;
}

TaskModel pendulum_model(const std::string& name) {
  constexpr double pi = std::numbers::pi;
  TaskModel model = plain_model(name, {{-pi, pi, 161}, {-8.0, 8.0, 161}}, 81);
  model.named_states = {Vector2d(0.0, 0.0), Vector2d(1.0, 0.0), Vector2d(pi, 0.0)};
  model.observation = [](const VectorXd& state) -> VectorXd {
    return Eigen::Vector3d(std::cos(state(0)), std::sin(state(0)), state(1));
  };
  model.state = [](const VectorXd& observation) -> VectorXd {
    return Vector2d(std::atan2(observation(1), observation(0)), observation(2));
  };
  model.law = [law = std::move(model.law)](const VectorXd& state, const VectorXd& action) {
    auto outcomes = law(state, action);
    for (auto& possible : outcomes) {
      double& angle = possible.outcome.next_state(0);
      angle = std::remainder(angle, 2.0 * pi);
    }
    return outcomes;
  };
  return model;
}

using Maker = TaskModel (*)(const std::string& name);
constexpr std::array<std::pair<const char*, Maker>, 5> makers = {{{"Pendulum-v1", pendulum_model},
                                                                  {"double_integrator", double_integrator_model},
                                                                  {"lqg", lqg_model},
                                                                  {"multi_goal", multi_goal_model},
                                                                  {"multi_goal_mixture", multi_goal_model}}};

}  // namespace

std::vector<std::string> modelled_tasks() {
  std::vector<std::string> names;
  for (const auto& [name, maker] : makers) names.emplace_back(name);
  return names;
}

TaskModel task_model(const std::string& task) {
  for (const auto& [name, maker] : makers)
    if (task == name) return maker(task);
  throw std::invalid_argument(
      fmt::format("task {} cannot be solved on a grid (known: {})", task, fmt::join(modelled_tasks(), ", ")));
}

VectorXd to_unit(const BoxSpace& box, const VectorXd& action) {
  return (2.0 * action - box.high - box.low).cwiseQuotient(box.high - box.low);
}

VectorXd from_unit(const BoxSpace& box, const VectorXd& action) {
  return 0.5 * (box.high + box.low) + 0.5 * (box.high - box.low).cwiseProduct(action);
}

}  // namespace softrl::validation
