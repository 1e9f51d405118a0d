#include "irl/route_files.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/likelihood.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// A folder with a small study whose files can be spoilt one by one.
struct SmallStudy {
  TemporaryFolder folder;
  std::string network = "a,b,time\n1,2,0.5\n2,3,1\n2,1,2\n";
  std::string destinations = "d,link\nhome,3\n";
  std::string trips = "id,links,d\nt1,1 2 3,home\n";
  std::string head, more_of_trips;  // lines of the study

  RouteData read(bool on_entering = false, const ReadOptions& options = {.strict = true}) const {
    folder.write("n.csv", network);
    folder.write("d.csv", destinations);
    folder.write("t.csv", trips);
    return read_routes(
        read_study(folder.write(
            "s.toml", "model = 'maxent'\nfeatures = ['time']\n" + head +
                          std::string("[network]\nfile = 'n.csv'\nfrom = 'a'\nto = 'b'\n"
                                      "[trips]\nfile = 't.csv'\nname = 'id'\nlinks = 'links'\ndestination = 'd'\n") +
                          more_of_trips +
                          (on_entering ? "" : "[destinations]\nfile = 'd.csv'\ndestination = 'd'\nlink = 'link'\n"))),
        folder.path(), options);
  }
};

TEST(RouteFiles, ReadBothWaysToEnd) {
  SmallStudy study;
  const RouteData by_move = study.read();
  EXPECT_EQ(by_move.ending, Ending::ByMove);
  EXPECT_EQ(by_move.destinations[0].name, "home");
  EXPECT_EQ(feature_totals(by_move)(0), 1.5);
  study.trips = "id,links,d\nt1,1 2 3,3\nt2,2 1,1\n";
  const RouteData on_entering = study.read(true);
  EXPECT_EQ(on_entering.ending, Ending::OnEntering);
  EXPECT_EQ(on_entering.destinations.size(), 2u);
  EXPECT_EQ(on_entering.network.links[on_entering.destinations[1].links[0]], "1");
}

TEST(RouteFiles, ReadClustersOfTrips) {
  SmallStudy study;
  study.trips = "id,links,d,who\nt1,1 2 3,home,ann\nt2,2 3,home,bob\n";
  EXPECT_EQ(study.read().trips[0].cluster, "");
  study.more_of_trips = "cluster = 'who'\n";
  EXPECT_EQ(study.read().trips[0].cluster, "ann");
  EXPECT_EQ(study.read().trips[1].cluster, "bob");
  const auto refuses = [&](const std::string& message) {
    EXPECT_THAT([&] { study.read(); }, ThrowsMessage<std::runtime_error>(HasSubstr(message)));
  };
  study.trips = "id,links,d,who\nt1,1 2 3,home,ann\nt2,2 3,home,\n";
  refuses("t.csv:3: trip t2: has no who");
  study.trips = "id,links,d\nt1,1 2 3,home\n";
  refuses("t.csv:1: has no column \"who\"");
}

// Trips of another file know the destinations of the first, and add theirs where destinations are links.
TEST(RouteFiles, ReadFurtherTrips) {
  SmallStudy study;
  Study columns;
  columns.trips = {.file = "", .name = "id", .links = "links", .destination = "d", .cluster = {}, .files = {}};
  RouteData data = study.read();
  const auto file = study.folder.write("more.csv", "id,links,d\nt1,2 3,home\n");
  EXPECT_EQ(read_trips(columns, file, data).trips.at(0).destination, 0);
  EXPECT_EQ(data.trips.size(), 1u);
  study.trips = "id,links,d\nt1,1 2 3,3\n";
  data = study.read(true);
  study.folder.write("more.csv", "id,links,d\nt1,2 1,1\nt2,2 3,3\nt3,2 3,1\n");
  const TripFile more = read_trips(columns, file, data);
  EXPECT_EQ(more.report.read, 3);
  EXPECT_EQ(more.report.left_out.at(0).reason, TripFault::EndsElsewhere);
  EXPECT_EQ(data.destinations.at(1).name, "1");
  EXPECT_EQ(more.trips.at(0).destination, 1);
  EXPECT_EQ(more.trips.at(1).destination, 0);
  study.folder.write("more.csv", "id,links,d\nt1,2 9,9\n");
  EXPECT_THAT([&] { read_trips(columns, file, data); }, ThrowsMessage<std::runtime_error>(HasSubstr("more.csv:2")));
}

