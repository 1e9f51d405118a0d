// What the subcommands share for talking: a progress line, aligned tables, JSON files.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "softrl/progress.hpp"

namespace softrl::cli {

using Json = nlohmann::ordered_json;  // keys in the order they are set

// A number for JSON: null where it is infinite or NaN, which JSON cannot say.
Json number(double value);

// Writes `json`, indented, when whole; does nothing if `path` is empty.
void write_json(const std::filesystem::path& path, const Json& json);

// A table with a header row; columns padded to their widest cell, numbers (all but the first column) right-aligned
// where `right_aligned` says so (default: all columns but the first).
struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows = {};
  std::vector<bool> right_aligned = {};

  std::string text() const;
};

// Draws "label  34/200  log_likelihood -6303.3  0:12" on standard error: rewritten in place on a terminal at most ten
// times a second, elsewhere a line every ten seconds. The destructor ends the line.
class ProgressLine {
 public:
  explicit ProgressLine(std::string label);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const Progress& progress);
  ProgressObserver observer() {
    return [this](const Progress& progress) { show(progress); };
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::string label_;
  bool terminal_;
  Clock::time_point start_ = Clock::now();
  std::optional<Clock::time_point> shown_;
  std::size_t width_ = 0;
};

// "1:02:03" or "2:03".
std::string duration(double seconds);

}  // namespace softrl::cli
