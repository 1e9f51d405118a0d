// The direction in which Stein variational gradient descent moves particles (docs/math.md 5.3), and the density that
// particles have before the squash a = tanh(u) (docs/math.md 5.4).
#pragma once
#include <torch/types.h>

#include "continuous/kernels.hpp"

namespace softrl::continuous {

struct SteinOptions {
  BandwidthRule bandwidth = BandwidthRule::MedianSqOverLogN1;
  double bandwidth_floor = 1e-3;  // > 0, in squared units of the particles.
};

// φ(y_j) = mean_i [ k(x_i, y_j) score(x_i) + ∇_{x_i} k(x_i, y_j) ],   k(x, y) = exp(−|x − y|²/h), h held fixed.
// The gradient is with respect to the first argument, −2 (x_i − y_j)/h · k: it pushes y_j away from x_i.
// fixed [B, M, d], their scores ∇ log p [B, M, d], updated [B, N, d] → [B, N, d]. No graph is kept.
torch::Tensor stein_direction(const torch::Tensor& fixed, const torch::Tensor& scores, const torch::Tensor& updated,
                              const SteinOptions& options = {});

// log Π_j (1 − tanh² u_j), exact for large |u|: u [..., d] → [...].
torch::Tensor log_squash(const torch::Tensor& u);

// ∇_u [ log p(tanh u) + log Π_j (1 − tanh² u_j) ] from the action a = tanh u and g = ∇_a log p(a): g (1 − a²) − 2 a.
torch::Tensor squashed_score(const torch::Tensor& action, const torch::Tensor& action_score);

}  // namespace softrl::continuous
