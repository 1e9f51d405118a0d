#include "softrl/nearest_name.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace softrl {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// Levenshtein's distance, by its recursion over prefixes: row i holds the distances of a's first i letters.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view word, std::span<const std::string> names) {
  if (names.empty()) throw std::invalid_argument("nearest_name: there are no names");
  const std::string wanted = lower(word);
  return *std::ranges::min_element(names, {}, [&](const std::string& name) {
    const std::string known = lower(name);
    return std::pair(known.find(wanted) == std::string::npos, edit_distance(wanted, known));
  });
}

std::string unknown_name(std::string_view what, std::string_view word, std::span<const std::string> names) {
  if (names.empty()) return fmt::format("unknown {} {}: there are none", what, word);
  return fmt::format("unknown {} {} (did you mean {}? known: {})", what, word, nearest_name(word, names),
                     fmt::join(names, ", "));
}

}  // namespace softrl
