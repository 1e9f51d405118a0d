#include "irl/wald.hpp"

#include <cmath>
#include <numbers>
#include <stdexcept>

#include <Eigen/Cholesky>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/fit.hpp"
#include "irl/generated_city.hpp"
#include "irl/likelihood.hpp"
#include "irl/model_comparison.hpp"
#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const std::vector<std::string> names{"time", "left", "left_turn", "3d"};

TEST(Restrictions, AreLinearInTheWeights) {
  const LinearRestrictions result =
      parse_restrictions(names, "left_turn = 0,-time+ 2*left - 3 = left * 0.5 *2 + 1e-1, 3d = 4 ");
  Eigen::MatrixXd matrix(3, 4);
  matrix << 0, 0, 1, 0, -1, 1, 0, 0, 0, 0, 0, 1;
  EXPECT_EQ(result.matrix, matrix);
  EXPECT_EQ(result.values, Eigen::Vector3d(0.0, 3.1, 4.0));
  EXPECT_THAT(result.text, ElementsAre("left_turn = 0", "-time+ 2*left - 3 = left * 0.5 *2 + 1e-1", "3d = 4"));
}

TEST(Restrictions, NameWhatTheyRefuse) {
  for (const auto& [text, words] :
       {std::pair("speed = 1", "at \"speed = 1\" (weights: time, left"),
        std::pair("time", "\"time\" lacks an equals sign"), std::pair("time = left = 3", "\"= 3\""),
        std::pair("time * left = 0", "linear"), std::pair("time = time", "cancel"), std::pair("2 = 2", "no weights"),
        std::pair("time = 1,", "restriction \"\""), std::pair("time = 1 2", "\"2\""),
        std::pair("time = inf", "at \"inf\"")})
    EXPECT_THAT([text = text] { parse_restrictions(names, text); },
                ThrowsMessage<std::invalid_argument>(HasSubstr(words)));
}

// Of one weight: z². Of two independent ones: the sum of both, whose tail is exp(−x/2). Of two that correlate: by hand,
// with C = [4 2; 2 9], C⁻¹ = [9 −2; −2 4] / 32.
TEST(WaldTest, HasClosedForms) {
  Eigen::MatrixXd covariance = Eigen::Vector3d(4, 9, 0).asDiagonal();
  const Eigen::Vector3d weights(3, -6, 5);
  const std::vector<std::string> abc{"a", "b", "c"};
  const WaldTest one = wald_test(weights, covariance, parse_restrictions(abc, "a = 1"));
  EXPECT_NEAR(one.statistic, 1.0, 1e-14);
  EXPECT_NEAR(one.p_value, std::erfc(1.0 / std::numbers::sqrt2), 1e-14);
  const WaldTest two = wald_test(weights, covariance, parse_restrictions(abc, "a = 1, b = c + 1"));
  EXPECT_NEAR(two.statistic, 1.0 + 16.0, 1e-12) << "c is fixed at 5, so that b is 12 off";
  EXPECT_EQ(two.degrees_of_freedom, 2);
  EXPECT_NEAR(two.p_value, std::exp(-0.5 * 17.0), 1e-14);
  covariance(0, 1) = covariance(1, 0) = 2.0;
  const WaldTest both = wald_test(weights, covariance, parse_restrictions(abc, "a = 0, b = 0"));
  EXPECT_NEAR(both.statistic, (9.0 * 9 + 4.0 * 18 + 4.0 * 36) / 32.0, 1e-12);
  const WaldTest mixed = wald_test(weights, covariance, parse_restrictions(abc, "a + b = 0, 2*a = b"));
  EXPECT_NEAR(mixed.statistic, both.statistic, 1e-12) << "the same restrictions in other words";

  covariance(0, 0) = std::nan("");
  EXPECT_NEAR(wald_test(weights, covariance, parse_restrictions(abc, "b = 0")).statistic, 4.0, 1e-12);
  for (const auto& [text, words] : {std::pair("a = 0", "not known"), std::pair("c = 0", "fixed weights alone"),
                                    std::pair("b = 0, 2*b = 1", "other")})
    EXPECT_THAT(([&, text = text] { wald_test(weights, covariance, parse_restrictions(abc, text)); }),
                ThrowsMessage<std::invalid_argument>(HasSubstr(words)));
}

