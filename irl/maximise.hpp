// The weights that maximise a smooth concave function less a penalty (docs/math.md 4.6), by libLBFGS:
//
//     F(θ) = L(θ) − penalty(θ)          (penalty.hpp, sizes all 1)          L-BFGS; OWL-QN where l1 > 0
//
// L may be defined on a part of the space only: a trial outside is worth −∞, and the line search steps back.
#pragma once
#include <functional>
#include <optional>

#include <Eigen/Core>

#include "irl/penalty.hpp"

namespace softrl::irl {

struct ValueAndGradient {
  double value;
  Eigen::VectorXd gradient;
};

// L at `weights`, or nothing where it is not defined. May throw to abort the search.
using Objective = std::function<std::optional<ValueAndGradient>(const Eigen::VectorXd& weights)>;

struct MaximiseOptions {
  Penalty penalty = {};
  Eigen::VectorXd scale = {};  // [K] > 0: root of the size of −L's second derivatives. A convergence matter only.
  double unit = 1.0;           // > 0: L is of about this size, the number of observations for a log-likelihood.
  int max_iterations = 200;    // ≥ 1
  double least_change = 0.0;   // ≥ 0: end once five iterations changed F by less than this share of it; 0: never.
  // After every iteration, with F and where it is that. May throw to abort.
  std::function<void(int iteration, double value, const Eigen::VectorXd& weights)> progress = {};
};

struct Maximum {
  Eigen::VectorXd weights;  // The best found.
  int iterations;
  int evaluations;        // Of L and its gradient, all trials included.
  int infeasible_trials;  // Trials at which L was not defined.
  bool iteration_limit;   // Ended for lack of iterations. How good the end is, its gradient tells.
  // What a step along the slopes that meet at a kink still promises, where these were looked for:
  // maximise_at_kinks.hpp.
  std::optional<double> remaining_gain = {};
};

// From `start` [K], where L must be defined. Ends when the gradient vanishes to about 1e-8 of `unit`, in scaled
// variables, or when no better weights are found on the line.
Maximum maximise(const Objective& objective, const Eigen::VectorXd& start, const MaximiseOptions& options);

}  // namespace softrl::irl
