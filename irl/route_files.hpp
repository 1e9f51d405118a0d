// Route data in files: a folder of CSV files that a study describes.
#pragma once
#include <filesystem>
#include <vector>

#include "irl/study.hpp"
#include "irl/trips.hpp"

namespace softrl::irl {

struct ReadOptions {
  bool strict = false;  // a trip with a fault is an error; else it is left out, and counted in the trip_report
};

// Reads the files of `study`, whose names are relative to `folder`. Throws std::runtime_error, "file:line: message": a
// file or column is missing, a field is empty or not a number, a link or move appears twice, a trip's name appears
// twice, no trip can be used.
RouteData read_routes(const Study& study, const std::filesystem::path& folder, const ReadOptions& options = {});

// Trips of another file with the columns of the study's, on the same network: held-out ones, say. Where a destination
// is a link, those that `data` does not know yet are added to it. Throws as read_routes.
struct TripFile {
  std::vector<Trip> trips = {};
  TripReport report = {};
};
TripFile read_trips(const Study& study, const std::filesystem::path& file, RouteData& data,
                    const ReadOptions& options = {});

// Writes network.csv, links.csv (if links have lengths), destinations.csv, trips.csv and study.toml, which read_study
// and read_routes take back.
// `folder` must exist. Throws std::runtime_error if a file cannot be written, std::invalid_argument unless `data` ends
// trips by a move.
void write_routes(const RouteData& data, const std::filesystem::path& folder);

}  // namespace softrl::irl