// Wald and likelihood-ratio statistics have the same limit: for restrictions near the truth of a city of 4,000 trips
// both are about the squared distance in errors, and differ by its cube over √n. The same trips give the same figures
// on every run.
TEST(WaldTest, IsCloseToTheLikelihoodRatio) {
  const RouteData city = generate_city({.rows = 8, .columns = 8, .trips = 4000, .seed = 3});
  Likelihood likelihood(city);
  const FitResult full = fit(likelihood);
  const std::vector<std::string>& features = city.network.features;
  const double left = full.weights(1) + 2.0 * std::sqrt(full.covariance(1, 1));
  const FitResult restricted = fit(likelihood, {.fixed = {{"left_turn", left}}});
  const double ratio = likelihood_ratio_test(restricted.log_likelihood, full.log_likelihood, 1).statistic;
  const WaldTest wald =
      wald_test(full.weights, full.covariance, parse_restrictions(features, fmt::format("left_turn = {}", left)));
  EXPECT_NEAR(wald.statistic, 4.0, 1e-9);
  EXPECT_NEAR(ratio, wald.statistic, 0.1 * wald.statistic);
}

// Monte Carlo from the normal distribution of the weights: the mean of n draws of the ratio lies within 5.5 of its
// standard errors of the truth but for a chance of 4e-8; the delta method's own error is of second order in σ_b / b,
// here 0.0004, and the allowance for it 0.01.
TEST(WeightRatio, AgreesWithMonteCarlo) {
  const Eigen::Vector2d weights(-1.5, -2.0);
  Eigen::Matrix2d covariance;
  covariance << 0.01, 0.0004, 0.0004, 0.0016;
  const WeightRatio ratio = weight_ratio(weights, covariance, 0, 1, 0.95);
  EXPECT_EQ(ratio.value, 0.75);
  EXPECT_NEAR(ratio.lower + ratio.upper, 1.5, 1e-12);
  EXPECT_NEAR(ratio.upper - ratio.lower, 2 * 1.959963984540054 * ratio.std_error, 1e-9);
  const Eigen::Matrix2d root = covariance.llt().matrixL();
  Random random(1, "ratio");
  const int draws = 100'000;
  double sum = 0.0, squares = 0.0;
  int covered = 0;
  for (int i = 0; i < draws; ++i) {
    const double u = random.normal(), v = random.normal();
    const Eigen::Vector2d drawn = weights + root * Eigen::Vector2d(u, v);
    const double x = drawn(0) / drawn(1) - ratio.value;
    sum += x;
    squares += x * x;
    const WeightRatio of_drawn = weight_ratio(drawn, covariance, 0, 1, 0.95);
    if (of_drawn.fieller.kind == FiellerSet::Kind::Interval && of_drawn.fieller.lower <= ratio.value &&
        ratio.value <= of_drawn.fieller.upper)
      ++covered;
  }
  const double variance = squares / draws - (sum / draws) * (sum / draws);
  EXPECT_NEAR(std::sqrt(variance) / ratio.std_error, 1.0, 5.5 / std::sqrt(2.0 * draws) + 0.01);
  // Fieller's set covers the truth with the stated probability, exactly.
  EXPECT_NEAR(covered / static_cast<double>(draws), 0.95, 5.5 * std::sqrt(0.95 * 0.05 / draws));
}

// A fixed denominator scales: the interval is that of the numerator. A denominator that may be 0: no interval.
TEST(WeightRatio, ByFieller) {
  const Eigen::Vector2d weights(3.0, -2.0);
  Eigen::Matrix2d covariance = Eigen::Vector2d(0.25, 0.0).asDiagonal();
  const WeightRatio fixed = weight_ratio(weights, covariance, 0, 1, 0.95);
  EXPECT_EQ(fixed.fieller.kind, FiellerSet::Kind::Interval);
  EXPECT_NEAR(fixed.fieller.lower, fixed.lower, 1e-12);
  EXPECT_NEAR(fixed.fieller.upper, fixed.upper, 1e-12);
  EXPECT_NEAR(fixed.std_error, 0.25, 1e-12);
  covariance(1, 1) = 4.0;
  const FiellerSet outside = weight_ratio(weights, covariance, 0, 1, 0.95).fieller;
  EXPECT_EQ(outside.kind, FiellerSet::Kind::Outside);
  EXPECT_LT(outside.lower, outside.upper);
  for (const double rho : {outside.lower, outside.upper})  // its ends: just not refused
    EXPECT_NEAR(std::abs(3.0 + 2.0 * rho) / std::sqrt(0.25 + 4.0 * rho * rho), 1.959963984540054, 1e-9);
  covariance(0, 0) = 100.0;
  EXPECT_EQ(weight_ratio(weights, covariance, 0, 1, 0.95).fieller.kind, FiellerSet::Kind::Everything);
  EXPECT_THROW(weight_ratio(Eigen::Vector2d(1.0, 0.0), covariance, 0, 1, 0.95), std::invalid_argument);
  covariance(0, 0) = std::nan("");
  EXPECT_THROW(weight_ratio(weights, covariance, 0, 1, 0.95), std::invalid_argument);
}

}  // namespace
}  // namespace softrl::irl
