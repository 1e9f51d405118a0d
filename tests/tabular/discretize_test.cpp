#include "tabular/discretize.hpp"

#include <cmath>
#include <numbers>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "softrl/random.hpp"
#include "tabular/soft_value_iteration.hpp"

namespace softrl::tabular {
namespace {

// Multilinear interpolation reproduces every function that is linear in each coordinate.
TEST(StateGrid, InterpolatesMultilinearFunctionsExactly) {
  const StateGrid grid({{-1.0, 2.0, 4}, {0.0, 1.0, 3}, {-5.0, 5.0, 2}});
  const auto f = [](const Eigen::VectorXd& x) { return 1.0 + 2.0 * x(0) - x(1) + 3.0 * x(0) * x(1) * x(2); };
  Eigen::VectorXd values(grid.size());
  for (Index i = 0; i < grid.size(); ++i) values(i) = f(grid.point(i));
  Random random(1, "grid");
  for (int trial = 0; trial < 200; ++trial) {
    const Eigen::Vector3d x(random.uniform(-1.0, 2.0), random.uniform(0.0, 1.0), random.uniform(-5.0, 5.0));
    EXPECT_NEAR(grid.interpolate(values, x), f(x), 1e-12);
    double sum = 0.0;
    for (const auto& [node, weight] : grid.interpolate(x)) sum += weight;
    EXPECT_NEAR(sum, 1.0, 1e-14);
  }
}

TEST(StateGrid, PutsANodeOnItselfAndClipsToTheBox) {
  const StateGrid grid({{-7.0, 7.0, 57}, {-7.0, 7.0, 57}});
  EXPECT_EQ(grid.size(), 57 * 57);
  for (const Index node : {0, 56, 1000, 57 * 57 - 1}) {
    const auto corners = grid.interpolate(grid.point(node));
    ASSERT_EQ(corners.size(), 1u) << node;
    EXPECT_EQ(corners[0].state, node);
  }
  EXPECT_EQ(grid.interpolate(Eigen::Vector2d(-100.0, 100.0))[0].state, 56);
}

TEST(ActionGrid, FillsTheBoxWithItsCells) {
  const ActionGrid grid({{-1.0, 1.0, 21}, {-1.0, 3.0, 5}});
  EXPECT_NEAR(grid.cell_volume() * grid.size(), 8.0, 1e-12);
  EXPECT_NEAR(grid.point(0)(0), -1.0 + 1.0 / 21.0, 1e-15);
  EXPECT_NEAR(grid.point(0)(1), -0.6, 1e-15);
  EXPECT_NEAR(grid.point(grid.size() / 2).norm() - 1.0, 0.0, 1e-12);  // the middle of the box, (0, 1)
}

// Discount 0 and reward −a²/2: V = α log ∫ exp(−a²/(2α)) da over [−1, 1] = α log(√(2πα) erf(1/√(2α))).
// The midpoint rule with 400 cells is good to about 1e-6.
TEST(Discretize, FindsTheSoftValueOfAGaussianReward) {
  const double temperature = 0.3;
  const Dynamics dynamics = [](const Eigen::VectorXd& state, const Eigen::VectorXd& action) {
    return Outcome{.next_state = state + action, .reward = -0.5 * action.squaredNorm()};
  };
  const auto task = discretize(dynamics, StateGrid({{-2.0, 2.0, 5}}), ActionGrid({{-1.0, 1.0, 400}}), 0.0);
  const auto solution = soft_value_iteration(task.mdp, {.temperature = temperature, .base_measure = task.lebesgue});
  const double truth = temperature * std::log(std::sqrt(2.0 * std::numbers::pi * temperature) *
                                              std::erf(1.0 / std::sqrt(2.0 * temperature)));
  for (Index s = 0; s < 5; ++s) EXPECT_NEAR(solution.values(s), truth, 2e-6);
  EXPECT_EQ(solution.values(task.end), 0.0);
}

TEST(Discretize, TerminatedLeadsToTheEnd) {
  const Dynamics dynamics = [](const Eigen::VectorXd& state, const Eigen::VectorXd& action) {
    return Outcome{.next_state = state + action, .reward = 1.0, .terminated = action(0) > 0.0};
  };
  const auto task = discretize(dynamics, StateGrid({{0.0, 1.0, 3}}), ActionGrid({{-0.5, 0.5, 2}}), 1.0);
  EXPECT_EQ(task.mdp.states(), 4);
  EXPECT_TRUE(task.mdp.is_terminal(task.end));
  for (Index s = 0; s < 3; ++s) {
    EXPECT_EQ(task.mdp.successors(task.mdp.find_pair(s, 1))[0], task.end);
    EXPECT_LT(task.mdp.successors(task.mdp.find_pair(s, 0))[0], task.end);
  }
}

// From 0.5, a step of 0.25 up or down or none between nodes 0.5 apart: what falls in the middle of a cell is shared by
// its ends, so that node 1 is met three times, 0.5 / 2 + 0.25 + 0.125 / 2, and stored once. The mean reward is 3.
TEST(Discretize, AddsUpTheOutcomesOfAChance) {
  const ChanceDynamics dynamics = [](const Eigen::VectorXd& state, const Eigen::VectorXd& action) {
    return std::vector<PossibleOutcome>{{0.5, {state + 0.25 * action, 0.0}},
                                        {0.25, {state, 4.0}},
                                        {0.125, {state - 0.25 * action, 8.0}},
                                        {0.125, {state, 8.0, true}}};
  };
  const auto task = discretize(dynamics, StateGrid({{0.0, 1.0, 3}}), ActionGrid({{0.0, 2.0, 1}}), 0.9);
  const Index pair = task.mdp.first_pair(1);
  EXPECT_DOUBLE_EQ(task.mdp.reward(pair), 3.0);
  const auto successors = task.mdp.successors(pair);
  const auto probabilities = task.mdp.probabilities(pair);
  EXPECT_THAT(std::vector(successors.begin(), successors.end()), ::testing::ElementsAre(0, 1, 2, task.end));
  EXPECT_THAT(std::vector(probabilities.begin(), probabilities.end()),
              ::testing::ElementsAre(0.0625, 0.5625, 0.25, 0.125));
}

TEST(Discretize, RefusesWhatIsNotFinite) {
  using ::testing::HasSubstr;
  using ::testing::ThrowsMessage;
  const Dynamics broken = [](const Eigen::VectorXd& state, const Eigen::VectorXd&) {
    return Outcome{.next_state = state, .reward = state(0) > 0.4 ? NAN : 0.0};
  };
  EXPECT_THAT(
      [&] {
        discretize(broken, StateGrid({{0.0, 1.0, 3}}), ActionGrid({{-1.0, 1.0, 2}}), 0.9);
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("node 1, cell 0")));
  EXPECT_THROW(StateGrid({{1.0, 1.0, 3}}), std::invalid_argument);
  EXPECT_THROW(StateGrid({{0.0, 1.0, 1}}), std::invalid_argument);
  EXPECT_THROW(ActionGrid({}), std::invalid_argument);
}

}  // namespace
}  // namespace softrl::tabular
