// Where links lie on the map, for files that draw them.
#pragma once
#include <filesystem>
#include <vector>

#include "irl/road_network.hpp"
#include "irl/study.hpp"

namespace softrl::irl {

struct MapPoint {
  double lon, lat;  // Degrees.
};

struct LinkGeometry {
  std::vector<MapPoint> from, to;  // [L] the ends of the link, which is drawn as a straight line
};

// From the study's nodes and links. Throws std::runtime_error, "file:line: what is wrong", also if the study has none.
LinkGeometry read_link_geometry(const Study& study, const std::filesystem::path& folder, const RoadNetwork& network);

}  // namespace softrl::irl
