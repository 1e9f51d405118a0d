// Route data in files: a folder of CSV files that a study describes.
#pragma once
#include <filesystem>

#include "irl/study.hpp"
#include "irl/trips.hpp"

namespace softrl::irl {

// Reads the files of `study`, whose names are relative to `folder`. Throws std::runtime_error, "file:line: message": a
// file or column is missing, a field is not a number, a move appears twice, a trip uses a link or move that does not
// exist, or ends where its destination cannot be reached.
RouteData read_routes(const Study& study, const std::filesystem::path& folder);

// Writes network.csv, destinations.csv, trips.csv and study.toml, which read_study and read_routes take back.
// `folder` must exist. Throws std::runtime_error if a file cannot be written, std::invalid_argument unless `data` ends
// trips by a move.
void write_routes(const RouteData& data, const std::filesystem::path& folder);

}  // namespace softrl::irl
