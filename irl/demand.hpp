// Who travels: numbers of trips between origins and destinations.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "irl/route_model.hpp"
#include "irl/trips.hpp"

namespace softrl::irl {

struct Demand {
  TripEnds ends;
  double trips;  // ≥ 0; need not be whole.
};

// Reads a CSV file with the columns origin (a link), destination and, if `counts`, trips; a row's `trips` is else 1.
// Where a destination is a link, those that `data` does not know yet are added to it. Throws std::runtime_error,
// "file:line: what is wrong": also where the destination cannot be reached from the origin.
std::vector<Demand> read_demand(const std::filesystem::path& file, bool counts, RouteData& data);

// One trip for each of the data's.
std::vector<Demand> observed_demand(const RouteData& data);

// The ends of `count` ≥ 1 trips, drawn independently with probabilities in proportion to `demand`. Throws
// std::invalid_argument if nobody travels.
std::vector<TripEnds> draw_ends(const std::vector<Demand>& demand, int count, std::uint64_t seed);

}  // namespace softrl::irl
