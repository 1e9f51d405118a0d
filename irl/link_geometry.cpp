#include "irl/link_geometry.hpp"

#include <stdexcept>
#include <string>
#include <unordered_map>

#include <fmt/format.h>

#include "irl/csv.hpp"
#include "softrl/excerpt.hpp"

namespace softrl::irl {
namespace {

double degrees(const CsvTable& table, std::size_t row, std::size_t column, std::string_view name, double most) {
  const double value = table.number(row, column);
  if (!(value >= -most && value <= most))
    table.fail(row, fmt::format("{} must be in [-{}, {}] degrees, got {}", name, most, most, value));
  return value;
}

std::unordered_map<std::string, MapPoint> read_nodes(const Study::Nodes& nodes, const std::filesystem::path& folder) {
  const CsvTable table = CsvTable::read(folder / nodes.file);
  const std::size_t node = table.column(nodes.node), lon = table.column(nodes.lon), lat = table.column(nodes.lat);
  std::unordered_map<std::string, MapPoint> points;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const MapPoint point{.lon = degrees(table, row, lon, nodes.lon, 180.0),
                         .lat = degrees(table, row, lat, nodes.lat, 90.0)};
    if (!points.emplace(table.text(row, node), point).second)
      table.fail(row, fmt::format("node {} appears twice", excerpt(table.text(row, node))));
  }
  return points;
}

}  // namespace

LinkGeometry read_link_geometry(const Study& study, const std::filesystem::path& folder, const RoadNetwork& network) {
  if (!study.nodes) throw std::runtime_error("the study has no table [nodes], which says where links lie");
  const std::unordered_map<std::string, MapPoint> points = read_nodes(*study.nodes, folder);
  const CsvTable table = CsvTable::read(folder / study.links->file);
  const std::size_t link = table.column(study.links->link);
  const std::size_t from = table.column(study.links->from_node), to = table.column(study.links->to_node);
  const auto point = [&](std::size_t row, std::size_t column) {
    const auto found = points.find(table.text(row, column));
    if (found == points.end())
      table.fail(row, fmt::format("there is no node {} in {}", excerpt(table.text(row, column)), study.nodes->file));
    return found->second;
  };
  std::unordered_map<std::string, std::size_t> row_of;
  for (std::size_t row = 0; row < table.rows(); ++row) row_of.emplace(table.text(row, link), row);
  LinkGeometry geometry;
  for (const std::string& name : network.links) {
    const auto row = row_of.find(name);
    if (row == row_of.end())
      throw std::runtime_error(fmt::format("{}: has no row for link {}", (folder / study.links->file).string(), name));
    geometry.from.push_back(point(row->second, from));
    geometry.to.push_back(point(row->second, to));
  }
  return geometry;
}

}  // namespace softrl::irl
