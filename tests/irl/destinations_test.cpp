#include "irl/destinations.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/generated_city.hpp"
#include "irl/likelihood.hpp"
#include "irl/link_size.hpp"
#include "irl/maxent_policy.hpp"
#include "irl/simulate_trips.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const Eigen::Vector3d weights(-1.0, -0.5, std::log(0.3));
constexpr Ending endings[] = {Ending::ByMove, Ending::OnEntering};

// P(d) exp(V_d(b) − V_d(o)): the reward of what was driven cancels (docs/math.md 4.8). Where trips end on entering
// their destination, one that was passed is ruled out.
TEST(Destinations, PosteriorsOfMaxentTelescope) {
  const Eigen::Vector2d prior(3.0, 1.0);
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const RouteData data = random_routes({}, ending, 10, seed);
      if (data.trips.empty()) continue;
      Likelihood likelihood(data);
      const std::vector<RowMatrix> posteriors = destination_posteriors(likelihood, weights, prior, data.trips);
      const Eigen::VectorXd values[] = {soft_values(data, 0, weights), soft_values(data, 1, weights)};
      for (std::size_t t = 0; t < data.trips.size(); ++t) {
        const std::vector<int> links = trip_links(data.network, data.trips[t]);
        ASSERT_EQ(posteriors[t].rows(), static_cast<Eigen::Index>(links.size()));
        bool passed[] = {false, false};
        for (std::size_t n = 0; n < links.size(); ++n) {
          Eigen::Vector2d joint;
          for (int d = 0; d < 2; ++d) {
            const double gain = values[d](links[n]) - values[d](links[0]);
            joint(d) = std::isfinite(values[d](links[0])) && !passed[d] ? prior(d) * std::exp(gain) : 0.0;
            if (ending == Ending::OnEntering && links[n] == data.destinations[d].links[0]) passed[d] = true;
          }
          for (int d = 0; d < 2; ++d)
            EXPECT_NEAR(std::exp(posteriors[t](static_cast<Eigen::Index>(n), d)), joint(d) / joint.sum(), 1e-12)
                << "seed " << seed;
        }
      }
    }
  }
}

// Of destinations drawn from the prior, the posterior is right about how often it is right: the indicator of the most
// probable destination less its posterior has mean 0. It lies in [−1, 1], so that by Hoeffding's inequality the mean of
// n is within √(2 log(2e6) / n) but for a chance of 1e-6; so is that of the next statistic.
TEST(Destinations, PosteriorsAreCalibrated) {
  const CityOptions options{.rows = 6, .columns = 6, .destinations = 6, .trips = 1, .seed = 3};
  const RouteData city = generate_city(options);
  Likelihood likelihood(city);
  const int n = 4000;
  Eigen::VectorXd prior(6);
  prior << 8.0, 4.0, 2.0, 1.0, 1.0, 0.0;
  Random random(11, "trips");
  std::vector<TripEnds> ends;
  const std::vector<double> probabilities(prior.begin(), prior.end());
  for (int t = 0; t < n; ++t)
    ends.push_back({.origin = static_cast<int>(random.below(city.network.link_count())),
                    .destination = random.categorical(probabilities)});
  const std::vector<Trip> trips = simulate_trips(likelihood, options.weights, ends, 5);

  const std::vector<double> fractions = {0.0, 0.5, 0.8};
  const DestinationTest test = test_destinations(likelihood, options.weights, prior, trips, fractions);
  const std::vector<RowMatrix> posteriors = destination_posteriors(likelihood, options.weights, prior, trips);
  EXPECT_EQ(test.prior_zero, 0);
  const double bound = std::sqrt(2.0 * std::log(2e6) / n);
  for (std::size_t f = 0; f < fractions.size(); ++f) {
    double greatest = 0.0, own = 0.0, log_own = 0.0, squares = 0.0;
    for (std::size_t t = 0; t < trips.size(); ++t) {
      const auto seen = static_cast<Eigen::Index>(fractions[f] * static_cast<double>(trips[t].moves.size()) + 1e-9);
      const Eigen::VectorXd posterior = posteriors[t].row(seen).transpose();
      greatest += std::exp(posterior.maxCoeff()) / n;
      own += std::exp(posterior(trips[t].destination)) / n;
      log_own += posterior(trips[t].destination) / n;
      squares += posterior.array().exp().square().sum() / n;
    }
    EXPECT_EQ(test.fractions[f].trips, n);
    EXPECT_EQ(test.fractions[f].impossible, 0);
    EXPECT_NEAR(test.fractions[f].mean_posterior, own, 1e-9);
    EXPECT_NEAR(test.fractions[f].mean_log_posterior, log_own, 1e-9);
    // These say something of trips that drive on past the point seen: not of those cut at a share of their length,
    // which tells the length, except where nothing is seen.
    if (fractions[f] > 0.0) continue;
    EXPECT_NEAR(test.fractions[f].accuracy, greatest, bound);
    EXPECT_NEAR(own, squares, bound);
  }
  EXPECT_GT(test.fractions[2].accuracy, test.fractions[1].accuracy + 0.1);
  EXPECT_GT(test.fractions[1].accuracy, test.fractions[0].accuracy + 0.1);
}

