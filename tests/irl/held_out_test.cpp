#include "irl/held_out.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/generated_city.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

RouteData city() {
  RouteData data = generate_city({.rows = 5, .columns = 5, .destinations = 4, .trips = 200});
  for (std::size_t t = 0; t < data.trips.size(); ++t) data.trips[t].cluster = fmt::format("{}", t % 17);
  return data;
}

// Every trip is in one fold, units are whole, and folds differ by at most one unit in size.
TEST(HeldOut, FoldsDivideTheTripsByUnits) {
  const RouteData data = city();
  const auto unit_of = [](const Trip& trip, FoldUnit unit) {
    if (unit == FoldUnit::Trip) return trip.name;
    if (unit == FoldUnit::Cluster) return trip.cluster;
    return fmt::format("{} {}", trip.origin, trip.destination);
  };
  for (const FoldUnit unit : {FoldUnit::Trip, FoldUnit::TripEnds, FoldUnit::Cluster}) {
    const std::vector<int> folds = draw_folds(data.trips, 5, unit, 1);
    ASSERT_EQ(folds.size(), data.trips.size());
    EXPECT_EQ(folds, draw_folds(data.trips, 5, unit, 1));
    EXPECT_NE(folds, draw_folds(data.trips, 5, unit, 2));
    std::map<std::string, std::set<int>> folds_of_unit;
    for (std::size_t t = 0; t < folds.size(); ++t) folds_of_unit[unit_of(data.trips[t], unit)].insert(folds[t]);
    std::vector<int> units(5, 0);
    for (const auto& [name, found] : folds_of_unit) {
      EXPECT_EQ(found.size(), 1u) << name;
      ++units.at(*found.begin());
    }
    for (const int count : units) EXPECT_NEAR(count, static_cast<double>(folds_of_unit.size()) / 5.0, 1.0);
  }
  std::size_t held_out = 0;
  const std::vector<int> folds = draw_folds(data.trips, 5, FoldUnit::Trip, 1);
  for (int fold = 0; fold < 5; ++fold) {
    const HeldOut split = hold_out(data, folds, fold);
    EXPECT_EQ(split.train.trips.size() + split.held_out.size(), data.trips.size());
    held_out += split.held_out.size();
  }
  EXPECT_EQ(held_out, data.trips.size());
}

TEST(HeldOut, HoldsOutTheShareWanted) {
  const RouteData data = city();
  const std::vector<int> trips = draw_held_out(data.trips, 0.2, FoldUnit::Trip, 3);
  EXPECT_EQ(std::count(trips.begin(), trips.end(), 0), 40);
  const HeldOut split = hold_out(data, draw_held_out(data.trips, 0.2, FoldUnit::TripEnds, 3), 0);
  std::set<std::pair<int, int>> seen;
  for (const Trip& trip : split.train.trips) seen.emplace(trip.origin, trip.destination);
  EXPECT_GE(split.held_out.size(), 40u);
  for (const Trip& trip : split.held_out) EXPECT_EQ(seen.count({trip.origin, trip.destination}), 0u);
}

// Destinations known to the held-out trips alone are added behind those of the training trips.
TEST(HeldOut, JoinsTheDestinationsOfTwoFiles) {
  RouteData train, test;
  train.network = test.network = network_of(3, {{0, 1}, {1, 2}}, {{1}, {1}});
  train.ending = test.ending = Ending::OnEntering;
  train.destinations = {{.name = "1", .links = {1}}};
  train.trips = {make_trip(train, "a", 0, {0, 1})};
  test.destinations = {{.name = "2", .links = {2}}, {.name = "1", .links = {1}}};
  test.trips = {make_trip(test, "b", 0, {0, 1, 2}), make_trip(test, "c", 1, {0, 1})};
  const HeldOut split = hold_out(train, test);
  ASSERT_EQ(split.train.destinations.size(), 2u);
  EXPECT_EQ(split.train.destinations[1].name, "2");
  ASSERT_EQ(split.held_out.size(), 2u);
  EXPECT_EQ(split.held_out[0].destination, 1);
  EXPECT_EQ(split.held_out[1].destination, 0);
  EXPECT_EQ(split.train.trips.size(), 1u);

  test.network = network_of(3, {{0, 1}, {0, 2}}, {{1}, {1}});
  EXPECT_THAT([&] { hold_out(train, test); }, ThrowsMessage<std::invalid_argument>(HasSubstr("network")));
}

TEST(HeldOut, NamesWhatItRefuses) {
  const RouteData data = city();
  for (const int folds : {1, 18})
    EXPECT_THAT([&] { draw_folds(data.trips, folds, FoldUnit::Cluster, 1); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("folds must be between 2 and 17")));
  for (const double share : {0.0, 1.0, -0.5, std::nan("")})
    EXPECT_THAT([&] { draw_held_out(data.trips, share, FoldUnit::Trip, 1); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("share")));
  EXPECT_THAT([&] { draw_held_out({data.trips.front()}, 0.5, FoldUnit::Trip, 1); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("none is left to learn from")));
}

}  // namespace
}  // namespace softrl::irl
