// Standard errors of fitted weights (docs/math.md 4.6), and which weights the data can tell at all.
//
//     covariance = (−H)⁻¹        robust covariance = (−H)⁻¹ (Σ_t s_t s_tᵀ) (−H)⁻¹
//
// H is the Hessian of the log-likelihood and s_t the score of trip t. The first is right if the model is; the second
// (the sandwich) also if it is not, as long as trips are independent. If only clusters of them are (those of different
// travellers, say), a row of scores is the sum over a cluster. Where the objective is no log-likelihood, the
// first is (−H)⁻¹ J (−H)⁻¹, with J the variance of Σ_t s_t that the model implies.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/Core>

#include "irl/road_network.hpp"

namespace softrl::irl {

struct Covariances {
  Eigen::MatrixXd covariance, robust_covariance;  // [K × K] NaN in the rows and columns of weights of flat directions.
  // Directions in which the log-likelihood is flat, as lists of weights: {1}, or {0, 2} if 0 and 2 are collinear.
  std::vector<std::vector<int>> flat_directions;
  Eigen::MatrixXd flat_basis;  // [K × flat directions] these as columns of norm 1, in weights times scale.
  double condition_number;     // Of the scaled −H over the other directions; ≥ 1.
  Eigen::MatrixXd inverse;     // [K × K] of −H over the other directions (a pseudo-inverse); finite.
};

// `hessian` [K × K], `scores` [trips × K]. `scale` [K] > 0 gives the size that the roots of −H's diagonal would have if
// the data told all weights well; a direction counts as flat if, so scaled, its curvature is below 1e-6. Flat to such a
// degree are weights without effect, collinear ones, and those that run to infinity because all trips agree with them.
// `score_variance` is J, empty for a log-likelihood. Where a quadratic penalty is part of H there is no flat direction
// but for rounding: `flat` is what counts as such in place of 1e-6.
constexpr double flat_curvature = 1e-6, rounding_curvature = 1e-12;
Covariances covariances(const Eigen::MatrixXd& hessian, const RowMatrix& scores, const Eigen::VectorXd& scale,
                        const Eigen::MatrixXd& score_variance = {}, double flat = flat_curvature);

// Where a search ended, among K weights.
struct SearchEnd {
  const std::vector<std::string>& names;  // [K]
  const Eigen::VectorXd& weights;         // [K]
  const std::vector<int>& free;           // Those that varied.
  const std::vector<int>& held;           // Those that stayed at their start because the data cannot tell them.
  const Eigen::VectorXd& gradient;        // [K]
  const Eigen::MatrixXd& hessian;         // [K × K]
  const RowMatrix& scores;                // [trips × K]
  const Eigen::VectorXd& scale;           // [free] as above
  Eigen::MatrixXd score_variance = {};    // [K × K] as above
  double flat = flat_curvature;           // as above
  std::string_view observations;          // "trips": what messages call them
  // The log-likelihood at other weights [K], or nothing where there is none. It tells flat directions in which nothing
  // ever changes (collinear features) from those along which it rises for ever (separable data). Without it, messages
  // leave that open.
  std::function<std::optional<double>(const Eigen::VectorXd& weights)> log_likelihood = {};
};

// What is known of the weights then.
struct Estimates {
  Eigen::MatrixXd covariance, robust_covariance;  // [K × K] 0 for fixed weights, NaN for those the data cannot tell.
  std::vector<bool> estimated;                    // [K] false if fixed, or if the data cannot tell it.
  double condition_number;
  double remaining_gain;  // What a Newton step would still add: ½ gᵀ (−H)⁻¹ g.
  int identified;         // Dimensions of the free weights that the data tell: no more than are estimated, or combined.
  std::vector<std::string> warnings;  // A sentence for each weight, or set of weights, of a flat direction.
};
Estimates estimate(const SearchEnd& end);

}  // namespace softrl::irl