TEST(RouteFiles, ComplainWithFileAndLine) {
  const auto refuses = [](const auto& spoil, const std::string& message, bool on_entering = false) {
    SmallStudy study;
    spoil(study);
    EXPECT_THAT([&] { study.read(on_entering); }, ThrowsMessage<std::runtime_error>(HasSubstr(message)));
  };
  refuses([](SmallStudy& s) { s.network = "a,b\n1,2\n"; }, "n.csv:1: has no column \"time\"");
  refuses([](SmallStudy& s) { s.network += "2,3,1\n"; }, "n.csv:5: the move from link 2 to link 3 appears twice");
  refuses([](SmallStudy& s) { s.network += "3,1,\n"; }, "n.csv:5: time must be a finite number");
  refuses([](SmallStudy& s) { s.network += "3,,1\n"; }, "n.csv:5: has no name for one of the links");
  refuses([](SmallStudy& s) { s.network = "a,b,time\n"; }, "n.csv:1: has no moves");
  refuses([](SmallStudy& s) { s.trips += ",2 3,home\n"; }, "t.csv:3: id is empty");
  refuses([](SmallStudy& s) { s.trips += "t1,2 3,home\n"; }, "t.csv:3: trip t1: appears twice");
  refuses([](SmallStudy& s) { s.destinations += "home,9\n"; }, "d.csv:3: there is no link 9");
  refuses([](SmallStudy& s) { s.destinations += "home,3\n"; }, "d.csv:3: link 3 is listed twice");
  refuses([](SmallStudy& s) { s.trips += "t2,1 3,home\n"; },
          "t.csv:3: trip t2: there is no move from link 1 to link 3");
  refuses([](SmallStudy& s) { s.trips += "t2,1 9,home\n"; }, "t.csv:3: trip t2: there is no link 9");
  refuses([](SmallStudy& s) { s.trips += "t2,1 2,home\n"; }, "t.csv:3: trip t2: destination home cannot be reached");
  refuses([](SmallStudy& s) { s.trips += "t2,1 2,work\n"; }, "t.csv:3: trip t2: destination work cannot be reached");
  refuses([](SmallStudy& s) { s.trips += "t2,,home\n"; }, "t.csv:3: trip t2: trip has no links");
  refuses([](SmallStudy& s) { s.trips = "id,links,d\n"; }, "t.csv:1: has no trips");
  refuses([](SmallStudy& s) { s.trips = "id,links,d\nt1,1 2 1,2\n"; }, "t.csv:2: trip t1: trip drives on", true);
  refuses([](SmallStudy& s) { s.trips = "id,links,d\nt1,1 2 3,7\n"; }, "t.csv:2: trip t1: destination 7", true);
}

// Trips with faults, one of each kind and two of one, are left out and counted; the others are read as if alone.
TEST(RouteFiles, CountTripsThatCannotBeUsed) {
  SmallStudy study;
  study.network += "4,1,2\n5,4,1\n4,5,1\n3,6,1\n6,6,1\n";  // 4 and 5 lead to 1 and none back; from 6 there is no way on
  study.trips =
      "id,links,d\nt1,1 2 3,home\nt2,,home\nt3,1 9,home\nt4,1 3,home\nt5,1 2,work\nt6,4 1,home\nt7,6 6,home\n"
      "t8,4 3,home\nt9,2 3,home\n";
  const RouteData data = study.read(false, {});
  ASSERT_EQ(data.trips.size(), 2u);
  EXPECT_EQ(data.trips[1].name, "t9");
  EXPECT_EQ(data.trip_report.read, 9);
  const auto expect = [&](std::size_t i, TripFault reason, int count, int line, const std::string& first) {
    const TripReport::LeftOut& group = data.trip_report.left_out.at(i);
    EXPECT_EQ(group.reason, reason) << to_string(group.reason);
    EXPECT_EQ(group.count, count) << i;
    EXPECT_EQ(group.first_line, line) << i;
    EXPECT_THAT(group.first, HasSubstr("t.csv:" + std::to_string(line) + ": trip " + first));
  };
  expect(0, TripFault::Empty, 1, 3, "t2: trip has no links");
  expect(1, TripFault::UnknownLink, 1, 4, "t3: there is no link 9");
  expect(2, TripFault::UnknownMove, 2, 5, "t4: there is no move from link 1 to link 3");
  expect(3, TripFault::UnknownDestination, 1, 6, "t5: destination work");
  expect(4, TripFault::EndsElsewhere, 1, 7, "t6: destination home cannot be reached from link 1");
  expect(5, TripFault::Disconnected, 1, 8, "t7: there is no way from link 6 to destination home");
  EXPECT_EQ(data.trip_report.left_out.size(), 6u);

  study.trips = "id,links,d\nt1,1 2 3,3\nt2,1 2 1,2\nt3,1 2,2\nt4,1 2,7\n";
  const RouteData entering = study.read(true, {});
  EXPECT_EQ(entering.trips.size(), 2u);
  EXPECT_EQ(entering.destinations.size(), 2u);
  EXPECT_EQ(entering.trip_report.left_out[0].reason, TripFault::PassesDestination);
  EXPECT_EQ(entering.trip_report.left_out[1].reason, TripFault::UnknownDestination);

  study.trips = "id,links,d\nt1,1,3\nt2,1 1,2\n";
  EXPECT_THAT([&] { study.read(true, {}); },
              ThrowsMessage<std::runtime_error>(HasSubstr("t.csv:2: trip t1: destination 3 cannot be reached")));
}

