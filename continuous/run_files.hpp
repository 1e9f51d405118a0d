// What can be read of a training run's folder without Torch. The folder is described in run_folder.hpp.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace softrl::continuous {

// Throws std::runtime_error with the path if there is no folder, or no config.toml in it.
void check_run_folder(const std::filesystem::path& folder);

// The keys of config.toml and their values, as text without quotes. Throws as check_run_folder(), and with path and
// line if a line is not `key = value`.
std::map<std::string, std::string> read_settings(const std::filesystem::path& folder);

// A row of metrics.csv, as far as learning curves need it.
struct ReturnRow {
  std::int64_t step;
  std::int64_t episodes;              // Ended so far.
  std::optional<double> mean_return;  // Of those that ended since the row before, if any.
};

// The rows of metrics.csv. A last line without an end, which a crash has cut, is left out. Throws std::runtime_error
// with path and line if the file cannot be read, a column is missing, a cell is not a finite number, or steps or
// episodes go backwards.
std::vector<ReturnRow> read_returns(const std::filesystem::path& folder);

}  // namespace softrl::continuous
