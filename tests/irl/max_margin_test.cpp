#include "irl/max_margin.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/best_paths.hpp"
#include "irl/features.hpp"
#include "irl/generated_city.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr Ending endings[] = {Ending::ByMove, Ending::OnEntering};

// The mean over trips of the greatest θ · f_p + loss(p) − θ · f_trip over all paths p, one by one.
double hinge_by_enumeration(const RouteData& data, const Eigen::VectorXd& lengths, const Eigen::VectorXd& weights) {
  const RoadNetwork& network = data.network;
  const Eigen::VectorXd utilities = network.attributes * weights;
  double total = 0.0;
  for (const Trip& trip : data.trips) {
    if (trip.moves.empty()) continue;
    const std::vector<int>& ends = data.destinations[trip.destination].links;
    double length = 0.0, own = 0.0;
    std::set<int> driven;
    for (const int move : trip.moves) {
      driven.insert(network.to[move]);
      length += lengths(network.to[move]);
      own += utilities(move);
    }
    double worst = -std::numeric_limits<double>::infinity();
    const std::function<void(int, double)> go_on = [&](int link, double value) {
      const bool may_end = std::find(ends.begin(), ends.end(), link) != ends.end();
      if (may_end) worst = std::max(worst, value);
      if (may_end && data.ending == Ending::OnEntering) return;
      for (int m = network.first_move[link]; m < network.first_move[link + 1]; ++m) {
        const int next = network.to[m];
        go_on(next, value + utilities(m) - (driven.count(next) ? lengths(next) / length : 0.0));
      }
    };
    go_on(trip.origin, 1.0);
    total += worst - own;
  }
  return total / static_cast<double>(data.trips.size());
}

Eigen::VectorXd random_lengths(const RouteData& data, std::uint64_t seed) {
  Random random(seed, "lengths");
  Eigen::VectorXd lengths(data.network.link_count());
  for (double& length : lengths) length = random.uniform(0.5, 2.0);
  return lengths;
}

TEST(MaxMargin, HingeIsThatOfTheWorstOfAllPaths) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      const RouteData data = random_routes({.links = 10, .acyclic = true}, ending, 6, seed);
      if (data.trips.empty()) continue;
      const Eigen::VectorXd lengths = random_lengths(data, seed);
      for (const double scale : {0.0, 0.1, 1.0}) {
        const Eigen::Vector3d weights = scale * Eigen::Vector3d(-1.0, -0.5, -0.2);
        EXPECT_NEAR(max_margin_hinge(data, lengths, weights).value, hinge_by_enumeration(data, lengths, weights), 1e-12)
            << "seed " << seed;
      }
    }
  }
}

// The hinge is convex: everywhere above its tangents. It is linear between kinks, where differences are exact.
TEST(MaxMargin, SubgradientSupportsTheHinge) {
  constexpr double step = 1e-7;
  int smooth = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const RouteData data = random_routes({.links = 9}, Ending::ByMove, 6, seed);
    if (data.trips.empty()) continue;
    const Eigen::VectorXd lengths = random_lengths(data, seed);
    Random random(seed, "weights");
    const auto draw = [&]() -> Eigen::Vector3d {
      return -Eigen::Vector3d(random.uniform(), random.uniform(), random.uniform());
    };
    const Eigen::Vector3d a = draw(), b = draw();
    const HingeLoss at = max_margin_hinge(data, lengths, a);
    EXPECT_GE(max_margin_hinge(data, lengths, b).value, at.value + at.subgradient.dot(b - a) - 1e-12);
    for (int j = 0; j < 3; ++j) {
      const Eigen::Vector3d shift = step * Eigen::Vector3d::Unit(j);
      const double up = max_margin_hinge(data, lengths, a + shift).value - at.value;
      const double down = at.value - max_margin_hinge(data, lengths, a - shift).value;
      if (std::abs(up - down) > 1e-13) continue;  // a kink between
      ++smooth;
      EXPECT_NEAR(up / step, at.subgradient(j), 1e-6) << "seed " << seed;
    }
  }
  EXPECT_GT(smooth, 60);
}