// Each mile counts once by type, once by speed and once by lanes; each move is one turn and one link.
TEST(RouteFiles, ZiebartsFeaturesAreThoseOfThePaper) {
  const TemporaryFolder folder;
  folder.write("links.csv",
               "link,length_miles,road_type,speed_class,lanes\n1,0.5,local,1,1\n2,0.25,arterial,3,2\n"
               "3,2,interstate,6,5\n");
  folder.write("network.csv", "from_link,to_link,turn\n1,2,left\n2,3,hard_right\n1,3,straight\n");
  folder.write("trips.csv", "trip_id,driver,destination,links\na,x,3,1 2 3\n");
  const RouteData data =
      read_routes(read_study(std::filesystem::path(SOFTRL_SOURCE_DIR) / "examples/ziebart.toml"), folder.path());
  ASSERT_EQ(data.network.feature_count(), 22);
  std::map<std::string, double> totals;
  for (int j = 0; j < 22; ++j)
    if (feature_totals(data)(j) != 0.0) totals[data.network.features[j]] = feature_totals(data)(j);
  EXPECT_EQ(totals, (std::map<std::string, double>{{"type_arterial", 0.25},
                                                   {"type_interstate", 2},
                                                   {"speed_3", 0.25},
                                                   {"speed_6", 2},
                                                   {"lanes_2", 0.25},
                                                   {"lanes_5", 2},
                                                   {"turn_left", 1},
                                                   {"turn_hard_right", 1},
                                                   {"link_constant", 2}}));
  EXPECT_EQ(data.link_lengths, Eigen::Vector3d(0.5, 0.25, 2));
}

TEST(RouteFiles, MissingFilesAreNamed) {
  const TemporaryFolder folder;
  Study study;
  study.network = {.file = "n.csv", .from = "a", .to = "b"};
  EXPECT_THAT([&] { read_routes(study, folder.path()); },
              ThrowsMessage<std::runtime_error>(HasSubstr("n.csv: cannot be read")));
  RouteData data;
  data.ending = Ending::OnEntering;
  EXPECT_THROW(write_routes(data, folder.path()), std::invalid_argument);
  data.ending = Ending::ByMove;
  EXPECT_THROW(write_routes(data, folder.path() / "none"), std::runtime_error);
}

// What is stated about these data where they come from.
TEST(RouteFiles, BorlangeHasItsKnownCounts) {
  const std::filesystem::path folder = data_folder() / "borlange";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no data at " << folder << "; set SOFTRL_DATA";
  const RouteData data =
      read_routes(read_study(std::filesystem::path(SOFTRL_SOURCE_DIR) / "examples/borlange.toml"), folder);
  const RoadNetwork& network = data.network;
  EXPECT_EQ(network.link_count(), 7288);
  EXPECT_EQ(network.move_count(), 20196);
  EXPECT_EQ(data.destinations.size(), 466u);
  EXPECT_EQ(data.trips.size(), 1832u);
  EXPECT_EQ(network.attributes.col(1).sum(), 4304.0) << "left turns";
  EXPECT_EQ(network.attributes.col(3).sum(), 7100.0) << "u-turns";

  std::map<int, int> degrees;
  for (int k = 0; k < network.link_count(); ++k) ++degrees[network.out_degree(k)];
  EXPECT_EQ(degrees, (std::map<int, int>{{1, 877}, {2, 874}, {3, 4582}, {4, 950}, {5, 5}}));
  const auto component = strong_components(network, std::vector<bool>(network.links.size(), true));
  EXPECT_EQ(std::set<int>(component.begin(), component.end()).size(), 1u);

  std::set<std::pair<int, int>> pairs;
  std::set<int> origins;
  std::set<std::vector<int>> routes;
  std::size_t moves = 0, endings = 0;
  for (const Trip& trip : data.trips) {
    pairs.emplace(trip.origin, trip.destination);
    origins.insert(trip.origin);
    routes.insert(trip_links(network, trip));
    moves += trip.moves.size();
  }
  for (const Destination& destination : data.destinations) endings += destination.links.size();
  EXPECT_EQ(endings, 1256u);
  EXPECT_EQ(pairs.size(), 1420u);
  EXPECT_EQ(origins.size(), 729u);
  EXPECT_EQ(routes.size(), 1451u);
  EXPECT_EQ(moves, 35335u);
  const Eigen::VectorXd totals = feature_totals(data);
  EXPECT_NEAR(totals(0), 9382.65936, 1e-5);
  EXPECT_EQ(totals(1), 4973.0);
  EXPECT_EQ(totals(2), 35335.0);
  EXPECT_EQ(totals(3), 155.0);
  EXPECT_EQ(relevant_links(data), std::vector<bool>(7288, true));
}

