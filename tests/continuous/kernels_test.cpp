#include "continuous/kernels.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

TEST(Kernels, SquaredDistancesAreTheDefinition) {
  const torch::Tensor x = torch::randn({2, 4, 3}, test_generator(1), torch::kFloat64);
  const torch::Tensor y = torch::randn({2, 5, 3}, test_generator(2), torch::kFloat64);
  const torch::Tensor distances = squared_distances(x, y);
  for (int b = 0; b < 2; ++b) {
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 5; ++j)
        EXPECT_NEAR(distances[b][i][j].item<double>(), (x[b][i] - y[b][j]).square().sum().item<double>(), 1e-14);
    }
  }
}

// Three particles against three with squared distances 1 … 9, whose median is 5.
TEST(Kernels, BandwidthsOfKnownDistances) {
  const torch::Tensor distances = torch::tensor({9., 2., 4., 1., 5., 8., 7., 3., 6.}, torch::kFloat64).view({1, 3, 3});
  const auto h = [&](BandwidthRule rule) { return bandwidth(distances, rule, 1e-3).item<double>(); };
  EXPECT_NEAR(h(BandwidthRule::MedianSqOverLogN1), 5.0 / std::log(4.0), 1e-14);
  EXPECT_NEAR(h(BandwidthRule::SqlCode), 5.0 / std::log(3.0), 1e-14);
  EXPECT_NEAR(h(BandwidthRule::SqlPaper), std::sqrt(5.0) / (2.0 * std::log(4.0)), 1e-14);
}

TEST(Kernels, CoincidingParticlesLeaveTheFloor) {
  const torch::Tensor none = torch::zeros({2, 4, 4}, torch::kFloat64);
  for (const auto rule : {BandwidthRule::MedianSqOverLogN1, BandwidthRule::SqlPaper})
    EXPECT_EQ(bandwidth(none, rule, 0.25)[1].item<double>(), 0.25) << to_string(rule);
  EXPECT_EQ(bandwidth(none, BandwidthRule::SqlCode, 1e-9)[0].item<double>(), 1e-3);
}

TEST(Kernels, RulesAreNamed) {
  for (const auto rule : {BandwidthRule::MedianSqOverLogN1, BandwidthRule::SqlCode, BandwidthRule::SqlPaper})
    EXPECT_EQ(bandwidth_rule(std::string(to_string(rule))), rule);
  EXPECT_THAT([] { bandwidth_rule("median"); },
              testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("got median")));
}

}  // namespace
}  // namespace softrl::continuous
