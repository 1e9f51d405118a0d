#include "continuous/bandwidth_rule.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace softrl::continuous {
namespace {

constexpr std::array<std::pair<BandwidthRule, std::string_view>, 3> names = {{
    {BandwidthRule::MedianSqOverLogN1, "median_sq_over_log_n1"},
    {BandwidthRule::SqlCode, "sql_code"},
    {BandwidthRule::SqlPaper, "sql_paper"},
}};

}  // namespace

std::string_view to_string(BandwidthRule rule) { return names[static_cast<std::size_t>(rule)].second; }

BandwidthRule bandwidth_rule(const std::string& name) {
  for (const auto& [rule, known] : names) {
    if (name == known) return rule;
  }
  throw std::invalid_argument(
      fmt::format("bandwidth must be median_sq_over_log_n1, sql_code or sql_paper, got {}", name));
}

}  // namespace softrl::continuous
