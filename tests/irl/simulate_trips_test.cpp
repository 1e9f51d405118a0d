#include "irl/simulate_trips.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "irl/demand.hpp"
#include "irl/fit.hpp"
#include "irl/generated_city.hpp"
#include "irl/likelihood.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

TEST(SimulateTrips, GoWhereTheyAreSent) {
  const CityOptions options{.rows = 5, .columns = 5, .destinations = 4, .trips = 50};
  const RouteData city = generate_city(options);
  Likelihood likelihood(city);
  const std::vector<TripEnds> ends = draw_ends(observed_demand(city), 30, 2);
  const std::vector<Trip> trips = simulate_trips(likelihood, options.weights, ends, 7);
  ASSERT_EQ(trips.size(), 30u);
  for (std::size_t t = 0; t < trips.size(); ++t) {
    EXPECT_EQ(trips[t].origin, ends[t].origin);
    EXPECT_EQ(trips[t].destination, ends[t].destination);
    EXPECT_NO_THROW(make_trip(city, trips[t].name, trips[t].destination, trip_links(city.network, trips[t])));
  }
  EXPECT_EQ(trips.back().name, "30");
  const std::vector<Trip> fewer = simulate_trips(likelihood, options.weights, {ends[0], ends[1]}, 7);
  EXPECT_EQ(fewer[1].moves, trips[1].moves) << "a trip does not depend on the others";
}

// A power study in small: of 40 simulated data sets, in how many does the 95 % interval of a weight cover the true one?
// Fewer than 27 of 40 trials of probability 0.95 come true with a chance of 4.1e-9. Errors that are too large would
// pass that, so the 5 % interval (|z| ≤ 0.0627) is counted as well: more than 13 of 40 have the same chance. With 4
// weights that makes 3.3e-8; estimates from 300 trips are not exactly normal, for which there is room up to 1e-6.
TEST(SimulateTrips, EstimatesRecoverTheWeightsWithTheirCoverage) {
  const CityOptions options{.rows = 7, .columns = 7, .destinations = 6, .trips = 300, .seed = 4};
  RouteData city = generate_city(options);
  const std::vector<Demand> demand = observed_demand(city);
  Eigen::Vector4i wide = Eigen::Vector4i::Zero(), narrow = Eigen::Vector4i::Zero();
  const int sets = 40;
  for (int set = 0; set < sets; ++set) {
    {
      Likelihood truth(city);
      const auto seed = static_cast<std::uint64_t>(set);
      city.trips = simulate_trips(truth, options.weights, draw_ends(demand, 300, seed), seed);
    }
    Likelihood likelihood(city);
    const FitResult result = fit(likelihood);
    ASSERT_EQ(result.status, Status::Converged) << "set " << set;
    const Eigen::Vector4d z =
        (result.weights - options.weights).cwiseQuotient(result.covariance.diagonal().cwiseSqrt()).cwiseAbs();
    for (int j = 0; j < 4; ++j) {
      if (z(j) <= 1.959964) ++wide(j);
      if (z(j) <= 0.062707) ++narrow(j);
    }
  }
  for (int j = 0; j < 4; ++j) {
    EXPECT_GE(wide(j), 27) << city.network.features[j];
    EXPECT_LE(narrow(j), 13) << city.network.features[j];
  }
}

}  // namespace
}  // namespace softrl::irl
