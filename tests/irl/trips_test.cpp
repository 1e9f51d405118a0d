#include "irl/trips.hpp"

#include <cmath>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;

// 0 → 1 → 2 → 0, 1 → 0; trips end at "here" from link 2, or on entering link 2.
RouteData ring(Ending ending) {
  RouteData data;
  data.network = network_of(3, {{0, 1}, {1, 2}, {2, 0}, {1, 0}}, {{1}, {2}, {4}, {8}});
  data.ending = ending;
  data.destinations = {{.name = "here", .links = {2}}};
  return data;
}

TEST(Trips, KeepTheirLinks) {
  const RouteData data = ring(Ending::ByMove);
  const std::vector<int> links{0, 1, 2, 0, 1, 2};  // passes the link it could end on
  EXPECT_EQ(trip_links(data.network, make_trip(data, "a", 0, links)), links);
}

TEST(Trips, RefuseWhatCannotBeDriven) {
  const RouteData by_move = ring(Ending::ByMove), on_entering = ring(Ending::OnEntering);
  const auto refuses = [](const RouteData& data, const std::vector<int>& links, TripFault fault,
                          const std::string& message) {
    try {
      make_trip(data, "a", 0, links);
      ADD_FAILURE() << "no complaint: " << message;
    } catch (const TripError& error) {
      EXPECT_EQ(error.fault, fault) << to_string(error.fault);
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  };
  refuses(by_move, {}, TripFault::Empty, "no links");
  refuses(by_move, {0, 2}, TripFault::UnknownMove, "no move from link 0 to link 2");
  refuses(by_move, {0, 1}, TripFault::EndsElsewhere, "destination here cannot be reached from link 1");
  refuses(on_entering, {0, 1, 2, 0, 1, 2}, TripFault::PassesDestination, "after entering its destination");
  RouteData apart = by_move;
  apart.network = network_of(4, {{0, 1}, {1, 2}, {2, 0}, {2, 3}}, {{1}, {2}, {4}, {8}});
  refuses(apart, {3}, TripFault::Disconnected, "no way from link 3 to destination here");
  refuses(apart, {3, 0, 1, 2}, TripFault::Disconnected, "no way from link 3 to destination here");
}

// Choices along 0 1 2 then end: of 1, of 2, and at link 2 of driving on or ending; on entering, the last is no choice.
TEST(Trips, NullModelTakesEveryAvailableMoveWithEqualProbability) {
  RouteData data = ring(Ending::ByMove);
  data.trips = {make_trip(data, "a", 0, {0, 1, 2}), make_trip(data, "b", 0, {2})};
  EXPECT_NEAR(random_walk_log_likelihood(data), -(std::log(1.0) + std::log(2.0) + 2.0 * std::log(2.0)), 1e-15);
  EXPECT_EQ(feature_totals(data)(0), 3.0);
  data = ring(Ending::OnEntering);
  data.trips = {make_trip(data, "a", 0, {0, 1, 2}), make_trip(data, "b", 0, {2})};
  EXPECT_NEAR(random_walk_log_likelihood(data), -std::log(2.0), 1e-15);
}

// 0 → 1 → 2 with a dead end 1 → 3 and a link 4 → 0 that no trip comes from.
TEST(Trips, RelevantLinksLieBetweenOriginsAndDestinations) {
  RouteData data;
  data.network = network_of(5, {{0, 1}, {1, 2}, {1, 3}, {4, 0}}, {{1}, {1}, {1}, {1}});
  data.destinations = {{.name = "here", .links = {2}}};
  data.trips = {make_trip(data, "a", 0, {0, 1, 2})};
  EXPECT_EQ(relevant_links(data), (std::vector{true, true, true, false, false}));
}

}  // namespace
}  // namespace softrl::irl
