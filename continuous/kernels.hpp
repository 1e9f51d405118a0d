// The kernel between particles, exp(−|x − y|²/h), and the rules for its bandwidth h (docs/math.md 5.3, 5.5).
#pragma once
#include <string>
#include <string_view>

#include <torch/types.h>

namespace softrl::continuous {

// x [B, M, d], y [B, N, d] → |x_i − y_j|² as [B, M, N].
torch::Tensor squared_distances(const torch::Tensor& x, const torch::Tensor& y);

// How h follows from the distances between M and N particles. Medians are lower ones: of an even number of values, the
// smaller of the two in the middle.
enum class BandwidthRule {
  MedianSqOverLogN1,  // "median_sq_over_log_n1": median of the squared distances / log(M + 1)
  SqlCode,            // "sql_code": the same over log M, with h at least 0.001 whatever the floor; needs M ≥ 2
  SqlPaper,           // "sql_paper": median of the distances / (2 log(M + 1)), as printed in 2017
};
std::string_view to_string(BandwidthRule rule);
BandwidthRule bandwidth_rule(const std::string& name);  // Throws std::invalid_argument, listing the names.

// h per state: [B, M, N] → [B, 1, 1]; at least `floor`, which is what is left when particles coincide.
torch::Tensor bandwidth(const torch::Tensor& squared_distances, BandwidthRule rule, double floor);

}  // namespace softrl::continuous
