#include "validation/exact_solution.hpp"

#include <cmath>
#include <numbers>
#include <stdexcept>

#include <gmock/gmock.h>

#include "continuous/lqg.hpp"
#include "softrl/status.hpp"

namespace softrl::validation {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TaskModel on_grid(const std::string& task, int nodes, int cells) {
  TaskModel model = task_model(task);
  for (auto& axis : model.state_axes) axis.points = nodes;
  model.action_cells = cells;
  return model;
}

// Near the origin, where neither the box of states nor that of actions is felt, the closed form is the truth. The grid
// misses it by less than refinement moves it, and by about a third: the error falls with the square of the spacing.
// (The closed form measures entropy in actions of [−2, 2]², four times as large as [−1, 1]²: α log 4 more at every
// step.)
TEST(ExactSolution, OfLqgAgreesWithTheClosedForm) {
  const double temperature = 0.3, discount = 0.9;
  const TaskModel model = on_grid("lqg", 41, 15);
  const ExactOptions options{.temperature = temperature, .discount = discount};
  const ExactSolution exact(model, options), coarse(coarser(model), options);
  ASSERT_EQ(exact.solution().status, Status::Converged);
  const auto closed = continuous::lqg_solution(temperature, discount);
  const double entropy = temperature * std::log(4.0) / (1.0 - discount);
  for (const double x : {-0.6, 0.0, 0.5}) {
    for (const double y : {-0.4, 0.1, 0.7}) {
      const Eigen::Vector2d state(x, y);
      const double truth = closed.value(state) - entropy;
      EXPECT_NEAR(model.closed_form(state, temperature, discount), truth, 1e-12);
      const double refined = std::abs(exact.value(state) - coarse.value(state));
      EXPECT_LT(std::abs(exact.value(state) - truth), 0.6 * refined) << state.transpose();
      EXPECT_LT(refined, 0.5) << state.transpose();
    }
  }
}

// Discount 0: V = −x² − 0.1 v² + α log ∫ exp(−0.1 a²/α) da = … + α log( √(πα/0.1) erf √(0.1/α) ). The midpoint rule
// with 21 cells is good to about 1e-4 of that.
TEST(ExactSolution, OfOneStepIsAnIntegral) {
  const double alpha = 0.3;
  const ExactSolution exact(on_grid("double_integrator", 9, 21), {.temperature = alpha, .discount = 0.0});
  const double entropy = alpha * std::log(std::sqrt(std::numbers::pi * alpha / 0.1) * std::erf(std::sqrt(0.1 / alpha)));
  const Eigen::Vector2d state(1.3, -0.7);
  EXPECT_NEAR(exact.value(state), -1.3 * 1.3 - 0.1 * 0.49 + entropy, 1e-4);
}

// A turn by a quarter maps the task onto itself: V is the same at the four turns of a state, and each goal ends an
// episode with the same probability, 1/4 where hardly any episode misses all.
TEST(ExactSolution, OfMultiGoalIsSymmetric) {
  for (const char* task : {"multi_goal", "multi_goal_mixture"}) {
    const ExactSolution exact(on_grid(task, 29, 9), {.temperature = 10.0, .discount = 0.99});
    ASSERT_EQ(exact.solution().status, Status::Converged);
    const double value = exact.value(Eigen::Vector2d(1.3, 0.4));
    EXPECT_NEAR(exact.value(Eigen::Vector2d(-0.4, 1.3)), value, 1e-4) << task;
    EXPECT_NEAR(exact.value(Eigen::Vector2d(-1.3, -0.4)), value, 1e-4) << task;
    const GoalProbabilities ends = exact_goal_probabilities(exact);
    double sum = ends.none;
    for (const double goal : ends.goals) {
      EXPECT_NEAR(goal, ends.goals.front(), 1e-6) << task;
      sum += goal;
    }
    EXPECT_NEAR(sum, 1.0, 1e-9) << task;
    EXPECT_LT(ends.none, 0.05) << task;
  }
}

// No episode of two steps from near the origin reaches a goal, which are at least 4 away from it.
TEST(ExactSolution, GoalsHaveATimeLimit) {
  TaskModel model = on_grid("multi_goal", 29, 9);
  model.time_limit = 2;
  const GoalProbabilities ends = exact_goal_probabilities(ExactSolution(model, {.temperature = 10.0}));
  EXPECT_NEAR(ends.none, 1.0, 1e-12);
}

TEST(ExactSolution, CoarserHasEverySecondNode) {
  const TaskModel coarse = coarser(on_grid("lqg", 41, 15));
  EXPECT_EQ(coarse.state_axes[0].points, 21);
  EXPECT_EQ(coarse.action_cells, 8);
  EXPECT_THAT([] { coarser(on_grid("lqg", 40, 15)); }, ThrowsMessage<std::invalid_argument>(HasSubstr("got 40")));
}

TEST(ExactSolution, NamesWhatItRefuses) {
  EXPECT_THAT([] { ExactSolution(task_model("lqg"), {.temperature = -1.0}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("temperature")));
  EXPECT_THAT([] { ExactSolution(task_model("lqg"), {.discount = 1.5}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("discount")));
  EXPECT_THAT([] { exact_goal_probabilities(ExactSolution(on_grid("lqg", 5, 2), {})); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("lqg has no goals")));
}

}  // namespace
}  // namespace softrl::validation
