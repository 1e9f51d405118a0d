#include "softrl/random.hpp"

#include <cmath>
#include <set>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace softrl {
namespace {

TEST(Random, RepeatsItselfForTheSameSeedKeyAndIndex) {
  Random a(7, "reset", 3), b(7, "reset", 3);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.bits(), b.bits());
}

TEST(Random, GivesDifferentStreamsForDifferentSeedsKeysAndIndices) {
  std::set<std::uint64_t> first;
  int streams = 0;
  for (const std::uint64_t seed : {0u, 1u, 2u}) {
    for (const char* key : {"", "reset", "exploration"}) {
      for (std::uint64_t index = 0; index < 10; ++index, ++streams) first.insert(Random(seed, key, index).bits());
    }
  }
  EXPECT_EQ(first.size(), static_cast<std::size_t>(streams));
}

// The means of n draws of known variance; |z| > 6 has probability 2e-9, so four such checks fail by chance in 1e-8.
TEST(Random, HasTheMomentsOfItsDistributions) {
  Random random(1, "moments");
  const int n = 200'000;
  double uniform = 0.0, normal = 0.0, square = 0.0, die = 0.0;
  for (int i = 0; i < n; ++i) {
    const double u = random.uniform(), z = random.normal();
    ASSERT_TRUE(u >= 0.0 && u < 1.0);
    uniform += u;
    normal += z;
    square += z * z;
    const auto face = random.below(6);
    ASSERT_TRUE(face >= 0 && face < 6);
    die += static_cast<double>(face);
  }
  const double root = std::sqrt(n);
  EXPECT_LT(std::abs(uniform / n - 0.5) * root / std::sqrt(1.0 / 12.0), 6.0);
  EXPECT_LT(std::abs(normal / n) * root, 6.0);
  EXPECT_LT(std::abs(square / n - 1.0) * root / std::sqrt(2.0), 6.0);
  EXPECT_LT(std::abs(die / n - 2.5) * root / std::sqrt(35.0 / 12.0), 6.0);
}

// Counts of each index are binomial; 6 standard deviations, 4 checks: false alarm below 1e-8.
TEST(Random, DrawsCategoriesInProportion) {
  Random random(2, "categorical");
  const std::vector<double> weights{1.0, 0.0, 3.0, 4.0};
  std::vector<int> counts(4);
  const int n = 100'000;
  for (int i = 0; i < n; ++i) ++counts[static_cast<std::size_t>(random.categorical(weights))];
  EXPECT_EQ(counts[1], 0);
  for (std::size_t i = 0; i < 4; ++i) {
    const double p = weights[i] / 8.0;
    EXPECT_LE(std::abs(counts[i] - n * p), 6.0 * std::sqrt(n * p * (1.0 - p))) << i;
  }
}

TEST(Random, ContinuesFromASavedState) {
  Random random(3, "checkpoint");
  for (int i = 0; i < 1000; ++i) random.normal();
  const std::string state = random.state();
  std::vector<double> expected(10);
  for (double& x : expected) x = random.normal();
  Random other(99);
  other.restore(state);
  for (const double x : expected) EXPECT_EQ(other.normal(), x);
  EXPECT_THROW(other.restore("nonsense"), std::invalid_argument);
}

}  // namespace
}  // namespace softrl
