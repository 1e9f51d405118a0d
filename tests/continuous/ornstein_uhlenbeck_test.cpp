#include "continuous/ornstein_uhlenbeck.hpp"

#include <cmath>

#include <gmock/gmock.h>

namespace softrl::continuous {
namespace {

// From 0, x_t is normal of variance σ² Σ_{i<t} (1 − θ)^{2i}, and cov(x_s, x_t) = (1 − θ)^{t − s} var(x_s). 40,000
// processes: each estimate within 6 deviations, which are √(2/n) of a variance and at most √(2/n) √(var var) of a
// covariance.
TEST(OrnsteinUhlenbeck, HasTheLawOfItsRecursion) {
  const int n = 40'000;
  const double theta = 0.15, sigma = 0.02, slack = 6.0 * std::sqrt(2.0 / n);
  OrnsteinUhlenbeck noise{.theta = theta, .sigma = sigma, .x = RowMatrix::Zero(n, 1)};
  Random random(1, "noise");
  Eigen::VectorXd at_3;
  double variance_at_3 = 0.0, variance = 0.0;
  for (int t = 1; t <= 20; ++t) {
    const RowMatrix added = noise.add_to(RowMatrix::Constant(n, 1, 0.25), random);
    const Eigen::VectorXd x = added.array() - 0.25;  // far from the bounds: nothing is cut
    variance = (1.0 - theta) * (1.0 - theta) * variance + sigma * sigma;
    EXPECT_NEAR(x.squaredNorm() / n, variance, slack * variance) << t;
    EXPECT_NEAR(x.mean(), 0.0, 6.0 * std::sqrt(variance / n)) << t;
    if (t == 3) at_3 = x, variance_at_3 = variance;
    if (t > 3) {
      EXPECT_NEAR(x.dot(at_3) / n, std::pow(1.0 - theta, t - 3) * variance_at_3,
                  slack * std::sqrt(variance * variance_at_3))
          << t;
    }
  }
  noise.restart(7);
  EXPECT_EQ(noise.x(7, 0), 0.0);
  EXPECT_NE(noise.x(8, 0), 0.0);
}

TEST(OrnsteinUhlenbeck, ActionsStayInTheirBox) {
  OrnsteinUhlenbeck noise{.theta = 0.15, .sigma = 50.0, .x = RowMatrix::Zero(100, 2)};
  Random random(1, "noise");
  const RowMatrix added = noise.add_to(RowMatrix::Zero(100, 2), random);
  EXPECT_EQ(added.maxCoeff(), 1.0);
  EXPECT_EQ(added.minCoeff(), -1.0);
}

TEST(OrnsteinUhlenbeck, DrawsNothingWhenOff) {
  OrnsteinUhlenbeck noise{.theta = 0.15, .sigma = 0.0, .x = RowMatrix::Zero(3, 2)};
  Random random(1, "noise"), untouched(1, "noise");
  const RowMatrix actions = RowMatrix::Constant(3, 2, 0.5);
  EXPECT_EQ(noise.add_to(actions, random), actions);
  EXPECT_EQ(random.state(), untouched.state());
}

}  // namespace
}  // namespace softrl::continuous
