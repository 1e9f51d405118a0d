#include "cli/output.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "softrl/atomic_file.hpp"

namespace softrl::cli {
namespace {

// Characters on screen: UTF-8 continuation bytes take no room.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// The first `room` characters.
std::string cut(const std::string& text, std::size_t room) {
  std::size_t bytes = 0;
  for (std::size_t characters = 0; bytes < text.size(); ++bytes) {
    if ((text[bytes] & 0xC0) != 0x80 && characters++ == room) break;
  }
  return text.substr(0, bytes);
}

// Of the terminal behind standard error, less the column where the cursor rests.
std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 79u;
}

}  // namespace

int output_columns(int otherwise) {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : otherwise;
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

void write_json(const std::filesystem::path& path, const Json& json) {
  // Names of files may hold bytes that are not UTF-8, which JSON has to be.
  if (!path.empty()) write_atomically(path, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
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

std::string decimals(double value, int digits) {
  if (std::isnan(value)) return "-";
  const std::string text = fmt::format("{:.{}f}", value, digits);
  const bool zero = text.find_first_not_of("-0.") == std::string::npos;
  return zero && text.front() == '-' ? text.substr(1) : text;
}

std::string weight_text(double value) {
  const double size = std::abs(value);
  const bool plain = size == 0.0 || (size >= 0.01 && size < 1e6) || !std::isfinite(value);
  return plain ? decimals(value, 4) : fmt::format("{:#.4g}", value);
}

std::string p_text(double p_value) { return p_value < 0.0001 ? "<0.0001" : decimals(p_value, 4); }

std::string probability_text(double probability) { return probability == 0.0 ? "0" : p_text(probability); }

std::string shell_word(const std::string& text) {
  const auto plain = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isalnum(byte) != 0 || std::string_view("_-./=:,+@%").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? "'\\''" : std::string(1, c);
  return result + "'";
}

std::string counted(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string duration(double seconds) {
  const auto s = static_cast<std::int64_t>(std::max(0.0, seconds));
  return s >= 3600 ? fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
                   : fmt::format("{}:{:02}", s / 60, s % 60);
}

ProgressLine::ProgressLine(std::string label, Limit limit)
    : label_(std::move(label)), limit_(limit), terminal_(::isatty(STDERR_FILENO) == 1) {}

std::string ProgressLine::time_left(const Progress& progress, Clock::time_point now) {
  if (limit_ != Limit::End) return "";
  marks_.push_back({now, progress.done});
  while (marks_.size() > 2 && now - marks_[1].time > std::chrono::seconds(30)) marks_.pop_front();
  const double seconds = std::chrono::duration<double>(now - marks_.front().time).count();
  const std::int64_t done = progress.done - marks_.front().done, rest = progress.limit - progress.done;
  if (done <= 0 || rest <= 0) return "";
  const double left = seconds * static_cast<double>(rest) / static_cast<double>(done);
  constexpr double month = 30.0 * 86400.0;
  return left < month ? fmt::format("  about {} left", duration(left)) : "  over a month left";
}

void ProgressLine::show(const Progress& progress) {
  const auto now = Clock::now();
  const double pause = terminal_ ? 0.1 : 10.0;
  const bool last = progress.limit > 0 && progress.done >= progress.limit;
  const auto since = shown_.value_or(start_);
  if (!last && (shown_ || !terminal_) && std::chrono::duration<double>(now - since).count() < pause) return;
  if (last && !terminal_ && !shown_) return;  // a short job in a script stays quiet
  shown_ = now;
  std::string text = fmt::format("{}  {}", label_, progress.done);
  if (progress.limit > 0) text += fmt::format("/{}", progress.limit);
  text +=
      fmt::format("  {}{}", duration(std::chrono::duration<double>(now - start_).count()), time_left(progress, now));
  for (const auto& [name, value] : progress.measurements) {
    if (!std::isnan(value)) text += fmt::format("  {} {:.6g}", name, value);  // NaN: nothing to say yet
  }
  if (terminal_) {
    text = cut(text, terminal_width());
    const std::size_t blanks = width_ > width(text) ? width_ - width(text) : 0;
    fmt::print(stderr, "\r{}{}", text, std::string(blanks, ' '));
  } else {
    fmt::print(stderr, "{}\n", text);
  }
  std::fflush(stderr);
  width_ = width(text);
}

ProgressLine::~ProgressLine() {
  if (terminal_ && shown_) std::fputs("\n", stderr);
}

}  // namespace softrl::cli