// The objective on a fine grid is nowhere below the bound, nor lower than the result by more than the tolerance.
TEST(MaxMargin, IsWithinToleranceOfTheMinimum) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const RouteData data = random_routes({.links = 9, .features = 2}, ending, 6, seed);
      if (data.trips.empty()) continue;
      const Eigen::VectorXd lengths = random_lengths(data, seed);
      const MaxMarginOptions options{.regularisation = 0.01, .tolerance = 1e-4, .max_iterations = 5000};
      const MaxMarginResult result = fit_max_margin(data, lengths, options);
      ASSERT_EQ(result.status, Status::Converged) << "seed " << seed;
      const Eigen::VectorXd unit = unit_costs(data.network.attributes).cwiseAbs();
      const auto objective = [&](const Eigen::VectorXd& weights) {
        return 0.005 * weights.cwiseQuotient(unit).squaredNorm() + max_margin_hinge(data, lengths, weights).value;
      };
      EXPECT_LE((data.network.attributes * result.weights).maxCoeff(), 1e-9);
      EXPECT_NEAR(result.objective, objective(result.weights), 1e-6) << "seed " << seed;
      for (double a = -6.0; a <= 0.0; a += 0.25) {
        for (double b = -6.0; b <= 6.0; b += 0.25) {
          const Eigen::VectorXd weights = Eigen::Vector2d(a, b).cwiseProduct(unit);
          if ((data.network.attributes * weights).maxCoeff() > 0.0) continue;
          EXPECT_GE(objective(weights), result.lower_bound - 1e-9) << "seed " << seed << " at " << weights.transpose();
        }
      }
    }
  }
}

// Trips along the cheapest paths of some weights, which are the only cheapest ones: with little regularisation every
// trip gets its margin, and the cheapest paths of the fitted weights are the trips.
TEST(MaxMargin, SeparatesTripsThatSomeWeightsExplain) {
  RouteData data = generate_city({.rows = 6, .columns = 6, .destinations = 5, .trips = 60});
  const Eigen::Vector4d truth(-2.0, -0.8, -0.6, -3.0);
  const IncomingMoves incoming = incoming_moves(data.network);
  const auto cheapest = [&](const Eigen::VectorXd& weights, const Trip& trip) {
    const auto paths = best_paths(data.network, incoming, (data.network.attributes * weights).cwiseMin(0.0),
                                  data.destinations[trip.destination].links);
    return moves_of_best_path(data.network, *paths, trip.origin);
  };
  for (Trip& trip : data.trips) trip.moves = cheapest(truth, trip);
  const Eigen::VectorXd lengths = Eigen::VectorXd::Ones(data.network.link_count());
  ASSERT_NEAR(max_margin_hinge(data, lengths, 1e6 * truth).value, 0.0, 1e-9);  // separable
  const MaxMarginResult result =
      fit_max_margin(data, lengths, {.regularisation = 1e-9, .tolerance = 1e-5, .max_iterations = 5000});
  EXPECT_EQ(result.status, Status::Converged);
  EXPECT_LE(result.hinge, 1e-5);
  for (const Trip& trip : data.trips) EXPECT_EQ(cheapest(result.weights, trip), trip.moves) << trip.name;
}

TEST(MaxMargin, NamesWhatItRefuses) {
  const RouteData data = generate_city({.rows = 4, .columns = 4, .destinations = 2, .trips = 5});
  const Eigen::VectorXd lengths = Eigen::VectorXd::Ones(data.network.link_count());
  const auto refuses = [](const auto& call, const char* what) {
    EXPECT_THAT(call, ThrowsMessage<std::invalid_argument>(HasSubstr(what)));
  };
  refuses([&] { fit_max_margin(data, lengths, {.regularisation = 0.0}); }, "regularisation");
  refuses([&] { fit_max_margin(data, lengths, {.tolerance = -1.0}); }, "tolerance");
  refuses([&] { fit_max_margin(data, lengths, {.max_iterations = 0}); }, "max_iterations");
  refuses([&] { fit_max_margin(data, -lengths); }, "lengths");
  refuses([&] { fit_max_margin(data, 0.0 * lengths); }, "length");
  refuses([&] { fit_max_margin(data, lengths.head(2)); }, "lengths");
  refuses([&] { max_margin_hinge(data, lengths, Eigen::Vector4d::Ones()); }, "positive utility");
  RouteData none = data;
  none.trips.clear();
  refuses([&] { fit_max_margin(none, lengths); }, "no trips");
}

}  // namespace
}  // namespace softrl::irl
