// The law of a continuous task as a function, so that it can be solved on a grid: what follows a state and an action,
// with which probability, and how states and observations go together.
//
// Actions are in [−1, 1]^d here, as agents see them; their entropy, too, is with respect to that box (docs/math.md 5).
#pragma once
#include <array>
#include <functional>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "softrl/environment.hpp"
#include "tabular/discretize.hpp"

namespace softrl::validation {

struct TaskModel {
  std::string task;
  std::vector<tabular::Axis> state_axes;  // a box that episodes hardly leave; odd numbers of nodes
  int action_cells;                       // per axis
  BoxSpace action_box;                    // the task's
  int time_limit;                         // steps of an episode
  tabular::ChanceDynamics law;            // of an action in [−1, 1]^d
  std::function<Eigen::VectorXd(const Eigen::VectorXd& state)> observation;
  std::function<Eigen::VectorXd(const Eigen::VectorXd& observation)> state;  // in the box of state_axes
  std::vector<Eigen::VectorXd> named_states;                                 // where policies are looked at

  // Where episodes can end in one of several goals: their places; which of them holds a state (−1: none); and the law
  // of the start. Empty elsewhere.
  struct WeightedState {
    Eigen::VectorXd state;
    double probability;
  };
  std::vector<Eigen::VectorXd> goals = {};
  std::function<int(const Eigen::VectorXd& state)> goal_at = {};
  std::vector<WeightedState> starts = {};

  // The soft value where it is known in closed form, temperature > 0 and discount < 1; empty elsewhere.
  std::function<double(const Eigen::VectorXd& state, double temperature, double discount)> closed_form = {};
};

// The tasks that have one: "Pendulum-v1", "double_integrator", "lqg", "multi_goal", "multi_goal_mixture".
std::vector<std::string> modelled_tasks();

// Pendulum: state θ in [−π, π] (both ends are the same place) and θ̇. lqg: the noise is replaced by ±σ on each axis,
// which has its first three moments; states are cut to [−2, 2]². Throws std::invalid_argument, listing those
// that have one, for any other task.
TaskModel task_model(const std::string& task);

Eigen::VectorXd to_unit(const BoxSpace& box, const Eigen::VectorXd& action);    // to [−1, 1]^d
Eigen::VectorXd from_unit(const BoxSpace& box, const Eigen::VectorXd& action);  // and back

}  // namespace softrl::validation
