#include "continuous/multi_goal.hpp"

#include <gmock/gmock.h>

namespace softrl::continuous {
namespace {

TEST(MultiGoal, MovesAndPays) {
  const auto step = MultiGoal::move({1.0, 2.0}, {0.5, -0.25});
  EXPECT_EQ(step.position, Eigen::Vector2d(1.5, 1.75));
  // the nearest goal is (0, 5): 1.5² + 3.25² = 12.8125; the action costs 30 · 0.3125
  EXPECT_DOUBLE_EQ(step.reward, -30.0 * 0.3125 - 12.8125);
  EXPECT_FALSE(step.terminated);
}

TEST(MultiGoal, AGoalPaysTenAndEnds) {
  const auto step = MultiGoal::move({4.0, 0.0}, {0.5, 0.0});
  EXPECT_DOUBLE_EQ(step.reward, -7.5 - 0.25 + 10.0);
  EXPECT_TRUE(step.terminated);
  EXPECT_FALSE(MultiGoal::move({3.5, 0.0}, {0.5, 0.0}).terminated) << "the edge of a goal is outside";
  EXPECT_EQ(MultiGoal::goal_at({4.5, 0.0}), 0);
  EXPECT_EQ(MultiGoal::goal_at({0.0, -4.5}), 3);
  EXPECT_EQ(MultiGoal::goal_at({0.0, 0.0}), -1);
}

TEST(MultiGoal, ActionsAndPositionsAreClipped) {
  const auto clipped = MultiGoal::move({6.5, -6.9}, {3.0, -3.0});
  EXPECT_EQ(clipped.position, Eigen::Vector2d(7.0, -7.0));
  EXPECT_EQ(clipped.reward, MultiGoal::move({6.5, -6.9}, {1.0, -1.0}).reward);
}

// A quarter turn of state and action turns the outcome: the four goals are alike.
TEST(MultiGoal, AQuarterTurnChangesNothing) {
  const auto turn = [](const Eigen::Vector2d& v) { return Eigen::Vector2d(-v.y(), v.x()); };
  Random random(1);
  for (int i = 0; i < 1000; ++i) {
    const Eigen::Vector2d s(random.uniform(-7, 7), random.uniform(-7, 7)),
        a(random.uniform(-1, 1), random.uniform(-1, 1));
    const auto step = MultiGoal::move(s, a), turned = MultiGoal::move(turn(s), turn(a));
    EXPECT_EQ(turned.position, turn(step.position));
    EXPECT_NEAR(turned.reward, step.reward, 1e-12);
    EXPECT_EQ(turned.terminated, step.terminated);
  }
}

// f(s) = 25 (1 − Σ_g exp(−|s − g|² / 8)). At the origin all four are 5 away; at a goal the others are √50, √50 and 10.
TEST(MultiGoal, TheMixtureIsOneOfGaussians) {
  const auto reward = [](const Eigen::Vector2d& position) {
    return MultiGoal::move(position, {0.0, 0.0}, MultiGoalReward::Mixture).reward;
  };
  EXPECT_NEAR(reward({0, 0}), -25.0 * (1.0 - 4.0 * std::exp(-25.0 / 8.0)), 1e-12);
  EXPECT_NEAR(reward({0, 5}), 25.0 * (2.0 * std::exp(-50.0 / 8.0) + std::exp(-100.0 / 8.0)) + 10.0, 1e-12);
  const auto task = make_task("multi_goal_mixture");
  task->set_state(Eigen::Vector2d(3.0, 0.0));
  const auto step = task->step(Eigen::Vector2d(1.0, 0.0));
  EXPECT_FALSE(step.terminated) << "the edge of a goal is outside";
  EXPECT_LT(step.reward, -30.0) << "the action costs as in the other variant";
  EXPECT_TRUE(task->step(Eigen::Vector2d(0.5, 0.0)).terminated);
}

// However long it waits beside a goal, an episode that ends there at once has the higher return.
TEST(MultiGoal, WaitingBesideAGoalNeverPays) {
  for (const auto kind : {MultiGoalReward::Distance, MultiGoalReward::Mixture}) {
    for (double angle = 0.0; angle < 6.28; angle += 0.1) {
      const Eigen::Vector2d beside = Eigen::Vector2d(5, 0) + 1.001 * Eigen::Vector2d(std::cos(angle), std::sin(angle));
      EXPECT_LT(MultiGoal::move(beside, {0.0, 0.0}, kind).reward, 0.0);
    }
  }
}

TEST(MultiGoal, NamesWhatItRefuses) {
  using testing::HasSubstr;
  using testing::ThrowsMessage;
  const auto task = make_task("multi_goal");
  task->reset(1);
  EXPECT_THAT([&] { task->step(Eigen::VectorXd::Zero(3)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("action must have 2 entries, got 3")));
  EXPECT_THAT([&] { task->step(Eigen::Vector2d(NAN, 0)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("action must be finite, got nan")));
  EXPECT_THAT([&] { task->set_state(Eigen::Vector2d(8, 0)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("state must be in [-7, 7], got 8")));
}

}  // namespace
}  // namespace softrl::continuous
