#include "continuous/run_files.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

namespace softrl::continuous {
namespace fs = std::filesystem;
namespace {

// The lines of a file that end. Throws if it cannot be read.
std::vector<std::string> whole_lines(const fs::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(fmt::format("{}: cannot be read", file.string()));
  std::vector<std::string> lines;
  std::string line;
  while (std::getline(in, line) && !in.eof()) lines.push_back(line);
  return lines;
}

[[noreturn]] void fail(const fs::path& file, std::size_t line, std::string_view message) {
  throw std::runtime_error(fmt::format("{}:{}: {}", file.string(), line + 1, message));
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> result;
  std::istringstream in(line + ",");
  std::string cell;
  while (std::getline(in, cell, ',')) result.push_back(cell);
  return result;
}

template <class Number>
bool parse(const std::string& text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

}  // namespace

void check_run_folder(const fs::path& folder) {
  if (!fs::is_directory(folder)) throw std::runtime_error(fmt::format("{}: no such run folder", folder.string()));
  if (!fs::exists(folder / "config.toml"))
    throw std::runtime_error(fmt::format("{}: no training run in this folder (no config.toml)", folder.string()));
}

std::map<std::string, std::string> read_settings(const fs::path& folder) {
  check_run_folder(folder);
  const fs::path file = folder / "config.toml";
  const std::vector<std::string> lines = whole_lines(file);
  std::map<std::string, std::string> settings;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto equals = lines[i].find(" = ");
    if (equals == std::string::npos || equals == 0) fail(file, i, "must be key = value, as softrl train writes it");
    std::string value = lines[i].substr(equals + 3);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    settings[lines[i].substr(0, equals)] = value;
  }
  return settings;
}

std::vector<ReturnRow> read_returns(const fs::path& folder) {
  check_run_folder(folder);
  const fs::path file = folder / "metrics.csv";
  const std::vector<std::string> lines = whole_lines(file);
  if (lines.empty()) fail(file, 0, "there is no header");
  const std::vector<std::string> header = cells(lines.front());
  const auto column = [&](std::string_view name) {
    const auto at = std::find(header.begin(), header.end(), name);
    if (at == header.end()) fail(file, 0, fmt::format("there is no column {}", name));
    return static_cast<std::size_t>(at - header.begin());
  };
  const std::size_t step = column("step"), episodes = column("episodes"), returned = column("return");

  std::vector<ReturnRow> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> fields = cells(lines[i]);
    if (fields.size() != header.size())
      fail(file, i, fmt::format("has {} cells, the header {}", fields.size(), header.size()));
    ReturnRow row{};
    if (!parse(fields[step], row.step)) fail(file, i, fmt::format("step must be an integer, got {}", fields[step]));
    if (!parse(fields[episodes], row.episodes))
      fail(file, i, fmt::format("episodes must be an integer, got {}", fields[episodes]));
    if (!fields[returned].empty()) {
      double value = 0.0;
      if (!parse(fields[returned], value) || !std::isfinite(value))
        fail(file, i, fmt::format("return must be a finite number or empty, got {}", fields[returned]));
      row.mean_return = value;
    }
    if (row.step <= (rows.empty() ? 0 : rows.back().step)) fail(file, i, "step must be larger than in the row before");
    if (row.episodes < (rows.empty() ? 0 : rows.back().episodes)) fail(file, i, "episodes must not become fewer");
    rows.push_back(row);
  }
  return rows;
}

}  // namespace softrl::continuous
