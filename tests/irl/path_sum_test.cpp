#include "irl/path_sum.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "small_networks.hpp"
#include "softrl/operators.hpp"

namespace softrl::irl {
namespace {

Eigen::VectorXd random_weights(int features, double low, double high, std::uint64_t seed) {
  Random random(seed, "weights");
  Eigen::VectorXd weights(features);
  for (double& weight : weights) weight = random.uniform(low, high);
  return weights;
}

PathSum open_path_sum(const RoadNetwork& network) {
  return PathSum(network, std::vector<bool>(network.links.size(), true));
}

// b of a destination.
WideBlock endings(const PathSum& path_sum, const RouteData& data, int destination) {
  WideBlock b = path_sum.zero_block();
  for (const int link : data.destinations[destination].links) b.set(path_sum.row(link), 0, Wide::of(1.0));
  return b;
}

// z of a destination, where the path sum is known to be finite.
Eigen::VectorXd solve(const RouteData& data, int destination, const Eigen::VectorXd& weights) {
  PathSum path_sum = open_path_sum(data.network);
  EXPECT_EQ(path_sum.set_weights(weights), PathSumStatus::Finite);
  WideBlock sums = endings(path_sum, data, destination);
  EXPECT_TRUE(path_sum.solve(sums));
  Wide divisor = Wide::of(1.0);
  if (data.ending == Ending::OnEntering)
    divisor = sums.get(path_sum.row(data.destinations[destination].links.front()), 0);
  Eigen::VectorXd z(data.network.link_count());
  for (int k = 0; k < z.size(); ++k) z(k) = to_double(sums.get(path_sum.row(k), 0) / divisor);
  return z;
}

// Every path of an acyclic network, one by one.
TEST(PathSum, IsTheSumOverEnumeratedPaths) {
  for (const Ending ending : {Ending::ByMove, Ending::OnEntering}) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const RouteData data = random_routes({.acyclic = true}, ending, 1, seed);
      const RoadNetwork& network = data.network;
      const Eigen::VectorXd weights = random_weights(3, -2.0, 2.0, seed);
      for (int d = 0; d < 2; ++d) {
        const auto& ends = data.destinations[d].links;
        const std::function<double(int, double)> enumerate = [&](int link, double utility) {
          const bool may_end = std::find(ends.begin(), ends.end(), link) != ends.end();
          double total = may_end ? std::exp(utility) : 0.0;
          if (may_end && ending == Ending::OnEntering) return total;
          for (int m = network.first_move[link]; m < network.first_move[link + 1]; ++m)
            total += enumerate(network.to[m], utility + network.attributes.row(m).dot(weights));
          return total;
        };
        const Eigen::VectorXd z = solve(data, d, weights);
        for (int k = 0; k < network.link_count(); ++k)
          EXPECT_NEAR(z(k), enumerate(k, 0.0), 1e-12 * (1.0 + z(k))) << "seed " << seed << " link " << k;
      }
    }
  }
}

// With cycles the sum over paths of 0, 1, 2, … moves converges to it: weights of at most 0.3 on at most 3 moves a link
// leave less than 0.9^400 = 5e-19 of it after 400.
TEST(PathSum, IsTheLimitOfTheSumsByLength) {
  for (const Ending ending : {Ending::ByMove, Ending::OnEntering}) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      const RouteData data = random_routes({.links = 10}, ending, 1, seed);
      Eigen::VectorXd weights = random_weights(3, -2.0, 0.0, seed);
      weights(2) = std::log(0.3);
      for (int d = 0; d < 2; ++d) {
        const Eigen::VectorXd z = solve(data, d, weights), expected = path_sums_by_length(data, d, weights, 400);
        for (int k = 0; k < 10; ++k) {
          if (expected(k) == 0.0) {
            EXPECT_EQ(z(k), 0.0) << "a destination out of reach; seed " << seed;
          } else {
            EXPECT_NEAR(z(k) / expected(k), 1.0, 1e-12) << "seed " << seed << " link " << k;
          }
        }
      }
    }
  }
}

// math.md 4.2: log z is the soft value of temperature 1 and discount 1, the fixed point of the core's own operator.
TEST(PathSum, ItsLogarithmIsTheSoftValue) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const RouteData data = random_routes({.links = 10}, Ending::ByMove, 1, seed);
    const RoadNetwork& network = data.network;
    Eigen::VectorXd weights = random_weights(3, -2.0, 0.0, seed);
    weights(2) = std::log(0.3);
    const Eigen::VectorXd utility = network.attributes * weights;
    const std::vector<int>& ends = data.destinations[0].links;
    Eigen::VectorXd value = Eigen::VectorXd::Constant(10, -infinity);
    for (int sweep = 0; sweep < 400; ++sweep) {
      for (int k = 0; k < 10; ++k) {
        std::vector<double> q{std::count(ends.begin(), ends.end(), k) > 0 ? 0.0 : -infinity};
        for (int m = network.first_move[k]; m < network.first_move[k + 1]; ++m)
          q.push_back(utility(m) + value(network.to[m]));
        value(k) = soft_value(q, 1.0);
      }
    }
    const Eigen::VectorXd z = solve(data, 0, weights);
    for (int k = 0; k < 10; ++k) {
      if (value(k) == -infinity) {
        EXPECT_EQ(z(k), 0.0);
      } else {
        EXPECT_NEAR(std::log(z(k)), value(k), 1e-12) << "seed " << seed;
      }
    }
  }
}

