#include "irl/generated_city.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

#include <Eigen/Dense>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/fit.hpp"
#include "irl/likelihood.hpp"
#include "irl/route_files.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(GeneratedCity, IsStronglyConnectedAndItsTripsHold) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const RouteData city = generate_city({.rows = 6, .columns = 5, .destinations = 4, .trips = 30, .seed = seed});
    const auto everything = std::vector<bool>(city.network.links.size(), true);
    const auto component = strong_components(city.network, everything);
    EXPECT_EQ(component, std::vector<int>(component.size(), component.front())) << "seed " << seed;
    EXPECT_EQ(city.trips.size(), 30u);
    for (const Trip& trip : city.trips)
      EXPECT_NO_THROW(make_trip(city, trip.name, trip.destination, trip_links(city.network, trip)));
    EXPECT_TRUE((city.network.attributes.col(0).array() > 0.0).all());
    EXPECT_TRUE((city.network.attributes.col(2).array() == 1.0).all());
    EXPECT_TRUE((city.network.attributes.col(1).array() * city.network.attributes.col(3).array() == 0.0).all())
        << "a u-turn is no left turn";
  }
}

TEST(GeneratedCity, DependsOnTheSeedAlone) {
  const CityOptions options{.rows = 5, .columns = 5, .destinations = 3, .trips = 10, .seed = 7};
  const RouteData a = generate_city(options), b = generate_city(options);
  CityOptions other = options;
  other.seed = 8;
  EXPECT_EQ(a.network.attributes, b.network.attributes);
  for (std::size_t t = 0; t < a.trips.size(); ++t) EXPECT_EQ(a.trips[t].moves, b.trips[t].moves);
  EXPECT_NE(feature_totals(a), feature_totals(generate_city(other)));
}

// Wald's statistic (ŵ − w)ᵀ C⁻¹ (ŵ − w) is χ² of 4 degrees of freedom for many trips: P(> 45) = 4e-9, and that times 10
// cities with a wide margin for 1,000 trips not being infinitely many is below 1e-6.
TEST(GeneratedCity, AFitFindsTheWeightsWithinTheirErrors) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const CityOptions options{.seed = seed};
    const RouteData city = generate_city(options);
    Likelihood likelihood(city);
    const FitResult result = fit(likelihood);
    ASSERT_EQ(result.status, Status::Converged) << "seed " << seed;
    const Eigen::VectorXd error = result.weights - options.weights;
    EXPECT_LT(error.dot(result.covariance.ldlt().solve(error)), 45.0) << "seed " << seed;
    EXPECT_LT(error.dot(result.robust_covariance.ldlt().solve(error)), 45.0) << "seed " << seed;
    // and the errors are small enough to tell every weight from 0
    EXPECT_TRUE((result.weights.array().abs() > 6.0 * result.covariance.diagonal().array().sqrt()).all());
  }
}

TEST(GeneratedCity, SurvivesItsFiles) {
  const RouteData city = generate_city({.rows = 5, .columns = 4, .destinations = 3, .trips = 20});
  const TemporaryFolder folder;
  write_routes(city, folder.path());
  const RouteData read = read_routes(read_study(folder.path() / "study.toml"), folder.path());
  EXPECT_EQ(read.network.features, city.network.features);
  EXPECT_EQ(read.network.move_count(), city.network.move_count());
  EXPECT_EQ(read.trips.size(), city.trips.size());
  EXPECT_EQ(feature_totals(read), feature_totals(city));
  for (int k = 0; k < read.network.link_count(); ++k)  // in another order: link k of the city is named k + 1
    EXPECT_EQ(read.link_lengths(k), city.link_lengths(std::stoi(read.network.links[k]) - 1));
  EXPECT_EQ(read.move_times, read.network.attributes.col(0));
  const Eigen::Vector4d weights(-2.0, -1.0, -0.7, -3.0);
  EXPECT_NEAR(Likelihood(read).evaluate(weights).log_likelihood, Likelihood(city).evaluate(weights).log_likelihood,
              1e-9);
}

TEST(GeneratedCity, NamesTheOptionItRefuses) {
  const auto refuses = [](const CityOptions& options, const std::string& name) {
    EXPECT_THAT([&] { generate_city(options); }, ThrowsMessage<std::invalid_argument>(HasSubstr(name)));
  };
  refuses({.rows = 1}, "rows");
  refuses({.columns = 1}, "columns");
  refuses({.rows = 100'000, .columns = 100'000},
          "rows × columns must be at most 1000000 junctions, got 100000 × 100000");
  refuses({.destinations = 0}, "destinations");
  refuses({.rows = 3, .columns = 3, .destinations = 10}, "destinations");
  refuses({.trips = 0}, "trips");
  refuses({.one_way_share = 1.5}, "one_way_share");
  refuses({.one_way_share = 0.95}, "one_way_share");
  refuses({.diagonal_share = -0.5}, "diagonal_share");
  refuses({.weights = Eigen::Vector4d::Zero()}, "weights");
}

}  // namespace
}  // namespace softrl::irl
