#include "irl/road_network.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(RoadNetwork, SortsMovesTogetherWithTheirFeatures) {
  const RoadNetwork network = network_of(3, {{2, 1}, {0, 2}, {2, 0}, {0, 1}}, {{21}, {2}, {20}, {1}});
  EXPECT_EQ(network.from, (std::vector{0, 0, 2, 2}));
  EXPECT_EQ(network.to, (std::vector{1, 2, 0, 1}));
  EXPECT_EQ(network.out_degree(1), 0);
  for (int m = 0; m < network.move_count(); ++m) {
    EXPECT_EQ(network.attributes(m, 0), 10 * network.from[m] + network.to[m]);
    EXPECT_EQ(network.find_move(network.from[m], network.to[m]), m);
  }
  EXPECT_EQ(network.find_move(1, 0), -1);
  EXPECT_EQ(network.find_move(2, 2), -1);
}

TEST(RoadNetwork, RefusesMovesThatMakeNoSense) {
  EXPECT_THAT(
      [] {
        network_of(2, {{0, 1}, {0, 1}}, {{1}, {1}});
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("twice")));
  EXPECT_THROW(network_of(2, {{0, 2}}, {{1}}), std::invalid_argument);
  EXPECT_THROW(network_of(2, {{0, 1}}, {{std::nan("")}}), std::invalid_argument);
}

// Every move once, under the link it leads to.
TEST(RoadNetwork, IncomingMovesAreThoseThatLeadToALink) {
  const RoadNetwork network = random_network({.links = 9, .max_moves = 4}, 1);
  const IncomingMoves incoming = incoming_moves(network);
  for (int k = 0; k < network.link_count(); ++k) {
    std::vector<int> expected;
    for (int m = 0; m < network.move_count(); ++m)
      if (network.to[m] == k) expected.push_back(m);
    EXPECT_EQ(
        std::vector<int>(incoming.moves.begin() + incoming.first[k], incoming.moves.begin() + incoming.first[k + 1]),
        expected);
  }
}

// The transitive closure by Floyd and Warshall's rule decides what can be reached and what belongs together.
TEST(RoadNetwork, ReachabilityAndComponentsAgreeWithTheTransitiveClosure) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const RoadNetwork network = random_network({.links = 9, .max_moves = 2}, seed);
    const int n = network.link_count();
    std::vector<std::vector<bool>> closure(n, std::vector<bool>(n, false));
    for (int k = 0; k < n; ++k) closure[k][k] = true;
    for (int m = 0; m < network.move_count(); ++m) closure[network.from[m]][network.to[m]] = true;
    for (int via = 0; via < n; ++via)
      for (int a = 0; a < n; ++a)
        for (int b = 0; b < n; ++b) closure[a][b] = closure[a][b] || (closure[a][via] && closure[via][b]);

    const std::vector<int> component = strong_components(network, std::vector<bool>(n, true));
    for (int a = 0; a < n; ++a) {
      const auto forward = reachable(network, {a}, Direction::Forward);
      const auto backward = reachable(network, {a}, Direction::Backward);
      for (int b = 0; b < n; ++b) {
        EXPECT_EQ(forward[b], closure[a][b]) << "seed " << seed;
        EXPECT_EQ(backward[b], closure[b][a]) << "seed " << seed;
        EXPECT_EQ(component[a] == component[b], closure[a][b] && closure[b][a]) << "seed " << seed;
      }
    }
  }
}

// A ring of three links falls apart when one is left out.
TEST(RoadNetwork, ComponentsLeaveOutIrrelevantLinks) {
  const RoadNetwork ring = network_of(3, {{0, 1}, {1, 2}, {2, 0}}, {{1}, {1}, {1}});
  const std::vector<int> all = strong_components(ring, {true, true, true});
  EXPECT_TRUE(all[0] == all[1] && all[1] == all[2]);
  const std::vector<int> some = strong_components(ring, {true, true, false});
  EXPECT_NE(some[0], some[1]);
  EXPECT_EQ(some[2], -1);
}

}  // namespace
}  // namespace softrl::irl
