#include "softrl/operators.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "softrl/random.hpp"

namespace softrl {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan = std::numeric_limits<double>::quiet_NaN();

// n equal terms x: log(n e^x) = x + log n, also where e^x under- or overflows.
TEST(LogSumExp, OfEqualTermsHasAClosedForm) {
  for (const double x : {0.0, 3.5, 1e4, -1e4, 1e300, -1e300})
    EXPECT_DOUBLE_EQ(log_sum_exp(std::vector<double>(7, x)), x + std::log(7.0)) << x;
}

TEST(LogSumExp, IsDefinedAtInfinityAndNan) {
  EXPECT_EQ(log_sum_exp({}), -inf);
  EXPECT_EQ(log_sum_exp(std::vector{-inf, -inf}), -inf);
  EXPECT_EQ(log_sum_exp(std::vector{-inf, 2.0}), 2.0);
  EXPECT_EQ(log_sum_exp(std::vector{inf, 2.0}), inf);
  EXPECT_TRUE(std::isnan(log_sum_exp(std::vector{nan, 2.0})));
  EXPECT_EQ(log_sum_exp(std::vector{nan, 2.0}, std::vector{-inf, 0.0}), 2.0) << "weight 0 silences even NaN";
}

// Two actions: V = α log(e^(a/α) + e^(b/α)); with KL to weights (w, 1−w), V = α log(w e^(a/α) + (1−w) e^(b/α)).
TEST(SoftValue, OfTwoActionsHasAClosedForm) {
  const std::vector<double> q{1.0, 2.0};
  EXPECT_NEAR(soft_value(q, 0.5), 0.5 * std::log(std::exp(2.0) + std::exp(4.0)), 1e-15);
  const std::vector<double> log_prior{std::log(0.25), std::log(0.75)};
  EXPECT_NEAR(soft_value(q, 0.5, log_prior), 0.5 * std::log(0.25 * std::exp(2.0) + 0.75 * std::exp(4.0)), 1e-15);
}

// Two equal actions q with weights e^w: V = q + α (w + log 2), of which q/α overflows and e^w under- or overflows.
TEST(SoftValue, IsFiniteWhereQOverTemperatureIsNot) {
  const std::vector<double> q{1e8, 1e8}, apart{1e8, -1e308};
  std::vector<double> policy(2);
  for (const double temperature : {1e-305, 1e-308, 1e-320}) {
    EXPECT_EQ(soft_value(q, temperature), 1e8);
    EXPECT_EQ(boltzmann_policy(q, temperature, {}, policy), 1e8);
    EXPECT_EQ(policy, (std::vector{0.5, 0.5}));
    EXPECT_EQ(boltzmann_policy(apart, temperature, {}, policy), 1e8);
    EXPECT_EQ(policy, (std::vector{1.0, 0.0}));
  }
  for (const double w : {-1e4, 1e4}) {
    EXPECT_EQ(boltzmann_policy(q, 1e-305, std::vector{w, w + std::log(3.0)}, policy), 1e8);
    EXPECT_NEAR(policy[1], 0.75, 1e-12);
    EXPECT_DOUBLE_EQ(soft_value(q, 1e5, std::vector{w, w}), 1e8 + 1e5 * (w + std::log(2.0)));
    EXPECT_EQ(boltzmann_policy(q, 0.0, std::vector{w, w}, policy), 1e8);
    EXPECT_EQ(policy, (std::vector{0.5, 0.5}));
  }
}

TEST(SoftValue, AtTemperatureZeroIsTheMaximumOverAvailableActions) {
  const std::vector<double> q{1.0, 5.0, 2.0};
  EXPECT_EQ(soft_value(q, 0.0), 5.0);
  EXPECT_EQ(soft_value(q, 0.0, std::vector{0.0, -inf, 0.0}), 2.0);
  EXPECT_EQ(soft_value({}, 0.0), -inf);
}

TEST(BoltzmannPolicy, AtTemperatureZeroSharesAmongMaximisersInProportionToTheBaseMeasure) {
  const std::vector<double> q{5.0, 5.0, 2.0};
  std::vector<double> policy(3);
  EXPECT_EQ(boltzmann_policy(q, 0.0, std::vector{std::log(0.2), std::log(0.6), std::log(0.2)}, policy), 5.0);
  EXPECT_NEAR(policy[0], 0.25, 1e-15);
  EXPECT_NEAR(policy[1], 0.75, 1e-15);
  EXPECT_EQ(policy[2], 0.0);
}

TEST(BoltzmannPolicy, MayOverwriteItsInput) {
  std::vector<double> q{1.0, 2.0, 3.0}, expected(3);
  boltzmann_policy(q, 0.7, {}, expected);
  boltzmann_policy(q, 0.7, {}, q);
  EXPECT_EQ(q, expected);
}

TEST(BoltzmannPolicy, WithoutAnAvailableActionIsAllZeros) {
  std::vector<double> policy{9.0, 9.0};
  EXPECT_EQ(boltzmann_policy(std::vector{1.0, 2.0}, 1.0, std::vector{-inf, -inf}, policy), -inf);
  EXPECT_EQ(policy, (std::vector{0.0, 0.0}));
}

// docs/math.md 1.3 and 1.4 on random Q, base measure and temperature: V = E_π[Q] − α D(π) at π_Q, and any other policy
// falls short by exactly α KL(π, π_Q).
TEST(SoftOperators, ObeyTheVariationalIdentity) {
  Random random(1, "operators");
  for (int trial = 0; trial < 1000; ++trial) {
    const int n = 2 + static_cast<int>(random.below(6));
    const double temperature = std::exp(random.uniform(-3.0, 3.0));
    std::vector<double> q(n), log_mu(n), boltzmann(n), other(n);
    double total = 0.0;
    for (int i = 0; i < n; ++i) {
      q[i] = 10.0 * random.normal();
      log_mu[i] = random.normal();
      total += other[i] = random.uniform();
    }
    for (double& p : other) p /= total;
    const auto objective = [&](const std::vector<double>& policy) {
      double expectation = 0.0;
      for (int i = 0; i < n; ++i) expectation += policy[i] * q[i];
      return expectation - temperature * divergence(policy, log_mu);
    };
    const double value = boltzmann_policy(q, temperature, log_mu, boltzmann);
    const double slack = 1e-12 * (100.0 + temperature * 10.0);
    EXPECT_NEAR(value, soft_value(q, temperature, log_mu), slack);
    EXPECT_NEAR(value, objective(boltzmann), slack);
    // π_Q may underflow where KL is huge; the identity is tested where it does not.
    const double gap = temperature * kl_divergence(other, boltzmann);
    if (std::isfinite(gap)) {
      EXPECT_NEAR(value - objective(other), gap, 1e-9 * (1.0 + gap));
    }
  }
}

TEST(Entropy, OfUniformIsLogNAndOfCertaintyIsZero) {
  EXPECT_NEAR(entropy(std::vector<double>(8, 0.125)), std::log(8.0), 1e-15);
  EXPECT_EQ(entropy(std::vector{0.0, 1.0, 0.0}), 0.0);
}

TEST(KlDivergence, IsZeroOnlyAtEqualityAndInfiniteOffTheSupport) {
  EXPECT_EQ(kl_divergence(std::vector{0.3, 0.7}, std::vector{0.3, 0.7}), 0.0);
  EXPECT_NEAR(kl_divergence(std::vector{0.5, 0.5}, std::vector{0.25, 0.75}), 0.5 * std::log(4.0 / 3.0), 1e-15);
  EXPECT_EQ(kl_divergence(std::vector{0.5, 0.5}, std::vector{1.0, 0.0}), inf);
}

}  // namespace
}  // namespace softrl
