// The soft operators of softrl/operators.hpp on tensors, and the value of a state estimated from sampled actions
// (docs/math.md 5.1). Tests hold them to the core's definitions.
#pragma once
#include <torch/types.h>

namespace softrl::continuous {

// V = α log Σ_j μ_j exp(Q_j/α) over the last dimension: q [..., K] → [...]. `temperature` > 0. `log_weights` (log μ_j,
// broadcast to q) may be left undefined for μ = 1.
torch::Tensor soft_value(const torch::Tensor& q, double temperature, const torch::Tensor& log_weights = {});

// The same integral over the box [−1, 1]^d from K actions drawn uniformly: V ≈ α (log mean_j exp(Q_j/α) + d log 2).
// Its mean is at most V, because the logarithm is concave. q [..., K] → [...].
torch::Tensor value_from_uniform_actions(const torch::Tensor& q, double temperature, int action_size);

}  // namespace softrl::continuous
