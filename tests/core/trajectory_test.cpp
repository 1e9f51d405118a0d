#include "softrl/trajectory.hpp"

#include <cmath>
#include <stdexcept>

#include <gtest/gtest.h>

#include "support/walk.hpp"

namespace softrl {
namespace {

TEST(Rollout, RecordsEveryTransitionInOrder) {
  test::Walk walk(4);
  Random random(1);
  const auto trajectory = rollout(walk, test::GoRight(1.0), random, 100);
  ASSERT_EQ(trajectory.transitions.size(), 4u);
  for (int t = 0; t < 4; ++t) {
    const auto& transition = trajectory.transitions[static_cast<std::size_t>(t)];
    EXPECT_EQ(transition.observation, t);
    EXPECT_EQ(transition.action, 1);
    EXPECT_EQ(transition.next_observation, t + 1);
    EXPECT_EQ(transition.terminated, t == 3);
    EXPECT_FALSE(transition.truncated);
  }
}

TEST(Rollout, MarksTheStepWhereItStopsWatchingAsTruncated) {
  test::Walk walk(4);
  Random random(1);
  const auto trajectory = rollout(walk, test::GoRight(1.0), random, 2);
  ASSERT_EQ(trajectory.transitions.size(), 2u);
  EXPECT_FALSE(trajectory.transitions[0].truncated);
  EXPECT_TRUE(trajectory.transitions[1].truncated);
  EXPECT_FALSE(trajectory.transitions[1].terminated);
  EXPECT_THROW(rollout(walk, test::GoRight(1.0), random, 0), std::invalid_argument);
}

// Σ_{t<3} −1 · 0.5^t = −1.75.
TEST(Trajectory, DiscountsItsReturn) {
  test::Walk walk(3);
  Random random(1);
  const auto trajectory = rollout(walk, test::GoRight(1.0), random, 100);
  EXPECT_DOUBLE_EQ(trajectory.discounted_return(0.5), -1.75);
  EXPECT_DOUBLE_EQ(trajectory.discounted_return(), -3.0);
}

// The length to the k-th success at probability p has mean k/p and variance k(1−p)/p²; 6 standard errors: false alarm
// 2e-9.
TEST(Rollout, HasTheLawOfThePolicy) {
  test::Walk walk(3);
  Random random(5, "actions");
  const double p = 0.3;
  const int episodes = 20'000;
  double total = 0.0;
  for (int i = 0; i < episodes; ++i)
    total += static_cast<double>(rollout(walk, test::GoRight(p), random, 1'000'000).transitions.size());
  const double error = std::sqrt(3.0 * (1.0 - p) / (p * p) / episodes);
  EXPECT_LE(std::abs(total / episodes - 3.0 / p), 6.0 * error);
}

}  // namespace
}  // namespace softrl
