#include "irl/best_paths.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "small_networks.hpp"

namespace softrl::irl {
namespace {

// Every path of an acyclic network, one by one; utilities of both signs.
TEST(BestPaths, AreTheBestOfAllPaths) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const RoadNetwork network = random_network({.links = 10, .acyclic = true}, seed);
    const Eigen::VectorXd utilities = network.attributes * Eigen::Vector3d(-2.0, 2.0, -0.2);
    std::vector<bool> closed(10, false);
    closed[4] = true;
    const std::vector<int> ends{4, 9};
    const std::function<double(int)> best = [&](int link) {
      double found = std::find(ends.begin(), ends.end(), link) != ends.end() ? 0.0 : -infinity;
      if (closed[link]) return found;
      for (int m = network.first_move[link]; m < network.first_move[link + 1]; ++m)
        found = std::max(found, utilities(m) + best(network.to[m]));
      return found;
    };
    const auto result = best_utilities(network, utilities, ends, closed);
    ASSERT_TRUE(result) << "seed " << seed;
    for (int k = 0; k < 10; ++k) EXPECT_EQ((*result)(k), best(k)) << "seed " << seed << " link " << k;
  }
}

TEST(BestPaths, AreNoneRoundACycleThatPays) {
  const RoadNetwork network = network_of(3, {{0, 1}, {1, 0}, {1, 2}}, {{1}, {1}, {1}});
  const std::vector<bool> open(3, false);
  EXPECT_FALSE(best_utilities(network, Eigen::Vector3d(1.0, -0.5, -9.0), {2}, open));
  const auto costs = best_utilities(network, Eigen::Vector3d(1.0, -1.5, -9.0), {2}, open);
  ASSERT_TRUE(costs);
  EXPECT_EQ(*costs, Eigen::Vector3d(-8.0, -9.0, 0.0));
}

}  // namespace
}  // namespace softrl::irl