// Trips that end on entering a link, features from two files, folds. Lengths are those of the links.
TEST(RouteFiles, ShanghaiIsAStudyToo) {
  const std::filesystem::path folder = data_folder() / "shanghai";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no data at " << folder << "; set SOFTRL_DATA";
  Study study = read_study(std::filesystem::path(SOFTRL_SOURCE_DIR) / "examples/shanghai.toml");
  use_trips(study, TripSet::Test, {.fold = 4});
  EXPECT_EQ(read_routes(study, folder).trips.size(), 4896u);
  use_trips(study, TripSet::Train, {.fold = 0, .train_size = 1000});
  const RouteData data = read_routes(study, folder);
  EXPECT_EQ(data.network.link_count(), 714);
  EXPECT_EQ(data.network.move_count(), 1737);
  EXPECT_EQ(data.network.features,
            (std::vector<std::string>{"length_km", "link_constant", "left", "right", "u_turn", "primary", "secondary",
                                      "tertiary", "unclassified", "living_street"}));
  EXPECT_EQ(data.network.attributes.col(2).sum(), 285.0);
  EXPECT_EQ(data.network.attributes.col(3).sum(), 315.0);
  EXPECT_EQ(data.network.attributes.col(4).sum(), 376.0);
  EXPECT_EQ(data.trips.size(), 1000u);
  ASSERT_EQ(data.link_lengths.size(), 714);
  for (int m = 0; m < data.network.move_count(); ++m)
    EXPECT_EQ(data.link_lengths(data.network.to[m]), data.network.attributes(m, 0));
  Likelihood likelihood(data);
  Eigen::VectorXd weights = Eigen::VectorXd::Zero(10);
  weights.head(5) << -1.0, -1.0, -1.0, -1.0, -3.0;
  const LikelihoodValue value = likelihood.evaluate(weights);
  ASSERT_EQ(value.status, PathSumStatus::Finite);
  EXPECT_GT(value.log_likelihood, random_walk_log_likelihood(data));
}

// The features of scales are those of links: time over the greatest, and how many moves there are.
TEST(RouteFiles, BorlangeHasScales) {
  const std::filesystem::path folder = data_folder() / "borlange";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no data at " << folder << "; set SOFTRL_DATA";
  const RouteData data =
      read_routes(read_study(std::filesystem::path(SOFTRL_SOURCE_DIR) / "examples/borlange_nested.toml"), folder);
  EXPECT_EQ(data.scales, (std::vector<std::string>{"travel_time_scale", "out_degree"}));
  EXPECT_EQ(data.scale_attributes.col(0).maxCoeff(), 1.0);
  EXPECT_TRUE(data.link_lengths.isApprox(data.scale_attributes.col(0) * data.link_lengths.maxCoeff(), 1e-15));
  for (int k = 0; k < data.network.link_count(); ++k)
    EXPECT_EQ(data.scale_attributes(k, 1), data.network.out_degree(k));
}

TEST(RouteFiles, ReadDistancesAndTimes) {
  SmallStudy study;
  study.head = "distance = 'm'\ntime = 'time'\n";
  study.network = "a,b,time,m\n1,2,0.5,10\n2,3,1,20\n2,1,2,30\n3,2,2,10\n";
  EXPECT_EQ(study.read().link_lengths, Eigen::Vector3d(30, 10, 20));
  const RouteData read = study.read();
  EXPECT_EQ(read.move_times, read.network.attributes.col(0));
  EXPECT_EQ(read.network.find_move(1, 0), 1) << "moves are sorted: times are not in the order of the file";
  const auto refuses = [&](const std::string& message) {
    EXPECT_THAT([&] { study.read(); }, ThrowsMessage<std::runtime_error>(HasSubstr(message)));
  };
  study.network = "a,b,time,m\n1,2,0.5,10\n2,3,1,20\n2,1,2,30\n3,2,2,11\n";
  refuses("distance m of link 2 depends on the move that enters it: 10 and 11");
  study.network = "a,b,time,m\n1,2,0.5,10\n2,3,1,20\n";
  refuses("distance m of link 1 is not known: no move enters it");
  study.network = "a,b,time,m\n1,2,0.5,10\n2,3,-1,20\n2,1,2,30\n";
  refuses("n.csv:3: time time must not be negative, got -1");
  study.network = "a,b,time,m\n1,2,0.5,10\n2,3,1,-20\n2,1,2,30\n";
  refuses("distance m of link 3 must not be negative, got -20");
}

}  // namespace
}  // namespace softrl::irl
