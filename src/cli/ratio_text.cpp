#include "cli/ratio_text.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace softrl::cli {

std::pair<int, int> parse_ratio(const std::vector<std::string>& names, const std::string& text) {
  const auto find = [&](const std::string& name) {
    const auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? -1 : static_cast<int>(found - names.begin());
  };
  // A name may have a slash in it.
  for (std::size_t slash = text.find('/'); slash != std::string::npos; slash = text.find('/', slash + 1)) {
    const int numerator = find(text.substr(0, slash)), denominator = find(text.substr(slash + 1));
    if (numerator >= 0 && denominator >= 0 && numerator != denominator) return {numerator, denominator};
  }
  throw std::invalid_argument(
      fmt::format("\"{}\" is no ratio of two weights, name/name (weights: {})", text, fmt::join(names, ", ")));
}

std::string fieller_text(const irl::FiellerSet& set) {
  switch (set.kind) {
    case irl::FiellerSet::Kind::Interval:
      return fmt::format("{} ... {}", weight_text(set.lower), weight_text(set.upper));
    case irl::FiellerSet::Kind::Outside:
      return fmt::format("below {} or above {}", weight_text(set.lower), weight_text(set.upper));
    case irl::FiellerSet::Kind::Everything:
      break;
  }
  return "anything";
}

Json to_json(const irl::WeightRatio& ratio) {
  const char* kind = ratio.fieller.kind == irl::FiellerSet::Kind::Interval  ? "interval"
                     : ratio.fieller.kind == irl::FiellerSet::Kind::Outside ? "outside"
                                                                            : "everything";
  return {
      {"std_error", number(ratio.std_error)},
      {"interval", {{"lower", number(ratio.lower)}, {"upper", number(ratio.upper)}}},
      {"fieller", {{"kind", kind}, {"lower", number(ratio.fieller.lower)}, {"upper", number(ratio.fieller.upper)}}}};
}

}  // namespace softrl::cli
