#include "irl/likely_route.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/best_paths.hpp"
#include "irl/maxent_policy.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double infinity = std::numeric_limits<double>::infinity();
const Eigen::Vector3d weights(-1.0, -0.5, std::log(0.3));
constexpr Ending endings[] = {Ending::ByMove, Ending::OnEntering};

// log P of each move and of ending on each link, as given.
class TablePolicy final : public DiscretePolicy {
 public:
  TablePolicy(const RoadNetwork& network, std::vector<double> moves, std::vector<double> ends)
      : network_(network), moves_(std::move(moves)), ends_(std::move(ends)) {}
  int sample(const int&, Random&) const override { throw std::logic_error("not needed"); }
  double log_prob(const int& link, const int& action) const override {
    return action == network_.out_degree(link) ? ends_[link] : moves_[network_.first_move[link] + action];
  }

 private:
  const RoadNetwork& network_;
  std::vector<double> moves_, ends_;
};

// Every route from `origin` of log P ≥ `least`, likeliest first: a prefix is given up once it is less likely itself.
std::vector<LikelyRoute> routes_by_enumeration(const RoadNetwork& network, const DiscretePolicy& policy, int origin,
                                               bool loops, double least) {
  std::vector<LikelyRoute> routes;
  std::vector<int> moves, links{origin};
  const std::function<void(double)> go_on = [&](double log_prob) {
    const int link = links.back(), degree = network.out_degree(link);
    const double ended = log_prob + policy.log_prob(link, degree);
    if (ended > -infinity && ended >= least) routes.push_back({moves, ended});
    for (int action = 0; action < degree; ++action) {
      const int move = network.first_move[link] + action;
      const double longer = log_prob + policy.log_prob(link, action);
      if (longer == -infinity || longer < least) continue;
      if (!loops && std::find(links.begin(), links.end(), network.to[move]) != links.end()) continue;
      moves.push_back(move);
      links.push_back(network.to[move]);
      go_on(longer);
      moves.pop_back();
      links.pop_back();
    }
  };
  go_on(0.0);
  std::sort(routes.begin(), routes.end(),
            [](const LikelyRoute& a, const LikelyRoute& b) { return a.log_prob > b.log_prob; });
  return routes;
}

double log_prob_of(const RoutePolicy& policy, int origin, const LikelyRoute& route) {
  return policy.log_prob(Trip{.name = "", .destination = 0, .origin = origin, .moves = route.moves});
}

std::set<std::vector<int>> distinct(const std::vector<LikelyRoute>& routes) {
  std::set<std::vector<int>> result;
  for (const LikelyRoute& route : routes) result.insert(route.moves);
  return result;
}

// No cycles: there are finitely many routes, and asked for more one gets all of them, of probability 1 together.
TEST(LikelyRoute, FindsAllRoutesOfAnAcyclicNetworkInOrder) {
  int origins = 0;
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      const RouteData data = random_routes({.links = 10, .acyclic = true}, ending, 1, seed);
      const RoutePolicy policy = maxent_policy(data, 0, weights);
      const auto all = routes_by_enumeration(data.network, policy, 0, true, -infinity);
      const LikelyRoutes found = likely_routes(data.network, policy, 0, {.count = 10'000});
      EXPECT_EQ(found.status, Status::Converged);
      ASSERT_EQ(found.routes.size(), all.size()) << "seed " << seed;
      EXPECT_EQ(distinct(found.routes), distinct(all));
      if (all.empty()) continue;
      ++origins;
      double total = 0.0;
      for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_NEAR(found.routes[i].log_prob, all[i].log_prob, 1e-12);
        EXPECT_NEAR(found.routes[i].log_prob, log_prob_of(policy, 0, found.routes[i]), 1e-12);
        total += std::exp(found.routes[i].log_prob);
      }
      EXPECT_NEAR(total, 1.0, 1e-12);
    }
  }
  EXPECT_GT(origins, 40);
}

