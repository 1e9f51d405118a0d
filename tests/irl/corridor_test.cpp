#include "irl/corridor.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Ending endings[] = {Ending::ByMove, Ending::OnEntering};
const Eigen::Vector3d weights(-1.3, -0.6, -0.9);

// Costs of 0.5 to 1.5 a move, the features' first less a constant.
Eigen::VectorXd costs_of(const RoadNetwork& network) { return network.attributes * Eigen::Vector3d(1.0, 0.0, 0.5); }

// With every link in every corridor it is the likelihood of all paths. (Where a trip may end at once, the cheapest path
// costs nothing, and so do all in its corridor: such trips are left out.)
TEST(Corridor, OfAnyDetourIsAllPaths) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      RouteData data = random_routes({.links = 9}, ending, 12, seed);
      std::erase_if(data.trips, [&](const Trip& trip) {
        const std::vector<int>& ends = data.destinations[trip.destination].links;
        return std::find(ends.begin(), ends.end(), trip.origin) != ends.end();
      });
      if (data.trips.empty()) continue;
      Likelihood all(data);
      CorridorLikelihood corridor(data, costs_of(data.network), 1e6);
      const LikelihoodCurvature a = all.curvature(weights), b = corridor.curvature(weights);
      ASSERT_EQ(a.status, b.status) << "seed " << seed;
      EXPECT_EQ(corridor.trips_outside(), 0);
      if (a.status != PathSumStatus::Finite) continue;
      const LikelihoodValue value = corridor.evaluate(weights);
      EXPECT_NEAR(a.log_likelihood, value.log_likelihood, 1e-10);
      EXPECT_NEAR((a.gradient - value.gradient).cwiseAbs().maxCoeff(), 0.0, 1e-9);
      EXPECT_NEAR((a.trip_log_likelihoods - b.trip_log_likelihoods).cwiseAbs().maxCoeff(), 0.0, 1e-10);
      EXPECT_NEAR((a.scores - b.scores).cwiseAbs().maxCoeff(), 0.0, 1e-9);
      EXPECT_NEAR((a.hessian - b.hessian).cwiseAbs().maxCoeff(), 0.0, 1e-8);
    }
  }
}

// All paths of acyclic networks, one by one: the cheapest through each link says which ones are in the corridor, and
// the path sum is over the paths that stay there. On the way the probabilities of the policies are those of the trips.
TEST(Corridor, SumsOverThePathsAlongReasonableLinks) {
  int left_out = 0;
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      const RouteData data = random_routes({.links = 12, .max_moves = 4, .acyclic = true}, ending, 6, seed);
      if (data.trips.empty()) continue;
      const RoadNetwork& network = data.network;
      const Eigen::VectorXd costs = costs_of(network), utilities = network.attributes * weights;
      constexpr double detour = 1.2;
      CorridorLikelihood model(data, costs, detour);
      const LikelihoodCurvature value = model.curvature(weights);
      ASSERT_EQ(value.status, PathSumStatus::Finite);
      int outside = 0;
      for (std::size_t t = 0; t < data.trips.size(); ++t) {
        const Trip& trip = data.trips[t];
        const std::vector<int>& ends = data.destinations[trip.destination].links;
        struct Path {
          std::vector<int> links;
          double cost, utility;
        };
        std::vector<Path> paths;
        Path path{.links = {trip.origin}, .cost = 0.0, .utility = 0.0};
        const std::function<void()> go_on = [&] {
          const int link = path.links.back();
          const bool may_end = std::find(ends.begin(), ends.end(), link) != ends.end();
          if (may_end) paths.push_back(path);
          if (may_end && ending == Ending::OnEntering) return;
          for (int m = network.first_move[link]; m < network.first_move[link + 1]; ++m) {
            const Path before = path;
            path.links.push_back(network.to[m]);
            path.cost += costs(m);
            path.utility += utilities(m);
            go_on();
            path = before;
          }
        };
        go_on();
        std::vector<double> through(12, infinity);
        for (const Path& p : paths)
          for (const int link : p.links) through[link] = std::min(through[link], p.cost);
        std::vector<bool> inside(12);
        for (int k = 0; k < 12; ++k) inside[k] = through[k] <= detour * through[trip.origin] + 1e-12;
        const auto stays = [&](const std::vector<int>& links) {
          return std::all_of(links.begin(), links.end(), [&](int link) { return inside[link]; });
        };
        if (!stays(trip_links(network, trip))) ++outside;
        for (const Trip& other : data.trips)
          if (other.origin == trip.origin && other.destination == trip.destination)
            for (const int link : trip_links(network, other)) inside[link] = true;
        double sum = 0.0;
        for (const Path& p : paths) {
          if (stays(p.links))
            sum += std::exp(p.utility);
          else
            ++left_out;
        }
        double own = 0.0;
        for (const int move : trip.moves) own += utilities(move);
        const double log_prob = own - std::log(sum);
        EXPECT_NEAR(value.trip_log_likelihoods(static_cast<Eigen::Index>(t)), log_prob, 1e-11) << "seed " << seed;
        const RoutePolicy policy =
            model.policies(weights, {{.origin = trip.origin, .destination = trip.destination}}).front();
        EXPECT_NEAR(policy.log_prob(trip), log_prob, 1e-11) << "seed " << seed;
        double total = 0.0;
        for (const Path& p : paths) {
          const double q = policy.log_prob(make_trip(data, "", trip.destination, p.links));
          EXPECT_EQ(q == -infinity, !stays(p.links));
          total += std::exp(q);
        }
        EXPECT_NEAR(total, 1.0, 1e-11);
      }
      EXPECT_EQ(model.trips_outside(), outside) << "seed " << seed;
    }
  }
  EXPECT_GT(left_out, 100);
}

