// The soft operators of softrl/operators.hpp on tensors (docs/math.md 1, 5.1). Tests hold them to the core's
// definitions.
#pragma once
#include <torch/types.h>

namespace softrl::continuous {

// V = α log Σ_j μ_j exp(Q_j/α) over the last dimension: q [..., K] → [...]. `temperature` > 0, [1]. `log_weights`
// (log μ_j, broadcast to q) may be left undefined for μ = 1. With actions a_j drawn from a density p, log weights
// −log p(a_j) − log K make it an estimate of the integral over actions; its mean is at most V, because the logarithm is
// concave.
torch::Tensor soft_value(const torch::Tensor& q, const torch::Tensor& temperature,
                         const torch::Tensor& log_weights = {});

}  // namespace softrl::continuous
