#include "irl/demand.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "irl/csv.hpp"
#include "irl/ends_finder.hpp"
#include "softrl/check.hpp"
#include "softrl/random.hpp"

namespace softrl::irl {
std::vector<Demand> read_demand(const std::filesystem::path& file, bool counts, RouteData& data) {
  const CsvTable table = CsvTable::read(file);
  const std::size_t origin = table.column("origin"), destination = table.column("destination");
  const std::size_t trips = counts ? table.column("trips") : 0;
  EndsFinder finder(data);
  std::vector<Demand> demand;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const double count = counts ? table.number(row, trips) : 1.0;
    if (count < 0.0) table.fail(row, fmt::format("trips must not be negative, got {}", count));
    try {
      demand.push_back({.ends = finder.ends(table.text(row, origin), table.text(row, destination)), .trips = count});
    } catch (const std::invalid_argument& error) {
      table.fail(row, error.what());
    }
  }
  double total = 0.0;
  for (const Demand& row : demand) total += row.trips;
  if (!std::isfinite(total))
    throw std::runtime_error(fmt::format("{}: its trips together are more than a number can hold", file.string()));
  if (demand.empty()) throw std::runtime_error(fmt::format("{}:1: has no trips", file.string()));
  return demand;
}

std::vector<Demand> observed_demand(const RouteData& data) {
  std::vector<Demand> demand;
  for (const Trip& trip : data.trips)
    demand.push_back({.ends = {.origin = trip.origin, .destination = trip.destination}, .trips = 1.0});
  return demand;
}

std::vector<TripEnds> draw_ends(const std::vector<Demand>& demand, int count, std::uint64_t seed) {
  check_count("trips", count, 1);
  std::vector<double> up_to;  // cumulative
  double total = 0.0;
  for (const Demand& row : demand) up_to.push_back(total += row.trips);
  if (!(total > 0.0)) throw std::invalid_argument("the demand has no trips");
  Random random(seed, "ends");
  std::vector<TripEnds> ends;
  for (int t = 0; t < count; ++t) {
    const auto drawn = std::upper_bound(up_to.begin(), up_to.end(), random.uniform(0.0, total));
    const auto row = std::min(static_cast<std::size_t>(drawn - up_to.begin()), demand.size() - 1);
    ends.push_back(demand[row].ends);
  }
  return ends;
}

}  // namespace softrl::irl
