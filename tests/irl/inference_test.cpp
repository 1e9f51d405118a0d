#include "irl/inference.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// Tables of the normal distribution: Φ⁻¹(0.975) = 1.959963984540054, Φ⁻¹(0.95) = 1.644853626951472.
TEST(Inference, HasTheQuantilesOfTheTables) {
  const WeightInference result = infer(1.959963984540054 * 0.5, 0.5, 0.9);
  EXPECT_NEAR(result.t_value, 1.959963984540054, 1e-14);
  EXPECT_NEAR(result.p_value, 0.05, 1e-14);
  EXPECT_NEAR(result.upper - result.lower, 2 * 0.5 * 1.644853626951472, 1e-14);
  EXPECT_NEAR(result.upper + result.lower, 2 * 1.959963984540054 * 0.5, 1e-14);
}

// The p-value is erfc(|z| / √2), also where 1 − Φ would be nothing but rounding.
TEST(Inference, IsTheErrorFunctionFarIntoTheTail) {
  for (const double z : {-30.0, -8.5, -1.0, 0.0, 0.3, 8.5, 30.0}) {
    const double expected = std::erfc(std::abs(z) / std::sqrt(2.0));
    EXPECT_NEAR(infer(3.0 * z, 3.0, 0.95).p_value / expected, 1.0, 1e-12) << z;
  }
}

// An interval is what a test does not refuse: 0 is its end exactly where p = 1 − confidence.
TEST(Inference, IntervalsAreWhatTheTestDoesNotRefuse) {
  for (const double confidence : {0.5, 0.9, 0.99, 0.999999}) {
    const double reach = infer(0.0, 2.0, confidence).upper;
    EXPECT_NEAR(infer(reach, 2.0, 0.95).p_value, 1.0 - confidence, 1e-12);
    EXPECT_NEAR(infer(reach, 2.0, confidence).lower, 0.0, 1e-12);
  }
}

TEST(Inference, KnowsNothingWithoutAnError) {
  for (const double error : {std::numeric_limits<double>::quiet_NaN(), 0.0}) {
    const WeightInference result = infer(0.0, error, 0.95);
    for (const double value : {result.t_value, result.p_value, result.lower, result.upper})
      EXPECT_TRUE(std::isnan(value));
  }
}

TEST(Inference, RefusesConfidenceThatIsNone) {
  for (const double confidence : {0.0, 1.0, -0.5, 95.0, std::nan("")})
    EXPECT_THAT([&] { infer(1.0, 1.0, confidence); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("confidence must be between 0 and 1")));
}

// x, and y = x + an independent u of variance 3: correlation 1 / √(1 · 4). Weight 2 is fixed, weight 3 unknown.
TEST(Correlations, AreThoseOfASum) {
  const double nan = std::nan("");
  Eigen::Matrix4d covariance;
  covariance << 1, 1, 0, nan, 1, 4, 0, nan, 0, 0, 0, nan, nan, nan, nan, nan;
  const Eigen::MatrixXd result = correlations(covariance);
  EXPECT_EQ(result(0, 0), 1.0);
  EXPECT_EQ(result(0, 1), 0.5);
  EXPECT_EQ(result(1, 0), 0.5);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(std::isnan(result(2, i)) && std::isnan(result(i, 2)));
    EXPECT_TRUE(std::isnan(result(3, i)) && std::isnan(result(i, 3)));
  }
}

// A coin of 64 throws with 16 heads and one parameter, against one that is fair: L = 16 log ¼ + 48 log ¾.
TEST(FitStatistics, OfACoin) {
  const double fitted = 16 * std::log(0.25) + 48 * std::log(0.75), fair = 64 * std::log(0.5);
  const FitStatistics result = fit_statistics(fitted, fair, 1, 64);
  // The entropy of (¼, ¾) is 2 − ¾ log₂ 3 bits, of a fair coin 1 bit.
  EXPECT_NEAR(result.rho_squared, 0.75 * std::log2(3.0) - 1.0, 1e-14);
  EXPECT_NEAR(result.rho_squared - result.adjusted_rho_squared, 1.0 / (64 * std::log(2.0)), 1e-14);
  EXPECT_NEAR(result.aic, 2.0 - 2.0 * fitted, 1e-12);
  EXPECT_NEAR(result.bic - result.aic, 6 * std::log(2.0) - 2.0, 1e-12);
}

TEST(FitStatistics, WithoutChoicesExplainNothing) {
  const FitStatistics result = fit_statistics(0.0, 0.0, 0, 5);
  EXPECT_TRUE(std::isnan(result.rho_squared) && std::isnan(result.adjusted_rho_squared));
  EXPECT_EQ(result.aic, 0.0);
}

}  // namespace
}  // namespace softrl::irl
