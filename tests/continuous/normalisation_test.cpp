#include "continuous/normalisation.hpp"

#include <cmath>
#include <vector>

#include <gmock/gmock.h>

#include "softrl/random.hpp"

namespace softrl::continuous {
namespace {

RowMatrix random_rows(int rows, int columns, Random& random) {
  RowMatrix result(rows, columns);
  for (double& x : result.reshaped<Eigen::RowMajor>()) x = random.normal();
  return result;
}

// Whatever the pieces, the moments are those of all rows at once by their definition, even far from 0.
TEST(RunningMoments, AreThoseOfAllRowsAtOnce) {
  Random random(1, "rows");
  for (int trial = 0; trial < 50; ++trial) {
    const RowMatrix all = (100.0 * random_rows(60, 3, random)).array() + 1e6;
    RunningMoments moments = RunningMoments::zero(3);
    for (Eigen::Index at = 0; at < all.rows();) {
      const auto rows = std::min<Eigen::Index>(random.below(5), all.rows() - at);
      moments.add(all.middleRows(at, rows));
      at += rows;
    }
    const Eigen::VectorXd mean = all.colwise().mean().transpose();
    const Eigen::VectorXd variance =
        (all.rowwise() - mean.transpose()).colwise().squaredNorm().transpose() / static_cast<double>(all.rows());
    EXPECT_EQ(moments.count, 60.0);
    EXPECT_LT((moments.mean - mean).cwiseAbs().maxCoeff(), 1e-8);
    EXPECT_LT((moments.deviation() - variance.cwiseSqrt()).cwiseAbs().maxCoeff(), 1e-6);
  }
}

TEST(RunningMoments, FewerThanTwoChangeNoUnit) {
  RunningMoments moments = RunningMoments::zero(2);
  EXPECT_EQ(moments.deviation(), Eigen::Vector2d(1, 1));
  moments.add(RowMatrix::Constant(1, 2, 5.0));
  EXPECT_EQ(moments.deviation(), Eigen::Vector2d(1, 1));
  EXPECT_EQ(moments.mean, Eigen::Vector2d(5, 5));
}

VectorStep step_of(const RowMatrix& observations, const Eigen::VectorXd& rewards) {
  VectorStep step = VectorStep::zero(static_cast<int>(rewards.size()), observations.cols(), 0);
  step.observations = observations;
  step.rewards = rewards;
  return step;
}

// Rewards of 1 and γ = ½ from two environments, of which the second ends each episode after one step: discounted
// returns are 1, 1.5, 1.75 and 1, 1, 1, whose deviation is by definition.
TEST(Normalisation, RewardsAreOverTheDeviationOfDiscountedReturns) {
  Normalisation normalisation(false, true, 0.5, 2, 1);
  VectorStep step = step_of(RowMatrix::Zero(2, 1), Eigen::Vector2d(1, 1));
  step.terminated(1) = true;
  for (int t = 0; t < 3; ++t) {
    if (t == 1) std::swap(step.terminated, step.truncated);  // either end begins anew
    normalisation.see(step);
  }
  const std::vector<double> returns{1.0, 1.5, 1.75, 1.0, 1.0, 1.0};
  double mean = 0.0, variance = 0.0;
  for (const double x : returns) mean += x / 6.0;
  for (const double x : returns) variance += (x - mean) * (x - mean) / 6.0;
  EXPECT_NEAR(normalisation.reward_deviation(), std::sqrt(variance), 1e-7);

  const Batch batch{.observations = torch::tensor({{3.0f}}),
                    .actions = torch::tensor({{0.5f}}),
                    .rewards = torch::tensor({0.3f}),
                    .next_observations = torch::tensor({{4.0f}}),
                    .continues = torch::tensor({1.0f})};
  const Batch seen = normalisation.batch(batch);
  EXPECT_NEAR(seen.rewards[0].item<float>(), 0.3 / std::sqrt(variance), 1e-5);
  EXPECT_EQ(seen.observations[0][0].item<float>(), 3.0f);
  EXPECT_EQ(batch.rewards[0].item<float>(), 0.3f) << "the replay's own stay";
}

// What acts and what learns are told the same: each entry has mean 0 and deviation 1 over what has been seen.
TEST(Normalisation, ObservationsHaveMeanZeroAndDeviationOne) {
  Random random(1, "rows");
  Normalisation normalisation(true, false, 0.9, 4, 2);
  RowMatrix all(400, 2);
  for (int t = 0; t < 100; ++t) {
    RowMatrix rows = random_rows(4, 2, random);
    rows.col(0) = rows.col(0).array() * 0.01 + 7.0;
    all.middleRows(4 * t, 4) = rows;
    if (t == 0)
      normalisation.see_start(rows);
    else
      normalisation.see(step_of(rows, Eigen::VectorXd::Zero(4)));
  }
  const RowMatrix seen = normalisation.observations(all);
  EXPECT_LT(seen.colwise().mean().cwiseAbs().maxCoeff(), 1e-9);
  EXPECT_NEAR(seen.col(0).squaredNorm() / 400, 1.0, 1e-3);  // of 1e-8 in a variance of 1e-4
  EXPECT_NEAR(seen.col(1).squaredNorm() / 400, 1.0, 1e-6);
  const torch::Tensor rows = torch::from_blob(all.data(), {400, 2}, torch::kFloat64).clone();
  const Batch batch = normalisation.batch({rows, rows, rows.select(1, 0), rows, rows.select(1, 0)});
  EXPECT_NEAR(batch.observations[17][1].item<double>(), seen(17, 1), 1e-12);
  EXPECT_NEAR(batch.next_observations[399][0].item<double>(), seen(399, 0), 1e-12);
  EXPECT_TRUE(torch::equal(batch.actions, rows) && torch::equal(batch.rewards, rows.select(1, 0)));
  EXPECT_EQ(normalisation.observations(RowMatrix::Constant(1, 2, 1e9)), RowMatrix::Constant(1, 2, 10.0));
  EXPECT_EQ(normalisation.observation_scale().apply(Eigen::Vector2d(-1e9, 0.0))(0), -10.0);
  EXPECT_EQ(normalisation.reward_deviation(), 1.0);
}

}  // namespace
}  // namespace softrl::continuous