// Links 0 → 1 → 3 and 0 → 2 → 3, the second twice as costly. Nothing was observed from 0 to 4 beyond it: the dear way
// has probability 0 there, although it is observed between other ends.
TEST(Corridor, KnowsTheLinksObservedBetweenTheSameEndsOnly) {
  RouteData data;
  data.network = network_of(5, {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {3, 4}}, {{1}, {2}, {1}, {2}, {1}});
  data.ending = Ending::OnEntering;
  data.destinations = {{.name = "3", .links = {3}}, {.name = "4", .links = {4}}};
  data.trips = {make_trip(data, "", 0, {0, 2, 3})};
  CorridorLikelihood model(data, data.network.attributes.col(0), 1.3);
  EXPECT_EQ(model.trips_outside(), 1);
  EXPECT_EQ(model.mean_links(), 4.0);
  const Eigen::VectorXd one = Eigen::VectorXd::Constant(1, -1.0);
  EXPECT_NEAR(model.evaluate(one).log_likelihood, -4.0 - std::log(std::exp(-2.0) + std::exp(-4.0)), 1e-12);
  const auto policies = model.policies(one, {{.origin = 0, .destination = 1}});
  EXPECT_EQ(policies.front().log_prob(make_trip(data, "", 1, {0, 2, 3, 4})), -infinity);
  EXPECT_NEAR(policies.front().log_prob(make_trip(data, "", 1, {0, 1, 3, 4})), 0.0, 1e-12);
}

TEST(Corridor, NamesWhatItRefuses) {
  const RouteData data = random_routes({.links = 9}, Ending::ByMove, 6, 1);
  const Eigen::VectorXd costs = costs_of(data.network);
  const auto refuses = [](const auto& call, const char* what) {
    EXPECT_THAT(call, ThrowsMessage<std::invalid_argument>(HasSubstr(what)));
  };
  refuses([&] { CorridorLikelihood(data, costs, 0.9); }, "detour");
  refuses([&] { CorridorLikelihood(data, -costs, 1.5); }, "cost of a move");
  RouteData none = data;
  none.trips.clear();
  refuses([&] { CorridorLikelihood(none, costs, 1.5); }, "no trips");
}

// Where the path sum of one pair diverges there is no likelihood, and a radius that says so.
TEST(Corridor, SaysWhereItIsNotFinite) {
  RouteData data;
  data.network = network_of(3, {{0, 1}, {1, 0}, {1, 2}}, {{1, 0, 0}, {1, 0, 1}, {1, 0, 1}});
  data.ending = Ending::OnEntering;
  data.destinations = {{.name = "2", .links = {2}}};
  data.trips = {make_trip(data, "", 0, {0, 1, 2})};
  CorridorLikelihood model(data, costs_of(data.network), 1e6);
  EXPECT_EQ(model.evaluate(Eigen::Vector3d(1.0, 1.0, 1.0)).status, PathSumStatus::Divergent);
  EXPECT_GE(model.radius().lower, 1.0);
  EXPECT_EQ(model.evaluate(weights).status, PathSumStatus::Finite);
  EXPECT_LT(model.radius().upper, 1.0);
}

}  // namespace
}  // namespace softrl::irl
