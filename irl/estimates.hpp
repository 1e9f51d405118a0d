// Standard errors of fitted weights (docs/math.md 4.6), and which weights the data can tell at all.
//
//     covariance = (−H)⁻¹        robust covariance = (−H)⁻¹ (Σ_t s_t s_tᵀ) (−H)⁻¹
//
// H is the Hessian of the log-likelihood and s_t the score of trip t. The first is right if the model is; the second
// (the sandwich) also if it is not, as long as trips are independent.
#pragma once
#include <vector>

#include <Eigen/Core>

#include "irl/road_network.hpp"

namespace softrl::irl {

struct Covariances {
  Eigen::MatrixXd covariance, robust_covariance;  // [K × K] NaN in the rows and columns of weights of flat directions.
  // Directions in which the log-likelihood is flat, as lists of weights: {1}, or {0, 2} if 0 and 2 are collinear.
  std::vector<std::vector<int>> flat_directions;
  double condition_number;  // Of the scaled −H over the other directions; ≥ 1.
  Eigen::MatrixXd inverse;  // [K × K] of −H over the other directions (a pseudo-inverse); finite.
};

// `hessian` [K × K], `scores` [trips × K]. `scale` [K] > 0 gives the size that the roots of −H's diagonal would have if
// the data told all weights well; a direction counts as flat if, so scaled, its curvature is below 1e-6. Flat to such a
// degree are weights without effect, collinear ones, and those that run to infinity because all trips agree with them.
Covariances covariances(const Eigen::MatrixXd& hessian, const RowMatrix& scores, const Eigen::VectorXd& scale);

}  // namespace softrl::irl
