// The tanh-Gaussian of soft actor-critic: a = tanh u, u = μ + σ ε, ε ~ N(0, I), with its density and derivatives.
//
//     log π(a) = Σ_j [ −½ ε_j² − log σ_j − ½ log 2π − log(1 − tanh² u_j) ]
//
// A network gives μ and log σ, d of each; log σ is kept within its bounds.
#pragma once
#include <torch/types.h>

#include "continuous/squashed_gaussian_bounds.hpp"

namespace softrl::continuous {

struct SquashedSample {
  torch::Tensor noise;      // ε [B, d]
  torch::Tensor deviation;  // σ [B, d]
  torch::Tensor inside;     // [B, d] 1 where log σ is within its bounds, else 0
  torch::Tensor action;     // [B, d]
  torch::Tensor log_prob;   // [B]
};

// parameters [B, 2d]: μ, then log σ; noise [B, d].
SquashedSample squashed_sample(const torch::Tensor& parameters, const torch::Tensor& noise);

// The gradient [B, 2d] by μ and log σ of Σ_b ( α log π(a_b) − q(a_b) ), noise held fixed, from α [1] and ∂q/∂a [B, d]:
//     by u: 2 α a − (1 − a²) ∂q/∂a,   by μ the same,   by log σ that times σ ε, less α.
torch::Tensor squashed_gradient(const SquashedSample& sample, const torch::Tensor& temperature,
                                const torch::Tensor& action_gradient);

}  // namespace softrl::continuous
