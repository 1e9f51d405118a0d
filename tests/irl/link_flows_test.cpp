#include "irl/link_flows.hpp"

#include <cmath>
#include <set>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/generated_city.hpp"
#include "irl/likelihood.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const Eigen::Vector3d weights(-1.0, -0.5, std::log(0.3));
constexpr Ending endings[] = {Ending::ByMove, Ending::OnEntering};

// The gradient of the log-likelihood is what was driven less what is expected to be.
TEST(LinkFlows, AreWhatTheGradientExpects) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const RouteData data = random_routes({}, ending, 20, seed);
      if (data.trips.empty()) continue;
      Likelihood likelihood(data);
      const LinkFlows flows = link_flows(likelihood, weights, observed_demand(data));
      const Eigen::VectorXd expected = data.network.attributes.transpose() * flows.moves;
      const Eigen::VectorXd driven = feature_totals(data) - likelihood.evaluate(weights).gradient;
      EXPECT_LT((expected - driven).cwiseAbs().maxCoeff(), 1e-9) << "seed " << seed;
      const auto trips = static_cast<double>(data.trips.size());
      EXPECT_EQ(flows.demand, trips);
      EXPECT_NEAR(flows.ended.sum(), trips, 1e-9);
      EXPECT_EQ(flows.started.sum(), trips);
      EXPECT_LT(flows.link_imbalance, 1e-9);
      EXPECT_LT(flows.intersection_imbalance, 1e-9);
    }
  }
}

TEST(LinkFlows, AreProportionalToTheDemand) {
  const RouteData data = random_routes({}, Ending::ByMove, 5, 3);
  Likelihood likelihood(data);
  std::vector<Demand> demand = observed_demand(data);
  const LinkFlows once = link_flows(likelihood, weights, demand);
  for (Demand& row : demand) row.trips = 0.25;
  const LinkFlows quarter = link_flows(likelihood, weights, demand);
  EXPECT_LT((quarter.links - 0.25 * once.links).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_EQ(quarter.demand, 0.25 * once.demand);
}

// Destinations of the generated city are junctions, given by the links that lead to them.
TEST(LinkFlows, IntersectionsAreTheJunctionsOfACity) {
  const RouteData city = generate_city({.rows = 6, .columns = 5, .destinations = 20, .trips = 1});
  const Intersections where = intersections(city.network);
  std::set<int> junctions;
  for (const Destination& destination : city.destinations) {
    std::set<int> ends;
    for (const int link : destination.links) ends.insert(where.ends[link]);
    EXPECT_EQ(ends.size(), 1u) << destination.name;
    junctions.insert(*ends.begin());
  }
  EXPECT_EQ(junctions.size(), 20u);
  for (int m = 0; m < city.network.move_count(); ++m)
    EXPECT_EQ(where.ends[city.network.from[m]], where.begins[city.network.to[m]]);
}

TEST(LinkFlows, NameTheTripsWithoutAnAnswer) {
  RouteData data;
  data.network = network_of(3, {{0, 1}, {1, 0}, {0, 2}}, {{1}, {1}, {1}});
  data.destinations = {{.name = "home", .links = {1}}};
  data.trips = {make_trip(data, "t", 0, {0, 1})};
  Likelihood likelihood(data);
  const auto refuses = [&](double weight, int origin, const char* words) {
    EXPECT_THAT(
        [&] {
          link_flows(likelihood, Eigen::VectorXd::Constant(1, weight),
                     {{.ends = {.origin = origin, .destination = 0}, .trips = 1.0}});
        },
        ThrowsMessage<std::invalid_argument>(HasSubstr(words)));
  };
  refuses(0.1, 0, "from link 0 to destination home: weights: the sum over paths diverges");
  refuses(-1.0, 2, "from link 2 to destination home: the destination cannot be reached");
}

}  // namespace
}  // namespace softrl::irl
