#include "irl/model_comparison.hpp"

#include <cmath>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// The tail of chi-squared is erfc(√(x/2)) for one degree of freedom, e^(−x/2) for two, e^(−x/2) (1 + x/2) for four.
TEST(LikelihoodRatio, HasTheClosedFormsOfTheChiSquaredTail) {
  for (const double gain : {0.0, 0.3, 1.92, 20.0, 300.0}) {
    const auto p_value = [&](int degrees) { return likelihood_ratio_test(-1000.0 - gain, -1000.0, degrees).p_value; };
    EXPECT_NEAR(p_value(1) / std::erfc(std::sqrt(gain)), 1.0, 1e-11);
    EXPECT_NEAR(p_value(2) / std::exp(-gain), 1.0, 1e-11);
    EXPECT_NEAR(p_value(4) / (std::exp(-gain) * (1.0 + gain)), 1.0, 1e-11);
  }
  EXPECT_NEAR(likelihood_ratio_test(-100.0 - 0.5 * 3.841458820694124, -100.0, 1).p_value, 0.05, 1e-12);
  EXPECT_NEAR(likelihood_ratio_test(-100.0 - 0.5 * 18.307038053275146, -100.0, 10).p_value, 0.05, 1e-12);
}

TEST(LikelihoodRatio, ForgivesWhatASearchLeavesAndNoMore) {
  EXPECT_EQ(likelihood_ratio_test(-5.0, -5.0 - 1e-8, 2).p_value, 1.0);
  const auto refuses = [](double restricted, double full, int degrees, const char* words) {
    EXPECT_THAT([&] { likelihood_ratio_test(restricted, full, degrees); },
                ThrowsMessage<std::invalid_argument>(HasSubstr(words)));
  };
  refuses(-5.0, -5.1, 2, "not nested");
  refuses(-5.0, -4.0, 0, "degrees of freedom must be at least 1, got 0");
  refuses(std::nan(""), -4.0, 1, "must be finite");
}

// Differences 1 and 3, each n/2 times: mean 2, deviation 1, statistic 2 √n.
TEST(Vuong, OfTwoValuesHasAClosedForm) {
  const Eigen::Vector4d first(-1, -2, -3, -4), difference(1, 3, 3, 1);
  const VuongTest test = vuong_test(first, first - difference);
  EXPECT_NEAR(test.statistic, 4.0, 1e-14);
  EXPECT_NEAR(test.p_value, std::erfc(4.0 / std::sqrt(2.0)), 1e-15);
  const VuongTest other_way = vuong_test(first - difference, first);
  EXPECT_EQ(other_way.statistic, -test.statistic);
  EXPECT_EQ(other_way.p_value, test.p_value);
}

TEST(Vuong, CannotTellModelsThatAreTheSame) {
  const Eigen::Vector3d trips(-1, -2, -3);
  EXPECT_TRUE(std::isnan(vuong_test(trips, trips).statistic));
  EXPECT_TRUE(std::isnan(vuong_test(trips, trips + 1e-7 * trips).p_value));
  EXPECT_THROW(vuong_test(trips, Eigen::Vector2d(-1, -2)), std::invalid_argument);
  EXPECT_THROW(vuong_test(Eigen::VectorXd(), Eigen::VectorXd()), std::invalid_argument);
}

TEST(Nested, MeansWithMoreWeightsFixed) {
  const FittedWeight time{"time", -2, true}, left{"left", -1, true}, toll{"toll", -3, true};
  const FittedWeight no_left{"left", 0, false}, fixed_left{"left", -1, false}, fixed_time{"time", -2, false};
  EXPECT_TRUE(is_nested({time}, {time, left}));
  EXPECT_TRUE(is_nested({left}, {toll, time, left}));
  EXPECT_TRUE(is_nested({}, {time})) << "of no weights";
  EXPECT_TRUE(is_nested({time, fixed_left}, {time, left})) << "fixed where the other is free";
  EXPECT_TRUE(is_nested({time}, {time, toll, no_left})) << "a weight of 0 is no weight";
  EXPECT_TRUE(is_nested({time, fixed_left}, {toll, time, fixed_left}));
  EXPECT_FALSE(is_nested({time, left}, {time})) << "the other way round";
  EXPECT_FALSE(is_nested({time, left}, {time, left})) << "the same";
  EXPECT_FALSE(is_nested({time}, {left, toll}));
  EXPECT_FALSE(is_nested({time}, {time, toll, fixed_left})) << "0 against −1";
  EXPECT_FALSE(is_nested({toll, fixed_left}, {time, toll, no_left})) << "−1 against 0";
  EXPECT_FALSE(is_nested({time}, {fixed_time, toll, left})) << "free where the other is fixed";
}

TEST(ModelComparison, OnlyFamiliesThatContainEachOtherNest) {
  EXPECT_TRUE(may_nest("maxent", "maxent"));
  EXPECT_TRUE(may_nest("maxent", "nested"));
  EXPECT_FALSE(may_nest("nested", "maxent"));
  EXPECT_FALSE(may_nest("action", "maxent"));
  EXPECT_FALSE(may_nest("maxent in the corridor of detours up to 3", "maxent in the corridor of detours up to 1.3"));
}

}  // namespace
}  // namespace softrl::irl
