// How the kernel's bandwidth h follows from the distances between M and N particles (docs/math.md 5.5). Medians are
// lower ones: of an even number of values, the smaller of the two in the middle.
#pragma once
#include <string>
#include <string_view>

namespace softrl::continuous {

enum class BandwidthRule {
  MedianSqOverLogN1,  // "median_sq_over_log_n1": median of the squared distances / log(M + 1)
  SqlCode,            // "sql_code": the same over log M, with h at least 0.001 whatever the floor; needs M ≥ 2
  SqlPaper,           // "sql_paper": median of the distances / (2 log(M + 1)), as printed in 2017
};

std::string_view to_string(BandwidthRule rule);
BandwidthRule bandwidth_rule(const std::string& name);  // Throws std::invalid_argument, listing the names.

}  // namespace softrl::continuous