// Two links that lead to each other with weight e^θ each: finite exactly for θ < 0, and from either link the sum is
// 1 / (1 − e^θ) if trips may end on both. Next to it, where rounding of e^θ costs more than 1e-9 of the sum, it is not
// given.
TEST(PathSum, IsFiniteExactlyOnOneSideOfTheBoundary) {
  RouteData data;
  data.network = network_of(2, {{0, 1}, {1, 0}}, {{1}, {1}});
  data.destinations = {{.name = "d", .links = {0, 1}}};
  PathSum path_sum = open_path_sum(data.network);
  for (const double distance : {1.0, 1e-3, 1e-6, 1e-9, 1e-12}) {
    const PathSumStatus status = path_sum.set_weights(Eigen::VectorXd::Constant(1, -distance));
    EXPECT_EQ(status, distance < 1e-7 ? PathSumStatus::Inaccurate : PathSumStatus::Finite) << distance;
    EXPECT_LE(path_sum.radius().lower, std::exp(-distance) * (1 + 1e-15));
    EXPECT_GE(path_sum.radius().upper, std::exp(-distance) * (1 - 1e-15));
    if (status == PathSumStatus::Finite) {
      WideBlock z = endings(path_sum, data, 0);
      ASSERT_TRUE(path_sum.solve(z));
      EXPECT_NEAR(to_double(z.get(path_sum.row(0), 0)) * -std::expm1(-distance), 1.0, 1e-15 / distance) << distance;
    }
    EXPECT_EQ(path_sum.set_weights(Eigen::VectorXd::Constant(1, distance)), PathSumStatus::Divergent) << distance;
    EXPECT_GE(path_sum.radius().upper, std::exp(distance) * (1 - 1e-15));
  }
  EXPECT_EQ(path_sum.set_weights(Eigen::VectorXd::Zero(1)), PathSumStatus::Divergent) << "the boundary itself";
}

// The verdict agrees with the certified bounds of the radius on random networks, wherever these decide.
TEST(PathSum, VerdictAgreesWithTheSpectralRadius) {
  int finite = 0, divergent = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const RoadNetwork network = random_network({.links = 12}, seed);
    PathSum path_sum = open_path_sum(network);
    const PathSumStatus status = path_sum.set_weights(random_weights(3, -2.0, 1.0, seed));
    const SpectralRadius radius = path_sum.radius();
    if (radius.upper < 1.0 - 1e-12) {
      EXPECT_EQ(status, PathSumStatus::Finite) << "seed " << seed;
      ++finite;
    } else if (radius.lower > 1.0 + 1e-12) {
      EXPECT_EQ(status, PathSumStatus::Divergent) << "seed " << seed;
      ++divergent;
    }
  }
  EXPECT_GT(finite, 50);
  EXPECT_GT(divergent, 50);
}

// A cycle that no path to the destination meets does no harm; one that does, diverges.
TEST(PathSum, IgnoresCyclesThatDoNotMatter) {
  RouteData data;  // 0 → 1, 0 → 2, and a loop on 2, a dead end otherwise
  data.network = network_of(3, {{0, 1}, {0, 2}, {2, 2}}, {{0}, {0}, {1}});
  data.destinations = {{.name = "d", .links = {1}}};
  data.trips = {make_trip(data, "a", 0, {0, 1})};
  PathSum with_all = open_path_sum(data.network), with_relevant(data.network, relevant_links(data));
  EXPECT_EQ(with_all.set_weights(Eigen::VectorXd::Ones(1)), PathSumStatus::Divergent);
  EXPECT_EQ(with_relevant.set_weights(Eigen::VectorXd::Ones(1)), PathSumStatus::Finite);
  EXPECT_EQ(with_relevant.radius().upper, 0.0);
}

// 500 diamonds in a row, 0 → {1, 2} → 3 → …, every move at the utility −c: V(3i) = (500 − i) (log 2 − 2c), from 2^500
// equal paths of no cost, whose number any residual drowns in, to a cost of thousands of nats.
TEST(PathSum, CountsTheWaysThroughARowOfDiamonds) {
  const int diamonds = 500;
  std::vector<std::pair<int, int>> moves;
  for (int i = 0; i < diamonds; ++i)
    for (const auto& [from, to] : {std::pair{0, 1}, {0, 2}, {1, 3}, {2, 3}})
      moves.emplace_back(3 * i + from, 3 * i + to);
  RouteData data;
  data.network = network_of(3 * diamonds + 1, moves, std::vector<std::vector<double>>(moves.size(), {1.0}));
  data.destinations = {{.name = "d", .links = {3 * diamonds}}};
  PathSum path_sum = open_path_sum(data.network);
  for (const double c : {0.0, 0.1, 0.5 * std::log(2.0), 1.0, 5.0, -0.1, -5.0, -1000.0, 1000.0}) {
    ASSERT_EQ(path_sum.set_weights(Eigen::VectorXd::Constant(1, -c)), PathSumStatus::Finite) << c;
    WideBlock z = endings(path_sum, data, 0);
    ASSERT_TRUE(path_sum.solve(z));
    for (int i = 0; i <= diamonds; ++i) {
      const double expected = (diamonds - i) * (std::log(2.0) - 2.0 * c);
      EXPECT_NEAR(log_abs(z.get(path_sum.row(3 * i), 0)), expected, 1e-12 * (1.0 + diamonds * std::abs(c))) << c;
    }
    EXPECT_EQ(path_sum.radius().upper, 0.0) << "no cycles";
  }
}

