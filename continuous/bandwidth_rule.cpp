#include "continuous/bandwidth_rule.hpp"

#include "continuous/enum_names.hpp"

namespace softrl::continuous {
namespace {

constexpr EnumNames<BandwidthRule, 3> names = {{
    {BandwidthRule::MedianSqOverLogN1, "median_sq_over_log_n1"},
    {BandwidthRule::SqlCode, "sql_code"},
    {BandwidthRule::SqlPaper, "sql_paper"},
}};

}  // namespace

std::string_view to_string(BandwidthRule rule) { return name_of(names, rule); }
BandwidthRule bandwidth_rule(const std::string& name) { return value_of(names, "bandwidth", name); }

}  // namespace softrl::continuous