TEST(Destinations, CountsTripsTheyCannotExplain) {
  RouteData data;
  data.network = network_of(4, {{0, 1}, {1, 0}, {1, 2}, {0, 3}}, {{1}, {1}, {1}, {1}});
  data.destinations = {{.name = "a", .links = {2}}, {.name = "b", .links = {3}}, {.name = "c", .links = {2}}};
  data.trips = {make_trip(data, "to a", 0, {0, 1, 2}), make_trip(data, "to b", 1, {1, 0, 3}),
                make_trip(data, "to c", 2, {0, 1, 2})};
  Likelihood likelihood(data);
  const Eigen::VectorXd weight = Eigen::VectorXd::Constant(1, -1.0);
  const DestinationTest test = test_destinations(likelihood, weight, Eigen::Vector3d(1, 1, 0), data.trips, {0.5, 1.0});
  EXPECT_EQ(test.prior_zero, 1);
  EXPECT_EQ(test.fractions[1].impossible, 1);
  EXPECT_EQ(test.fractions[1].trips, 3);
  EXPECT_EQ(test.fractions[1].accuracy, 2.0 / 3.0) << "links 2 and 3 lead to one destination each of positive prior";
  EXPECT_NEAR(test.fractions[1].mean_posterior, 2.0 / 3.0, 1e-12);
  EXPECT_NEAR(test.fractions[1].mean_log_posterior, 0.0, 1e-12) << "of the two that are possible";
  const std::vector<RowMatrix> posteriors =
      destination_posteriors(likelihood, weight, Eigen::Vector3d(0, 1, 0), {data.trips[0]});
  EXPECT_EQ(posteriors[0](1, 1), 0.0) << "the only one that is left";
  EXPECT_TRUE(std::isnan(posteriors[0](2, 1))) << "from link 2 there is no way to b";
  const DestinationTest none = test_destinations(likelihood, weight, Eigen::Vector3d(0, 1, 0), {data.trips[0]}, {1.0});
  EXPECT_EQ(none.fractions[0].impossible, 1);
  EXPECT_EQ(none.fractions[0].accuracy, 0.0);
  EXPECT_TRUE(std::isnan(none.fractions[0].mean_log_posterior));
}

// Link size without a weight changes no choice, although every pair of origin and destination then has its own policy.
TEST(Destinations, AreAskedForEveryOriginWhereItMatters) {
  const Eigen::Vector2d prior(3.0, 1.0);
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const RouteData data = random_routes({}, Ending::ByMove, 10, seed);
    if (data.trips.empty()) continue;
    Likelihood likelihood(data);
    LinkSizeModel link_size(data, weights, 2);
    Eigen::Vector4d with_size;
    with_size << weights, 0.0;
    const std::vector<RowMatrix> expected = destination_posteriors(likelihood, weights, prior, data.trips);
    const std::vector<RowMatrix> found = destination_posteriors(link_size, with_size, prior, data.trips);
    for (std::size_t t = 0; t < data.trips.size(); ++t)
      EXPECT_LT((found[t].array().exp() - expected[t].array().exp()).abs().maxCoeff(), 1e-12) << "seed " << seed;
  }
}

// Of two halves of the trips, pooled, the answer is that of all.
TEST(Destinations, TestsOfFoldsArePooled) {
  const RouteData data = random_routes({}, Ending::ByMove, 30, 2);
  ASSERT_GT(data.trips.size(), 4u);
  Likelihood likelihood(data);
  const Eigen::Vector2d prior(3.0, 1.0);
  const auto half = data.trips.begin() + 3;
  const auto test = [&](const std::vector<Trip>& trips) {
    return test_destinations(likelihood, weights, prior, trips, {0.0, 0.7});
  };
  const DestinationTest all = test(data.trips);
  const DestinationTest pooled = pool({test({data.trips.begin(), half}), test({half, data.trips.end()})});
  EXPECT_EQ(pooled.prior_zero, all.prior_zero);
  for (int f = 0; f < 2; ++f) {
    EXPECT_EQ(pooled.fractions[f].trips, all.fractions[f].trips);
    EXPECT_EQ(pooled.fractions[f].impossible, all.fractions[f].impossible);
    EXPECT_NEAR(pooled.fractions[f].accuracy, all.fractions[f].accuracy, 1e-12);
    EXPECT_NEAR(pooled.fractions[f].mean_posterior, all.fractions[f].mean_posterior, 1e-12);
    EXPECT_NEAR(pooled.fractions[f].mean_log_posterior, all.fractions[f].mean_log_posterior, 1e-12);
  }
  EXPECT_THROW(pool({}), std::invalid_argument);
}

TEST(Destinations, SharesOfTheTrips) {
  RouteData data;
  data.destinations = {{.name = "a", .links = {}}, {.name = "b", .links = {}}};
  for (const int d : {0, 0, 0, 1}) data.trips.push_back({.name = "", .destination = d, .origin = 0, .moves = {}});
  EXPECT_EQ(destination_shares(data), Eigen::Vector2d(0.75, 0.25));
  EXPECT_EQ(destination_shares(data, 2.0), Eigen::Vector2d(0.625, 0.375));
  EXPECT_THROW(destination_shares(data, -1.0), std::invalid_argument);
}

TEST(Destinations, NameWhatTheyRefuse) {
  const RouteData data = random_routes({}, Ending::ByMove, 3, 1);
  Likelihood likelihood(data);
  const auto refuses = [&](const Eigen::VectorXd& prior, const std::vector<double>& fractions, const char* words) {
    EXPECT_THAT([&] { test_destinations(likelihood, weights, prior, data.trips, fractions); },
                ThrowsMessage<std::invalid_argument>(HasSubstr(words)));
  };
  refuses(Eigen::Vector2d(1, -1), {0.5}, "prior");
  refuses(Eigen::Vector2d(0, 0), {0.5}, "prior");
  refuses(Eigen::Vector3d(1, 1, 1), {0.5}, "prior");
  refuses(Eigen::Vector2d(1, std::nan("")), {0.5}, "prior");
  refuses(Eigen::Vector2d(1, 1), {1.5}, "fraction");
}

}  // namespace
}  // namespace softrl::irl
