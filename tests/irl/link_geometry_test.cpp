#include "irl/link_geometry.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

struct Map {
  TemporaryFolder folder;
  std::string links = "link,a,b\n1,n,m\n0,m,n\n";
  std::string nodes = "node,lat,lon\nn,31.5,121\nm,-20,-179\n";
  Study study;
  RoadNetwork network = network_of(2, {{0, 1}, {1, 0}}, {{1}, {1}});

  LinkGeometry read() {
    study.links = {.file = "l.csv", .link = "link", .from_node = "a", .to_node = "b"};
    study.nodes = {.file = "n.csv", .node = "node", .lon = "lon", .lat = "lat"};
    folder.write("l.csv", links);
    folder.write("n.csv", nodes);
    return read_link_geometry(study, folder.path(), network);
  }
};

TEST(LinkGeometry, IsReadByTheNamesOfLinksAndNodes) {
  Map map;
  const LinkGeometry geometry = map.read();
  EXPECT_EQ(geometry.from.at(1).lat, 31.5);
  EXPECT_EQ(geometry.from.at(1).lon, 121.0);
  EXPECT_EQ(geometry.to.at(1).lon, -179.0);
  EXPECT_EQ(geometry.from.at(0).lat, -20.0);
}

TEST(LinkGeometry, ComplainsWithFileAndLine) {
  const auto refuses = [](const auto& spoil, const std::string& message) {
    Map map;
    spoil(map);
    EXPECT_THAT([&] { map.read(); }, ThrowsMessage<std::runtime_error>(HasSubstr(message)));
  };
  refuses([](Map& m) { m.nodes += "n,1,2\n"; }, "n.csv:4: node n appears twice");
  refuses([](Map& m) { m.nodes += "o,91,2\n"; }, "n.csv:4: lat must be in [-90, 90] degrees, got 91");
  refuses([](Map& m) { m.nodes += "o,1,\n"; }, "n.csv:4: lon must be a finite number");
  refuses([](Map& m) { m.links = "link,a,b\n1,n,m\n0,m,x\n"; }, "l.csv:3: there is no node x in n.csv");
  refuses([](Map& m) { m.links = "link,a,b\n1,n,m\n"; }, "l.csv: has no row for link 0");
  Map none;
  EXPECT_THAT([&] { read_link_geometry(none.study, none.folder.path(), none.network); },
              ThrowsMessage<std::runtime_error>(HasSubstr("[nodes]")));
}

}  // namespace
}  // namespace softrl::irl
