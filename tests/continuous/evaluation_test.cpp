#include "continuous/evaluation.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "continuous/multi_goal.hpp"

namespace softrl::continuous {
namespace {

// Always the same action.
class Constant : public ContinuousPolicy {
 public:
  explicit Constant(Eigen::Vector2d action) : action_(std::move(action)) {}
  Eigen::VectorXd sample(const Eigen::VectorXd&, Random&) const override { return action_; }
  double log_prob(const Eigen::VectorXd&, const Eigen::VectorXd&) const override { return 0.0; }

 private:
  Eigen::Vector2d action_;
};

// Of {0, 1} a resample has the mean 0 or 1 with probability 1/4 each: both percentiles. For 400 values the bootstrap
// agrees with the normal distribution; 10,000 resamples tell its percentiles to about 2 % of the width, the seed is
// fixed.
TEST(Evaluation, IntervalOfAMeanIsTheBootstraps) {
  EXPECT_EQ(mean_interval({0.0, 1.0}).low, 0.0);
  EXPECT_EQ(mean_interval({0.0, 1.0}).high, 1.0);
  EXPECT_TRUE(std::isinf(mean_interval({1.0}).high));
  Random random(1);
  std::vector<double> values(400);
  double sum = 0.0, squares = 0.0;
  for (double& value : values) {
    value = 3.0 + random.normal();
    sum += value;
    squares += value * value;
  }
  const double mean = sum / 400.0, error = std::sqrt((squares / 400.0 - mean * mean) / 400.0);
  const auto [low, high] = mean_interval(values);
  EXPECT_NEAR((mean - low) / (1.96 * error), 1.0, 0.1);
  EXPECT_NEAR((high - mean) / (1.96 * error), 1.0, 0.1);
}

// Wilson's bounds solve (p̂ − p)² = z² p (1 − p)/n.
TEST(Evaluation, IntervalOfAShareSolvesWilsonsEquation) {
  for (const int count : {0, 3, 20, 40}) {
    const auto [low, high] = share_interval(count, 40);
    for (const double p : {low, high}) {
      const double error = count / 40.0 - p;
      EXPECT_NEAR(error * error, 1.959963984540054 * 1.959963984540054 * p * (1.0 - p) / 40.0, 1e-12) << count;
    }
    EXPECT_LE(low, count / 40.0);
    EXPECT_GE(high, count / 40.0);
  }
}

TEST(Evaluation, EntropyOfSharesHasClosedForms) {
  EXPECT_NEAR(entropy({5, 5, 5, 5}), std::log(4.0), 1e-15);
  EXPECT_NEAR(entropy({8, 0, 8}), std::log(2.0), 1e-15);
  EXPECT_NEAR(entropy({3, 1}), -0.75 * std::log(0.75) - 0.25 * std::log(0.25), 1e-15);
  EXPECT_EQ(entropy({0, 7, 0}), 0.0);
  EXPECT_TRUE(std::isnan(entropy({0, 0})));
  EXPECT_EQ(entropy_interval({0, 7, 0}).low, 0.0);
  EXPECT_EQ(entropy_interval({0, 7, 0}).high, 0.0);
  EXPECT_TRUE(std::isnan(entropy_interval({0, 0}).low));
}

// How often the interval holds the entropy behind 200 draws. At equal shares, the end of the range, plain percentiles
// never do. A simulation in NumPy says 99 % and 95 %; 60 repetitions miss that by at most 3 standard errors of 2.8 %.
TEST(Evaluation, IntervalOfAnEntropyCovers) {
  const auto coverage = [](const std::vector<double>& shares, double truth) {
    Random random(3, "coverage");
    int covered = 0;
    for (int i = 0; i < 60; ++i) {
      std::vector<int> counts(shares.size());
      for (int draw = 0; draw < 200; ++draw) ++counts[static_cast<std::size_t>(random.categorical(shares))];
      const auto [low, high] = entropy_interval(counts);
      covered += low <= truth && truth <= high ? 1 : 0;
    }
    return covered / 60.0;
  };
  EXPECT_GE(coverage({0.25, 0.25, 0.25, 0.25}, std::log(4.0)), 0.9);
  EXPECT_GE(coverage({0.7, 0.1, 0.1, 0.1}, -0.7 * std::log(0.7) - 0.3 * std::log(0.1)), 0.86);
}

// Straight to the right: every episode ends in (5, 0), after the same handful of steps.
TEST(Evaluation, CountsTheGoalThatIsReached) {
  const auto task = make_task("multi_goal");
  const auto result = evaluate(*task, Constant({0.9, 0.0}), {.episodes = 20, .seed = 4});
  const GoalCounts counts = count_goals(result.trajectories);
  EXPECT_EQ(counts.goals[0].goal, Eigen::Vector2d(5, 0));
  EXPECT_EQ(counts.goals[0].count, 20);
  EXPECT_EQ(counts.goals[0].share, 1.0);
  EXPECT_EQ(counts.no_goal, 0);
  EXPECT_NEAR(result.mean_length, 5.0, 0.5);
  double sum = 0.0;
  for (const auto& trajectory : result.trajectories) sum += trajectory.discounted_return();
  EXPECT_NEAR(result.mean_return, sum / 20.0, 1e-9);
  EXPECT_LT(result.return_interval.low, result.mean_return);
}

TEST(Evaluation, StandingStillReachesNothing) {
  const auto task = make_task("multi_goal");
  const auto result = evaluate(*task, Constant({0.0, 0.0}), {.episodes = 3});
  EXPECT_EQ(count_goals(result.trajectories).no_goal, 3);
  EXPECT_EQ(result.mean_length, 30.0);
}

TEST(Evaluation, BeginsWhereItIsTold) {
  const auto task = make_task("multi_goal");
  const Eigen::VectorXd start{{1.5, -2.0}};
  const auto result = evaluate(*task, Constant({0.0, 0.0}), {.episodes = 2, .start = start});
  for (const auto& trajectory : result.trajectories) EXPECT_EQ(trajectory.transitions.front().observation, start);
  EXPECT_THROW(evaluate(*task, Constant({0.0, 0.0}), {.start = Eigen::VectorXd::Zero(3)}), std::invalid_argument);
}

TEST(Evaluation, NamesTheOptionItRefuses) {
  const auto task = make_task("multi_goal");
  EXPECT_THAT(
      [&] {
        evaluate(*task, Constant({0, 0}), {.episodes = 0});
      },
      testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("episodes")));
}

}  // namespace
}  // namespace softrl::continuous
