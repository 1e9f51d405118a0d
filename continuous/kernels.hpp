// The kernel between particles, exp(−|x − y|²/h), and its bandwidth h (docs/math.md 5.3, 5.5).
#pragma once
#include <torch/types.h>

#include "continuous/bandwidth_rule.hpp"

namespace softrl::continuous {

// x [B, M, d], y [B, N, d] → |x_i − y_j|² as [B, M, N].
torch::Tensor squared_distances(const torch::Tensor& x, const torch::Tensor& y);

// h per state: [B, M, N] → [B, 1, 1]; at least `floor`, which is what is left when particles coincide.
torch::Tensor bandwidth(const torch::Tensor& squared_distances, BandwidthRule rule, double floor);

}  // namespace softrl::continuous
