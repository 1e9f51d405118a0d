// GeoJSON (RFC 7946): lines on a map, with properties.
#pragma once
#include <filesystem>
#include <vector>

#include "cli/output.hpp"
#include "irl/link_geometry.hpp"

namespace softrl::cli {

// The feature of a route, which needs at least one link.
Json line_feature(const irl::LinkGeometry& geometry, const std::vector<int>& links, Json properties);

// Does nothing if `path` is empty.
void write_geojson(const std::filesystem::path& path, Json features);

}  // namespace softrl::cli
