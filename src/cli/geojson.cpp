#include "cli/geojson.hpp"

#include <utility>

namespace softrl::cli {
namespace {

Json position(const irl::MapPoint& point) { return {point.lon, point.lat}; }

}  // namespace

Json line_feature(const irl::LinkGeometry& geometry, const std::vector<int>& links, Json properties) {
  Json positions = Json::array({position(geometry.from.at(links.front()))});
  for (const int link : links) positions.push_back(position(geometry.to.at(link)));
  return {{"type", "Feature"},
          {"geometry", {{"type", "LineString"}, {"coordinates", std::move(positions)}}},
          {"properties", std::move(properties)}};
}

void write_geojson(const std::filesystem::path& path, Json features) {
  write_json(path, {{"type", "FeatureCollection"}, {"features", std::move(features)}});
}

}  // namespace softrl::cli
