// Exploration by noise that wanders: an Ornstein-Uhlenbeck process in steps of 1 (Uhlenbeck & Ornstein 1930; Lillicrap
// et al. 2016), x ← (1 − θ) x + σ ξ with ξ ~ N(0, I), from 0 at the start of an episode.
#pragma once
#include <Eigen/Core>

#include "continuous/environments.hpp"
#include "softrl/random.hpp"

namespace softrl::continuous {

struct OrnsteinUhlenbeck {
  double theta, sigma;  // θ in [0, 1], σ ≥ 0; at σ = 0 there is no noise
  RowMatrix x;          // [N × d] of N environments

  bool on() const { return sigma > 0.0; }
  // The actions [N × d] in [−1, 1] with the next noise added, cut to [−1, 1]; as they are if there is none.
  RowMatrix add_to(const RowMatrix& actions, Random& random);
  void restart(Eigen::Index environment) { x.row(environment).setZero(); }
};

}  // namespace softrl::continuous
