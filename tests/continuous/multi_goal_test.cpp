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

TEST(MultiGoal, NamesWhatItRefuses) {
  using testing::HasSubstr;
  using testing::ThrowsMessage;
  MultiGoal task;
  task.reset(1);
  EXPECT_THAT([&] { task.step(Eigen::VectorXd::Zero(3)); }, ThrowsMessage<std::invalid_argument>(HasSubstr("action")));
  EXPECT_THAT([&] { task.step(Eigen::Vector2d(NAN, 0)); }, ThrowsMessage<std::invalid_argument>(HasSubstr("action")));
  EXPECT_THAT([&] { task.start_from(Eigen::Vector2d(8, 0)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("state")));
}

}  // namespace
}  // namespace softrl::continuous
