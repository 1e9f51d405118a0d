#include "irl/wide_range.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// As long as doubles hold the results, both agree: to the last digit for products and quotients.
TEST(Wide, CalculatesAsDoublesDo) {
  Random random(1, "wide");
  for (int i = 0; i < 10'000; ++i) {
    const double x = std::ldexp(random.uniform(-1.0, 1.0), static_cast<int>(random.below(1000)) - 500);
    const double y = std::ldexp(random.uniform(-1.0, 1.0), static_cast<int>(random.below(1000)) - 500);
    const Wide a = Wide::of(x), b = Wide::of(y);
    EXPECT_EQ(to_double(a), x);
    EXPECT_EQ(to_double(a * b), x * y);
    EXPECT_EQ(to_double(a / b), x / y);
    EXPECT_EQ(to_double(a + b), x + y);
    EXPECT_EQ(to_double(a - b), x - y);
    EXPECT_EQ(a < b, x < y);
    EXPECT_NEAR(log_abs(a), std::log(std::abs(x)), 1e-13);
  }
}

TEST(Wide, LogarithmsUndoExponentials) {
  for (const double x : {0.0, 1.0, -1.0, 88.7, -177.4, 709.0, -745.0, 5000.0, -5000.0, 1e6, -1e8}) {
    EXPECT_NEAR(log_abs(wide_exp(x)), x, 2e-16 * std::abs(x) + 1e-13) << x;
    EXPECT_NEAR(log_abs(wide_exp(x) * wide_exp(-x)), 0.0, 1e-13) << x;
  }
  EXPECT_EQ(to_double(wide_exp(5000.0)), infinity);
  EXPECT_EQ(to_double(-wide_exp(5000.0)), -infinity);
  EXPECT_EQ(to_double(wide_exp(-5000.0)), 0.0);
}

TEST(Wide, ZeroIsBelowAllOthersAndAddsNothing) {
  const Wide zero, tiny = wide_exp(-1e6);
  EXPECT_EQ(log_abs(zero), -infinity);
  EXPECT_EQ(to_double((zero + tiny) / tiny), 1.0);
  EXPECT_EQ((zero * tiny).mantissa, 0.0);
  EXPECT_EQ((tiny - tiny).exponent, Wide::nothing);
  EXPECT_TRUE(zero < tiny);
  EXPECT_TRUE(-tiny < zero);
  EXPECT_TRUE(std::isnan(to_double(Wide::of(std::nan("")))));
}

}  // namespace
}  // namespace softrl::irl
