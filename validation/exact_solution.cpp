#include "validation/exact_solution.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "softrl/check.hpp"
#include "softrl/operators.hpp"
#include "tabular/solver.hpp"

namespace softrl::validation {
namespace {

using Eigen::VectorXd;
using tabular::Index;

// Before anything is computed for long.
double checked_discount(const ExactOptions& options) {
  check_at_least("temperature", options.temperature, 0.0);
  check_finite("temperature", options.temperature);
  check_in_range("discount", options.discount, 0.0, 1.0);
  return options.discount;
}

tabular::Solution solve(const tabular::DiscretizedTask& task, const ExactOptions& options) {
  return tabular::solve(task.mdp, tabular::Method::Auto,
                        {.temperature = options.temperature,
                         .tolerance = 1e-7 * std::max(1.0, task.mdp.largest_reward()),
                         .base_measure = task.lebesgue,
                         .threads = options.threads,
                         .progress = options.progress});
}

}  // namespace

ExactSolution::ExactSolution(TaskModel model, const ExactOptions& options)
    : model_(std::move(model)),
      temperature_(options.temperature),
      discount_(checked_discount(options)),
      task_(tabular::discretize(model_.law, tabular::StateGrid(model_.state_axes),
                                unit_cells(model_.action_box.low.size(), model_.action_cells), discount_)),
      solution_(solve(task_, options)) {}

double ExactSolution::q(const VectorXd& state, const VectorXd& action) const {
  double sum = 0.0;
  for (const auto& [probability, outcome] : model_.law(state, action)) {
    const double next = outcome.terminated ? 0.0 : task_.states.interpolate(solution_.values, outcome.next_state);
    sum += probability * (outcome.reward + discount_ * next);
  }
  return sum;
}

VectorXd ExactSolution::q(const VectorXd& state, const tabular::ActionGrid& cells) const {
  VectorXd values(cells.size());
  for (Index j = 0; j < cells.size(); ++j) values(j) = q(state, cells.point(j));
  return values;
}

double ExactSolution::value(const VectorXd& state) const {
  const VectorXd weights = VectorXd::Constant(task_.actions.size(), std::log(task_.actions.cell_volume()));
  return soft_value(as_span(q(state, task_.actions)), temperature_, as_span(weights));
}

TaskModel coarser(TaskModel model) {
  for (auto& axis : model.state_axes) {
    if (axis.points < 5 || axis.points % 2 == 0)
      throw std::invalid_argument(
          fmt::format("nodes of an axis must be an odd number of at least 5, got {}", axis.points));
    axis.points = (axis.points + 1) / 2;
  }
  model.action_cells = (model.action_cells + 1) / 2;
  return model;
}

tabular::ActionGrid unit_cells(Eigen::Index dimensions, int cells_per_axis) {
  return tabular::ActionGrid(
      std::vector(static_cast<std::size_t>(dimensions), tabular::Axis{-1.0, 1.0, cells_per_axis}));
}

GoalProbabilities exact_goal_probabilities(const ExactSolution& exact) {
  const TaskModel& model = exact.model();
  if (model.goals.empty()) throw std::invalid_argument(fmt::format("task {} has no goals", model.task));
  const auto& [mdp, end, lebesgue, states, actions] = exact.task();
  VectorXd mass = VectorXd::Zero(mdp.states());
  for (const auto& [state, probability] : model.starts)
    for (const auto& [node, weight] : states.interpolate(state)) mass(node) += probability * weight;

  GoalProbabilities result{.goals = std::vector(model.goals.size(), 0.0), .none = 0.0};
  for (int step = 0; step < model.time_limit; ++step) {
    VectorXd next = VectorXd::Zero(mdp.states());
    for (Index i = 0; i < end; ++i) {
      if (mass(i) == 0.0) continue;
      for (Index k = mdp.first_pair(i); k < mdp.first_pair(i + 1); ++k) {
        const double share = mass(i) * exact.solution().policy(k);
        const auto successors = mdp.successors(k);
        if (successors.front() == end) {
          const auto outcome = model.law(states.point(i), actions.point(mdp.action(k, i))).front().outcome;
          result.goals.at(static_cast<std::size_t>(model.goal_at(outcome.next_state))) += share;
        } else {
          const auto probabilities = mdp.probabilities(k);
          for (std::size_t t = 0; t < successors.size(); ++t)
            next(successors[t]) += share * (probabilities.empty() ? 1.0 : probabilities[t]);
        }
      }
    }
    mass = std::move(next);
  }
  result.none = mass.sum();
  return result;
}

}  // namespace softrl::validation
