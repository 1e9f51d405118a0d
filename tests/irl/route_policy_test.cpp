#include "irl/route_policy.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>

#include <gtest/gtest.h>

#include "irl/likelihood.hpp"
#include "irl/maxent_policy.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

const Eigen::Vector3d weights(-1.0, -0.5, std::log(0.3));
constexpr Ending endings[] = {Ending::ByMove, Ending::OnEntering};

TEST(RoutePolicy, ProbabilitiesSumToOneWhereTheDestinationCanBeReached) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const RouteData data = random_routes({}, ending, 1, seed);
      const RoutePolicy policy = maxent_policy(data, 0, weights);
      const Eigen::VectorXd values = soft_values(data, 0, weights);
      const auto reaches = reachable(data.network, data.destinations[0].links, Direction::Backward);
      for (int k = 0; k < data.network.link_count(); ++k) {
        EXPECT_EQ(std::isfinite(values(k)), reaches[k]);
        if (!reaches[k]) continue;
        double total = 0.0;
        for (int action = 0; action <= data.network.out_degree(k); ++action)
          total += std::exp(policy.log_prob(k, action));
        EXPECT_NEAR(total, 1.0, 1e-12) << "seed " << seed;
      }
    }
  }
}

// Move by move or all at once, a trip has the same probability.
TEST(RoutePolicy, AgreesWithTheLikelihood) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const RouteData data = random_routes({}, ending, 20, seed);
      if (data.trips.empty()) continue;
      double total = 0.0;
      for (const Trip& trip : data.trips) total += maxent_policy(data, trip.destination, weights).log_prob(trip);
      EXPECT_NEAR(total, Likelihood(data).evaluate(weights).log_likelihood, 1e-10) << "seed " << seed;
    }
  }
}

// n samples of a route of probability p: its count is within 5.5 √(n p (1 − p)) of n p but for a chance of 4e-8; of the
// at most 6 routes so common, with the two networks, that is below 1e-6.
TEST(RoutePolicy, SamplesRoutesAtTheirProbabilities) {
  const int n = 20'000;
  for (const Ending ending : endings) {
    const RouteData data = random_routes({}, ending, 1, 5);
    const RoutePolicy policy = maxent_policy(data, 0, weights);
    Random random(1, "samples");
    const int origin = data.trips.empty() ? 0 : data.trips.front().origin;
    ASSERT_TRUE(std::isfinite(soft_values(data, 0, weights)(origin)));
    std::map<std::vector<int>, int> counts;
    for (int i = 0; i < n; ++i) ++counts[policy.sample_trip(origin, random, 1000).moves];
    int compared = 0;
    for (const auto& [moves, count] : counts) {
      const double p = std::exp(policy.log_prob(Trip{.name = "", .destination = 0, .origin = origin, .moves = moves}));
      if (p < 0.05 || compared == 6) continue;
      EXPECT_NEAR(count, n * p, 5.5 * std::sqrt(n * p * (1 - p)) + 0.5);
      ++compared;
    }
    EXPECT_GT(compared, 0);
  }
}

TEST(RoutePolicy, RefusesWhatHasNoAnswer) {
  RouteData data;
  data.network = network_of(3, {{0, 1}, {1, 0}, {0, 2}}, {{1}, {1}, {1}});
  data.destinations = {{.name = "d", .links = {1}}};
  const RoutePolicy policy = maxent_policy(data, 0, Eigen::VectorXd::Constant(1, -1.0));
  Random random(1);
  EXPECT_THROW(policy.sample(2, random), std::invalid_argument) << "a dead end";
  EXPECT_EQ(policy.log_prob(2, 0), -std::numeric_limits<double>::infinity());
  EXPECT_THROW(policy.log_prob(0, 3), std::invalid_argument);
  EXPECT_THROW(maxent_policy(data, 0, Eigen::VectorXd::Constant(1, 0.1)), std::invalid_argument) << "diverges";
  EXPECT_EQ(policy.sample_trip(0, random, 0).destination, -1) << "cut";
}

}  // namespace
}  // namespace softrl::irl
