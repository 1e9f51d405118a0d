// The amortised sampler: ξ ~ N(0, I), u = f(s, ξ), a = tanh u (docs/math.md 5.1, 5.6). ξ, u and a have one size d.
//
// It starts near u = ξ, if every hidden layer has 2 d units: actions all over the box, from a map that hardly folds. An
// ordinary start has all of them near its middle, whence the particles slide into one mode together.
#pragma once
#include <torch/types.h>

#include "continuous/networks.hpp"

namespace softrl::continuous {

class Sampler {
 public:
  Sampler(int observation_size, int action_size, const std::vector<int>& hidden, const at::Generator& generator,
          const torch::TensorOptions& type);

  // u for observations [B, S] and noise ξ [B, K, d].
  Network::Pass forward(const torch::Tensor& observations, const torch::Tensor& noise) const {
    return network_.forward(observations, noise);
  }

  // log q(a|s) of a = tanh u, all of the box counting 1: log N(ξ; 0, I) − log |det ∂u/∂ξ| − log Π (1 − a²); [B, K].
  // That is the density at a where no other ξ leads to it; where f folds, the part of it that came by this ξ. Where f
  // is flat, and the density infinite, as if it stretched ξ by 1e-6: a few units that are off together would else make
  // V −∞.
  torch::Tensor log_density(const Network::Pass& pass) const;

  const Network& network() const { return network_; }

 private:
  Network network_;
};

// log |det| of square matrices [..., d, d], by orthogonalising the columns (modified Gram–Schmidt): −∞ if singular.
torch::Tensor log_abs_determinant(const torch::Tensor& matrices);

}  // namespace softrl::continuous
