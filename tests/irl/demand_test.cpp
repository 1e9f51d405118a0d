#include "irl/demand.hpp"

#include <cmath>
#include <map>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/ends_finder.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// 0 → 1 → 2, nothing back.
RouteData line(Ending ending) {
  RouteData data;
  data.network = network_of(3, {{0, 1}, {1, 2}}, {{1}, {1}});
  data.ending = ending;
  data.destinations = {{.name = ending == Ending::ByMove ? "home" : "2", .links = {2}}};
  return data;
}

TEST(Demand, IsReadFromATable) {
  const TemporaryFolder folder;
  const auto file = folder.write("d.csv", "origin,trips,destination\n0,1.5,home\n2,0,home\n");
  RouteData data = line(Ending::ByMove);
  const std::vector<Demand> demand = read_demand(file, true, data);
  ASSERT_EQ(demand.size(), 2u);
  EXPECT_EQ(demand[0].trips, 1.5);
  EXPECT_EQ(demand[0].ends.origin, 0);
  EXPECT_EQ(demand[1].ends.origin, 2);
  EXPECT_EQ(read_demand(file, false, data)[0].trips, 1.0);
  // Any link can be the destination where it is one.
  RouteData by_link = line(Ending::OnEntering);
  EXPECT_EQ(read_demand(folder.write("l.csv", "origin,destination\n0,1\n"), false, by_link)[0].ends.destination, 1);
  EXPECT_EQ(by_link.destinations.at(1).links, std::vector<int>{1});
}

TEST(Demand, ComplainsWithFileAndLine) {
  const TemporaryFolder folder;
  const auto refuses = [&](const std::string& row, const std::string& message, Ending ending = Ending::ByMove) {
    const auto file = folder.write("d.csv", "origin,destination,trips\n" + row);
    EXPECT_THAT(
        [&] {
          RouteData data = line(ending);
          read_demand(file, true, data);
        },
        ThrowsMessage<std::runtime_error>(HasSubstr(message)));
  };
  refuses("", "d.csv:1: has no trips");
  refuses("9,home,1\n", "d.csv:2: there is no link 9");
  refuses("0,work,1\n", "d.csv:2: there is no destination work");
  refuses("0,home,-1\n", "d.csv:2: trips must not be negative, got -1");
  refuses("0,home,many\n", "d.csv:2: trips must be a finite number");
  refuses("2,2,1\n2,1,1\n", "d.csv:3: destination 1 cannot be reached from link 2", Ending::OnEntering);
}

// A count of n trials of probability p is within 5.5 √(n p (1 − p)) of n p but for a chance of 4e-8.
TEST(Demand, EndsAreDrawnInProportionToIt) {
  std::vector<Demand> demand;
  const double trips[] = {1.0, 0.0, 2.5, 0.5};
  for (int row = 0; row < 4; ++row) demand.push_back({.ends = {.origin = row, .destination = 0}, .trips = trips[row]});
  const int n = 40'000;
  std::map<int, int> counts;
  for (const TripEnds& ends : draw_ends(demand, n, 7)) ++counts[ends.origin];
  EXPECT_FALSE(counts.contains(1));
  for (const int row : {0, 2, 3}) {
    const double p = trips[row] / 4.0;
    EXPECT_NEAR(counts[row], n * p, 5.5 * std::sqrt(n * p * (1 - p)));
  }
  EXPECT_THROW(draw_ends(demand, 0, 1), std::invalid_argument);
  EXPECT_THROW(draw_ends({demand[1]}, 5, 1), std::invalid_argument);
}

TEST(EndsFinder, NamesWhatThereIsNot) {
  RouteData data = line(Ending::ByMove);
  EndsFinder finder(data);
  EXPECT_EQ(finder.link("2"), 2);
  EXPECT_EQ(finder.destination("home"), 0);
  EXPECT_THROW(finder.link("home"), std::invalid_argument);
  EXPECT_THROW(finder.destination("2"), std::invalid_argument);
  EXPECT_EQ(finder.ends("1", "home").origin, 1);
}

}  // namespace
}  // namespace softrl::irl
