// What the subcommands share for talking: a progress line, aligned tables, JSON files.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
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

// Columns of the terminal behind standard output; `otherwise` if there is none.
int output_columns(int otherwise);

// What Progress::limit means to somebody who waits.
enum class Limit {
  Bound,  // There may be fewer: an iteration that ends when it has converged.
  End,    // There will be that many, so that the time left can be told.
};

// Draws "label  34/200  log_likelihood -6303.3  0:12" on standard error: rewritten in place on a terminal at most ten
// times a second and cut to its width, elsewhere a line every ten seconds. The destructor ends the line.
class ProgressLine {
 public:
  explicit ProgressLine(std::string label, Limit limit = Limit::Bound);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const Progress& progress);
  ProgressObserver observer() {
    return [this](const Progress& progress) { show(progress); };
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::string time_left(const Progress& progress, Clock::time_point now);

  std::string label_;
  Limit limit_;
  bool terminal_;
  Clock::time_point start_ = Clock::now();
  std::optional<Clock::time_point> shown_;
  std::size_t width_ = 0;

  // The pace is that of the last half minute or so: the first steps of a training run are cheaper than the rest.
  struct Mark {
    Clock::time_point time;
    std::int64_t done;
  };
  std::deque<Mark> marks_;
};

// With so many digits after the point, and without the sign of what rounds to 0; "-" for NaN.
std::string decimals(double value, int digits);

// A weight, or an error of one, whatever its unit: four digits after the point, or four significant ones where those
// would say little or run on; "-" for NaN.
std::string weight_text(double value);

// With four digits after the point, or "<0.0001"; "-" for NaN.
std::string p_text(double p_value);

// The same of probabilities, where 0 means never: "0".
std::string probability_text(double probability);

// As a shell reads it as one word: in quotes if need be.
std::string shell_word(const std::string& text);

// "1 state", "2 states".
std::string counted(std::int64_t count, std::string_view noun);

double seconds_since(std::chrono::steady_clock::time_point start);

// "1:02:03" or "2:03".
std::string duration(double seconds);

}  // namespace softrl::cli