// Around a ring sums that nearly cancel leave an entry with no digits, which the next entry is made of. Where the
// solution fails its residual check for that, it is refused, whatever the order of the links.
TEST(PathSum, RefusesSolutionsThatCancelToNothing) {
  int refused = 0;
  std::vector<int> order{0, 1, 2};
  do {
    RouteData data;
    data.network =
        network_of(3, {{order[0], order[1]}, {order[1], order[2]}, {order[2], order[0]}}, {{-1}, {-1}, {-1}});
    data.destinations = {{.name = "d", .links = {0, 1, 2}}};
    PathSum path_sum = open_path_sum(data.network);
    ASSERT_EQ(path_sum.set_weights(Eigen::VectorXd::Ones(1)), PathSumStatus::Finite);
    WideBlock z = endings(path_sum, data, 0);
    ASSERT_TRUE(path_sum.solve(z));
    const std::vector<double> chances = path_sum.chances(z);
    const int first = path_sum.row(order[0]), second = path_sum.row(order[1]), third = path_sum.row(order[2]);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const double large = 1e17 * (1.0 + Random(seed).uniform());
      const auto accepts = [&](double at_third) {
        std::vector<double> r(3 * WideBlock::columns);
        Eigen::MatrixXd f(3, 1);  // f(k → a) = g(k) / P(k,a), as there is one move each
        const auto set = [&](int row, double g) {
          const int place = path_sum.rows().start[row];
          f(place, 0) = g / chances[place * WideBlock::columns];
        };
        set(first, 1.0);
        set(second, large);
        set(third, at_third);
        return path_sum.sum_along(z, chances, f, Eigen::VectorXd::Zero(1), r.data());
      };
      EXPECT_TRUE(accepts(0.0)) << "nothing cancels";
      refused += accepts(-large / chances[path_sum.rows().start[second] * WideBlock::columns]) ? 0 : 1;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_GT(refused, 0);
}

// Round a loop of weight e^−x, from which one leaves: z = 1 / (1 − e^−x), and with it the error of e^−x as a double, a
// relative ε / x. What cannot be exact to 1e-9 is refused.
TEST(PathSum, RefusesWhatRoundingOfItsEntriesWouldSpoil) {
  const RoadNetwork loop = network_of(1, {{0, 0}}, {{-1}});
  for (const double x : {1e-3, 1e-5, 1e-6}) {
    PathSum path_sum = open_path_sum(loop);
    ASSERT_EQ(path_sum.set_weights(Eigen::VectorXd::Constant(1, x)), PathSumStatus::Finite);
    WideBlock z = path_sum.zero_block();
    z.set(0, 0, Wide::of(1.0));
    ASSERT_TRUE(path_sum.solve(z));
    EXPECT_NEAR(log_abs(z.get(0, 0)), -std::log(-std::expm1(-x)), 1e-9);
  }
  for (const double x : {1e-8, 1e-12}) {
    PathSum path_sum = open_path_sum(loop);
    EXPECT_EQ(path_sum.set_weights(Eigen::VectorXd::Constant(1, x)), PathSumStatus::Inaccurate);
  }
}

TEST(PathSum, SaysWhenAUtilityIsTooLarge) {
  const RoadNetwork chain = network_of(2, {{0, 1}}, {{1}});
  PathSum path_sum = open_path_sum(chain);
  EXPECT_EQ(path_sum.set_weights(Eigen::VectorXd::Constant(1, 1e9)), PathSumStatus::OutOfRange);
  EXPECT_TRUE(std::isinf(path_sum.radius().upper));
  EXPECT_EQ(path_sum.set_weights(Eigen::VectorXd::Constant(1, 1.0)), PathSumStatus::Finite);
  EXPECT_EQ(path_sum.set_utilities(Eigen::VectorXd::Constant(1, std::nan(""))), PathSumStatus::OutOfRange);
  EXPECT_THROW(path_sum.set_weights(Eigen::VectorXd::Constant(1, std::nan(""))), std::invalid_argument);
  EXPECT_THROW(path_sum.set_weights(Eigen::VectorXd::Zero(2)), std::invalid_argument);
}

}  // namespace
}  // namespace softrl::irl
