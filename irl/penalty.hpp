// Penalties on weights, for searches that maximise L(θ) less a penalty:
//
//     l1 Σ_j |m_j θ_j| + ½ l2 Σ_j (m_j θ_j)²          m_j > 0 the size by which weight j counts
#pragma once
#include <vector>

#include <Eigen/Core>

namespace softrl::irl {

struct Penalty {
  double l1 = 0.0;  // ≥ 0
  double l2 = 0.0;  // ≥ 0

  // Of sized weights m θ, and its derivative in these; from L1 nothing where one is 0.
  double value(const Eigen::VectorXd& sized) const { return l1 * sized.lpNorm<1>() + 0.5 * l2 * sized.squaredNorm(); }
  Eigen::VectorXd slope(const Eigen::VectorXd& sized) const { return l1 * sized.cwiseSign() + l2 * sized; }
};

// Near `weights`: L less the penalty, where L has this gradient [K] and Hessian [K × K].
struct Penalised {
  Eigen::VectorXd gradient;  // [K]
  Eigen::MatrixXd hessian;   // [K × K]
  std::vector<int> free;     // The weights of `varying` that L1 does not hold at 0.
  Eigen::VectorXd newton;    // [free] Newton's step, along flat directions none.
  double gain;               // What it promises to add.
  double held_gain;          // What the others would add: 0, unless the slope of L there exceeds the penalty's.
};

// `sizes` [K] m; `scale` [K] and `flat` as in covariances() (estimates.hpp).
Penalised penalised(const Penalty& penalty, const Eigen::VectorXd& sizes, const Eigen::VectorXd& weights,
                    const Eigen::VectorXd& gradient, const Eigen::MatrixXd& hessian, const std::vector<int>& varying,
                    const Eigen::VectorXd& scale, double flat);

}  // namespace softrl::irl
