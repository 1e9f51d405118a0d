#include "continuous/kernels.hpp"

#include <cmath>
#include <limits>

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

// In single precision the median is sought among bit patterns: it is Torch's, ties, zeros and infinities included.
TEST(Kernels, BandwidthsHaveTheMedianOfTorch) {
  for (const std::int64_t particles : {1, 2, 3, 16, 33}) {
    torch::Tensor distances = torch::randn({7, particles, particles}, test_generator(1), torch::kFloat32).square();
    distances[1].zero_();
    distances[2] = distances[2].round();
    distances[3][0][0] = std::numeric_limits<float>::infinity();
    distances[4].fill_(3.25f);
    distances[5] *= 1e-20f;
    const torch::Tensor median = std::get<0>(distances.flatten(1).median(-1));
    const torch::Tensor expected = (median / std::log(static_cast<double>(particles) + 1.0)).clamp_min(1e-30);
    EXPECT_TRUE(torch::equal(bandwidth(distances, BandwidthRule::MedianSqOverLogN1, 1e-30).flatten(), expected));
    distances[6][0][0] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_TRUE(std::isnan(bandwidth(distances, BandwidthRule::MedianSqOverLogN1, 1e-30)[6].item<float>()));
  }
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
