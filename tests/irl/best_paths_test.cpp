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

// Along its moves a link's path has its utility and ends where it may, in links that come earlier in the order. Both
// methods find the same utilities: the sweeps take over where a utility is positive, here one that leads nowhere.
TEST(BestPaths, AreFollowedByTheirMoves) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    RoadNetwork network = random_network({.links = 12}, seed);
    const Eigen::VectorXd utilities = network.attributes * Eigen::Vector3d(-2.0, -1.0, 0.0);
    const std::vector<int> ends{3, 7};
    std::vector<bool> closed(12, false);
    closed[3] = true;
    const IncomingMoves incoming = incoming_moves(network);
    const auto best = best_paths(network, incoming, utilities, ends, closed);
    ASSERT_TRUE(best) << "seed " << seed;
    std::vector<int> position(12, -1);
    for (std::size_t i = 0; i < best->order.size(); ++i) position[best->order[i]] = static_cast<int>(i);
    for (int k = 0; k < 12; ++k) {
      EXPECT_EQ(position[k] >= 0, best->utility(k) > -infinity) << "seed " << seed << " link " << k;
      if (position[k] < 0) continue;
      double total = 0.0;
      int link = k;
      for (const int move : moves_of_best_path(network, *best, k)) {
        EXPECT_EQ(network.from[move], link);
        EXPECT_FALSE(closed[link]);
        EXPECT_LT(position[network.to[move]], position[link]);
        total += utilities(move);
        link = network.to[move];
      }
      EXPECT_TRUE(std::find(ends.begin(), ends.end(), link) != ends.end()) << "seed " << seed << " link " << k;
      EXPECT_NEAR(total, best->utility(k), 1e-12) << "seed " << seed << " link " << k;
      const auto until = best_paths(network, incoming, utilities, ends, closed, k);
      EXPECT_EQ(moves_of_best_path(network, *until, k), moves_of_best_path(network, *best, k));
    }
    Eigen::VectorXd with_gain = utilities;
    with_gain(network.first_move[3]) = 1e-9;  // out of a closed link
    const auto swept = best_paths(network, incoming, with_gain, ends, closed);
    ASSERT_TRUE(swept) << "seed " << seed;
    EXPECT_EQ(swept->utility, best->utility) << "seed " << seed;
    EXPECT_EQ(swept->order.size(), best->order.size()) << "seed " << seed;
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
