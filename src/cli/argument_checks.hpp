// Checks of the words on a command line, for CLI11's check(): "" where a word will do, else what it must be. CLI11 puts
// the option's name in front.
#pragma once
#include <charconv>
#include <cstdint>
#include <string>

namespace softrl::cli {

// CLI11 itself cuts integers that are too large to the largest there is.
inline std::string must_be_integer(const std::string& word) {
  std::int64_t value = 0;
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value);
  if (error == std::errc::result_out_of_range) return "is too large an integer: " + word;
  return error == std::errc() && stop == end ? "" : "must be an integer, got " + word;
}

// Seeds, for one.
inline std::string must_be_natural_number(const std::string& word) {
  if (const std::string wrong = must_be_integer(word); !wrong.empty()) return wrong;
  return word.starts_with('-') ? "must be at least 0, got " + word : "";
}

inline std::string must_be_at_least_1(const std::string& word) {
  if (const std::string wrong = must_be_integer(word); !wrong.empty()) return wrong;
  return word.starts_with('-') || word.find_first_not_of("+0") == std::string::npos ? "must be at least 1, got " + word
                                                                                    : "";
}

inline std::string must_not_be_empty(const std::string& word) { return word.empty() ? "must not be empty" : ""; }

}  // namespace softrl::cli