TEST(LikelyRoute, FindsTheMostLikelyOfInfinitelyManyRoutesInOrder) {
  int compared = 0;
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      const RouteData data = random_routes({}, ending, 1, seed);
      const RoutePolicy policy = maxent_policy(data, 0, weights);
      for (const bool loops : {true, false}) {
        for (int origin = 0; origin < data.network.link_count(); ++origin) {
          const auto likeliest = routes_by_enumeration(data.network, policy, origin, loops, -8.0);
          if (likeliest.empty()) continue;
          const auto count = static_cast<int>(likeliest.size());
          const LikelyRoutes found = likely_routes(data.network, policy, origin, {.count = count, .loops = loops});
          EXPECT_EQ(found.status, Status::Converged);
          ASSERT_EQ(found.routes.size(), likeliest.size());
          EXPECT_EQ(distinct(found.routes), distinct(likeliest)) << "seed " << seed << " origin " << origin;
          for (int i = 0; i < count; ++i) {
            EXPECT_NEAR(found.routes[i].log_prob, likeliest[i].log_prob, 1e-12);
            EXPECT_NEAR(found.routes[i].log_prob, log_prob_of(policy, origin, found.routes[i]), 1e-12);
          }
          if (loops) {
            EXPECT_LE(found.expansions, count * data.network.link_count());
          }
          compared += count;
        }
      }
    }
  }
  EXPECT_GT(compared, 1000);
}

// P(route) = exp(θ · f_route) / z(origin): the most likely route is the one of greatest utility.
TEST(LikelyRoute, IsTheRouteOfGreatestUtility) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      const RouteData data = random_routes({.links = 30}, ending, 1, seed);
      const RoutePolicy policy = maxent_policy(data, 0, weights);
      std::vector<bool> closed(data.network.links.size(), false);
      if (ending == Ending::OnEntering) closed[data.destinations[0].links.front()] = true;
      const auto best =
          best_utilities(data.network, data.network.attributes * weights, data.destinations[0].links, closed);
      ASSERT_TRUE(best);
      for (int origin = 0; origin < data.network.link_count(); ++origin) {
        const LikelyRoutes found = likely_routes(data.network, policy, origin);
        EXPECT_EQ(found.status, Status::Converged);
        ASSERT_EQ(found.routes.empty(), (*best)(origin) == -infinity);
        if (found.routes.empty()) continue;
        EXPECT_NEAR(found.routes.front().log_prob, (*best)(origin)-soft_values(data, 0, weights)(origin), 1e-12);
      }
    }
  }
}

// 0 leads to 1 with probability 0.6, from where three routes to 6 are alike, and to 2 with 0.4, from where one does:
// move by move 1 is better, 0.2 in all, and the whole route by 2 has 0.4.
TEST(LikelyRoute, IsNotTheGreedyRoute) {
  const RoadNetwork network = network_of(7, {{0, 1}, {0, 2}, {1, 3}, {1, 4}, {1, 5}, {2, 6}, {3, 6}, {4, 6}, {5, 6}},
                                         std::vector<std::vector<double>>(9));
  const double third = std::log(1.0 / 3.0);
  const TablePolicy policy(network, {std::log(0.6), std::log(0.4), third, third, third, 0.0, 0.0, 0.0, 0.0},
                           {-infinity, -infinity, -infinity, -infinity, -infinity, -infinity, 0.0});
  const LikelyRoutes found = likely_routes(network, policy, 0, {.count = 2});
  ASSERT_EQ(found.routes.size(), 2U);
  EXPECT_EQ(found.routes[0].moves, (std::vector<int>{network.find_move(0, 2), network.find_move(2, 6)}));
  EXPECT_NEAR(std::exp(found.routes[0].log_prob), 0.4, 1e-15);
  EXPECT_NEAR(std::exp(found.routes[1].log_prob), 0.2, 1e-15);
}

