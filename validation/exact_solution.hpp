// The soft solution of a continuous task on a grid (tabular/discretize.hpp), and from it the value, Q and policy at any
// state by one step ahead:
//     Q(s,a) = E[ r(s,a) + γ V(s') ]      V(s) = α log ∫ exp(Q(s,a)/α) da      π(a|s) in proportion to exp(Q(s,a)/α)
// with V(s') interpolated between nodes and integrals over [−1, 1]^d by midpoints of cells. What the grid costs is told
// by solving on a coarser one as well: halving the spacing moves the values by more than what is still missing wherever
// the error falls at least in proportion to it.
#pragma once
#include <vector>

#include <Eigen/Core>

#include "softrl/progress.hpp"
#include "tabular/discretize.hpp"
#include "tabular/solution.hpp"
#include "validation/task_model.hpp"

namespace softrl::validation {

struct ExactOptions {
  double temperature = 1.0;        // α ≥ 0, in reward units; 0 is the hard maximum
  double discount = 0.99;          // γ in [0, 1]
  int threads = 1;                 // ≥ 0; 0: one for each core
  ProgressObserver progress = {};  // of the solver
};

class ExactSolution {
 public:
  // Solves `model` on its grid, to a certified error of 1e-7 of the largest reward. Look at solution().status.
  // Throws std::invalid_argument, naming the option, if one is out of range.
  ExactSolution(TaskModel model, const ExactOptions& options);

  const TaskModel& model() const { return model_; }
  const tabular::Solution& solution() const { return solution_; }
  const tabular::DiscretizedTask& task() const { return task_; }
  double temperature() const { return temperature_; }
  double discount() const { return discount_; }

  double q(const Eigen::VectorXd& state, const Eigen::VectorXd& action) const;              // action in [−1, 1]^d
  Eigen::VectorXd q(const Eigen::VectorXd& state, const tabular::ActionGrid& cells) const;  // at each midpoint
  double value(const Eigen::VectorXd& state) const;                                         // over the model's cells

 private:
  TaskModel model_;
  double temperature_, discount_;
  tabular::DiscretizedTask task_;
  tabular::Solution solution_;
};

// `model` with every second node and, rounded up, half the cells. Throws std::invalid_argument if an axis has an even
// number of nodes or fewer than 5.
TaskModel coarser(TaskModel model);

// [−1, 1]^dimensions in equal cells.
tabular::ActionGrid unit_cells(Eigen::Index dimensions, int cells_per_axis);

// How episodes of the exact policy end within the time limit: the probability of each goal, and of none.
struct GoalProbabilities {
  std::vector<double> goals;
  double none;
};
// Carries the law of the start forward on the grid. Throws std::invalid_argument if the task has no goals.
GoalProbabilities exact_goal_probabilities(const ExactSolution& exact);

}  // namespace softrl::validation
