#include "cli/output.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "softrl/atomic_file.hpp"

namespace softrl::cli {
namespace {

// Characters on screen: UTF-8 continuation bytes take no room.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

void write_json(const std::filesystem::path& path, const Json& json) {
  if (!path.empty()) write_atomically(path, json.dump(2) + "\n");
}

std::string Table::text() const {
  std::vector<std::size_t> widths(header.size());
  const auto measure = [&](const std::vector<std::string>& row) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width(row[c]));
  };
  measure(header);
  for (const auto& row : rows) measure(row);

  const auto line = [&](const std::vector<std::string>& row) {
    std::string result;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string padding(widths[c] - width(row[c]), ' ');
      const bool right = right_aligned.empty() ? c > 0 : right_aligned[c];
      result += (c == 0 ? "" : "  ") + (right ? padding + row[c] : row[c] + padding);
    }
    result.erase(result.find_last_not_of(' ') + 1);
    return result + "\n";
  };
  std::string result = line(header);
  std::size_t total = 2 * (widths.empty() ? 0 : widths.size() - 1);
  for (const std::size_t w : widths) total += w;
  result += std::string(total, '-') + "\n";
  for (const auto& row : rows) result += line(row);
  return result;
}

std::string duration(double seconds) {
  const auto s = static_cast<std::int64_t>(std::max(0.0, seconds));
  return s >= 3600 ? fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
                   : fmt::format("{}:{:02}", s / 60, s % 60);
}

ProgressLine::ProgressLine(std::string label) : label_(std::move(label)), terminal_(::isatty(STDERR_FILENO) == 1) {}

void ProgressLine::show(const Progress& progress) {
  const auto now = Clock::now();
  const double pause = terminal_ ? 0.1 : 10.0;
  const bool last = progress.limit > 0 && progress.done >= progress.limit;
  const auto since = shown_.value_or(start_);
  if (!last && (shown_ || !terminal_) && std::chrono::duration<double>(now - since).count() < pause) return;
  if (last && !terminal_ && !shown_) return;  // a short job in a script stays quiet
  shown_ = now;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  std::string text = fmt::format("{}  {}", label_, progress.done);
  if (progress.limit > 0) text += fmt::format("/{}", progress.limit);
  for (const auto& [name, value] : progress.measurements) text += fmt::format("  {} {:.6g}", name, value);
  text += "  " + duration(elapsed);
  if (progress.limit > 0 && progress.done > 0 && !last)
    text += fmt::format("  (at most {} left)", duration(elapsed * static_cast<double>(progress.limit - progress.done) /
                                                        static_cast<double>(progress.done)));
  const std::size_t shown_width = width(text);
  if (terminal_) {
    const std::size_t blanks = width_ > shown_width ? width_ - shown_width : 0;
    fmt::print(stderr, "\r{}{}", text, std::string(blanks, ' '));
  } else {
    fmt::print(stderr, "{}\n", text);
  }
  std::fflush(stderr);
  width_ = shown_width;
}

ProgressLine::~ProgressLine() {
  if (terminal_ && shown_) std::fputs("\n", stderr);
}

}  // namespace softrl::cli