// Forty forks whose branches meet again: 2^40 routes of equal probability, of which five cost no more than five.
TEST(LikelyRoute, FindsAFewOfManyEquallyLikelyRoutesQuickly) {
  const int forks = 40, links = 3 * forks + 1;
  std::vector<std::pair<int, int>> moves;
  for (int i = 0; i < forks; ++i)
    for (const auto& move : {std::pair(0, 1), std::pair(0, 2), std::pair(1, 3), std::pair(2, 3)})
      moves.emplace_back(3 * i + move.first, 3 * i + move.second);
  const RoadNetwork network = network_of(links, moves, std::vector<std::vector<double>>(moves.size()));
  std::vector<double> log_probs, ends(links, -infinity);
  for (const int from : network.from) log_probs.push_back(from % 3 == 0 ? std::log(0.5) : 0.0);
  ends.back() = 0.0;
  const TablePolicy policy(network, log_probs, ends);
  const LikelyRoutes found = likely_routes(network, policy, 0, {.count = 5});
  ASSERT_EQ(found.routes.size(), 5U);
  EXPECT_EQ(distinct(found.routes).size(), 5U);
  for (const LikelyRoute& route : found.routes) EXPECT_NEAR(route.log_prob, forks * std::log(0.5), 1e-12);
  EXPECT_LE(found.expansions, 5 * links);
}

// Going round 0 → 1 → 0 costs less than rounding shows: log P of these moves is 0.
TEST(LikelyRoute, IsNotCaughtInACycleThatCostsNothing) {
  const RoadNetwork network = network_of(3, {{0, 1}, {1, 0}, {1, 2}}, std::vector<std::vector<double>>(3));
  const TablePolicy policy(network, {0.0, 0.0, 0.0}, {-infinity, -infinity, 0.0});
  const LikelyRoutes found = likely_routes(network, policy, 0, {.count = 3});
  ASSERT_EQ(found.routes.size(), 3U);
  EXPECT_EQ(distinct(found.routes).size(), 3U);
  EXPECT_LE(found.expansions, 9);
  const LikelyRoutes simple = likely_routes(network, policy, 0, {.count = 3, .loops = false});
  ASSERT_EQ(simple.routes.size(), 1U);
  EXPECT_EQ(simple.routes.front().moves, (std::vector<int>{0, 2}));
  EXPECT_EQ(simple.status, Status::Converged);
}

TEST(LikelyRoute, SaysWhereItStopped) {
  const RoadNetwork network = network_of(3, {{0, 1}, {1, 1}}, std::vector<std::vector<double>>(2));
  const TablePolicy policy(network, {0.0, std::log(0.5)}, {-infinity, std::log(0.5), -infinity});
  const LikelyRoutes none = likely_routes(network, policy, 0, {.max_expansions = 1});
  EXPECT_EQ(none.status, Status::IterationLimit);
  EXPECT_TRUE(none.routes.empty());
  const LikelyRoutes some = likely_routes(network, policy, 0, {.count = 5, .max_expansions = 3});
  EXPECT_EQ(some.status, Status::IterationLimit);
  ASSERT_EQ(some.routes.size(), 2U);
  EXPECT_NEAR(some.routes[1].log_prob, 2 * std::log(0.5), 1e-15) << "once round the loop";
  EXPECT_EQ(likely_routes(network, policy, 1, {.max_expansions = 1}).status, Status::Converged);
  const LikelyRoutes unreachable = likely_routes(network, policy, 2);
  EXPECT_EQ(unreachable.status, Status::Converged);
  EXPECT_TRUE(unreachable.routes.empty());
}

TEST(LikelyRoute, NamesWhatItRefuses) {
  const RoadNetwork network = network_of(2, {{0, 1}}, {{1}});
  const auto refuses = [&](double log_prob, int origin, const LikelyRoutesOptions& options, const char* message) {
    const TablePolicy policy(network, {log_prob}, {-infinity, 0.0});
    EXPECT_THAT([&] { likely_routes(network, policy, origin, options); },
                ThrowsMessage<std::invalid_argument>(HasSubstr(message)));
  };
  refuses(0.0, 2, {}, "origin");
  refuses(0.0, -1, {}, "origin");
  refuses(0.0, 0, {.count = 0}, "count");
  refuses(0.0, 0, {.max_expansions = 0}, "max_expansions");
  refuses(0.1, 0, {}, "log_prob on link 0");
  refuses(std::nan(""), 0, {}, "log_prob on link 0");
}

}  // namespace
}  // namespace softrl::irl
