#include "irl/route_prediction.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <gtest/gtest.h>

#include "irl/likelihood.hpp"
#include "irl/link_visits.hpp"
#include "irl/maxent_policy.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

const Eigen::Vector3d weights(-1.0, -0.5, std::log(0.3));
constexpr Ending endings[] = {Ending::ByMove, Ending::OnEntering};

// The share of n sampled routes that pass a link is within 5.5 √(p (1 − p) / n) of the probability p but for a chance
// of 4e-8 (rounded up by 2 routes where p is small); with 16 links that is below 1e-6.
TEST(RoutePrediction, SamplesPassLinksAsPredicted) {
  for (const Ending ending : endings) {
    const RouteData data = random_routes({}, ending, 1, 5);
    ASSERT_FALSE(data.trips.empty());
    Likelihood likelihood(data);
    const TripEnds ends{.origin = data.trips[0].origin, .destination = data.trips[0].destination};
    const int n = 20'000;
    const RoutePrediction prediction =
        predict_routes(likelihood, weights, {ends}, {.passing = {7, 0}, .passing_at_least = 1e-12, .samples = n})[0];
    EXPECT_EQ(prediction.passing.at(0).link, 7);
    EXPECT_EQ(prediction.passing.at(1).link, 0);
    ASSERT_EQ(prediction.samples.size(), static_cast<std::size_t>(n));
    for (const LinkPassing& passing : prediction.passing) {
      int passes = 0, visits = 0;
      for (const LikelyRoute& sample : prediction.samples) {
        const std::vector<int> links =
            trip_links(data.network, {.name = "", .destination = 0, .origin = ends.origin, .moves = sample.moves});
        const auto count = static_cast<int>(std::count(links.begin(), links.end(), passing.link));
        visits += count;
        if (count > 0) ++passes;
      }
      const double p = passing.probability;
      EXPECT_NEAR(passes, n * p, 5.5 * std::sqrt(n * p * (1 - p)) + 2.0);
      EXPECT_LE(p, passing.expected_visits + 1e-12);
      EXPECT_GE(visits, passes);
    }
  }
}

TEST(RoutePrediction, RoutesAreTheLikelyOnesOfThePolicy) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const RouteData data = random_routes({}, Ending::ByMove, 10, seed);
    if (data.trips.empty()) continue;
    Likelihood likelihood(data);
    std::vector<TripEnds> ends;
    for (const Trip& trip : data.trips) ends.push_back({.origin = trip.origin, .destination = trip.destination});
    const auto predictions = predict_routes(likelihood, weights, ends, {.routes = 4, .samples = 2, .seed = 9});
    for (std::size_t t = 0; t < ends.size(); ++t) {
      const RoutePolicy policy = maxent_policy(data, ends[t].destination, weights);
      const LikelyRoutes expected = likely_routes(data.network, policy, ends[t].origin, {.count = 4, .loops = false});
      ASSERT_EQ(predictions[t].likely.routes.size(), expected.routes.size());
      for (std::size_t i = 0; i < expected.routes.size(); ++i)
        EXPECT_EQ(predictions[t].likely.routes[i].moves, expected.routes[i].moves);
      EXPECT_TRUE(predictions[t].passing.empty());
      for (const LikelyRoute& sample : predictions[t].samples)
        EXPECT_NEAR(
            sample.log_prob,
            policy.log_prob(
                Trip{.name = "", .destination = ends[t].destination, .origin = ends[t].origin, .moves = sample.moves}),
            1e-12);
    }
    // The first trip's samples do not depend on the others.
    const auto alone = predict_routes(likelihood, weights, {ends[0]}, {.samples = 2, .seed = 9});
    EXPECT_EQ(alone[0].samples[1].moves, predictions[0].samples[1].moves);
  }
}

TEST(RoutePrediction, NamesTheOptionItRefuses) {
  const RouteData data = random_routes({}, Ending::ByMove, 1, 5);
  Likelihood likelihood(data);
  EXPECT_THROW(predict_routes(likelihood, weights, {}, {.routes = 0}), std::invalid_argument);
  EXPECT_THROW(predict_routes(likelihood, weights, {}, {.samples = -1}), std::invalid_argument);
  EXPECT_THROW(predict_routes(likelihood, weights, {}, {.passing = {99}}), std::invalid_argument);
  EXPECT_THROW(predict_routes(likelihood, weights, {}, {.passing_at_least = 0.0}), std::invalid_argument);
}

}  // namespace
}  // namespace softrl::irl
