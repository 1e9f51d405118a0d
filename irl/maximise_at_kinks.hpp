// The weights that maximise a function which is smooth but for kinks, such as the log-likelihood of the action model:
// where a line search on the slope at one point stalls, since just beyond a kink the function falls.
//
// Goldstein's (1977) ascent, with slopes found one by one: d, the shortest convex combination of the slopes seen within
// `radius` of x, is the direction. If F rises along it, x moves. Else some slope on the way disagrees with d: it joins
// the others. Once d is shorter than the radius, the radius shrinks.
//
//     x ← x + t B d      d = argmin { |Σ α_i Bᵀ g_i| : α ≥ 0, Σ α_i = 1 }      B Bᵀ = (−H)⁻¹ of the smooth part
//
// In the variables of B a smooth F has the Hessian −1, so that lengths are in standard errors and d is Newton's step.
// What it ends at is stationary in Clarke's sense, which need not be the greatest of several maxima.
#pragma once
#include <functional>

#include <Eigen/Core>

#include "irl/maximise.hpp"

namespace softrl::irl {

struct KinkOptions {
  double tolerance = 1e-8;   // > 0: stop once ½ |d|² is at most that, for slopes within radius √(2 tolerance).
  double radius = 0.1;       // > 0: the first one.
  int max_iterations = 500;  // ≥ 1 directions.
  // After every move, with the moves so far. May throw to abort.
  std::function<void(int move, double value, const Eigen::VectorXd& weights)> progress = {};
};

// From `start` [K], where the function must be defined, along the columns of `basis` B [K × any]. The result's
// remaining_gain is ½ |d|² of the slopes within √(2 tolerance), or of the slope at the weights alone if the search
// ended before they balanced.
Maximum maximise_at_kinks(const Objective& objective, const Eigen::VectorXd& start, const Eigen::MatrixXd& basis,
                          const KinkOptions& options = {});

}  // namespace softrl::irl
