// The weights that maximise a smooth concave function less a penalty (docs/math.md 4.6), by libLBFGS:
//
//     F(θ) = L(θ) − l1 ‖θ‖₁ − ½ l2 ‖θ‖²          L-BFGS; OWL-QN where l1 > 0
//
// L may be defined on a part of the space only: a trial outside is worth −∞, and the line search steps back.
#pragma once
#include <functional>
#include <optional>

#include <Eigen/Core>

namespace softrl::irl {

struct ValueAndGradient {
  double value;
  Eigen::VectorXd gradient;
};

// L at `weights`, or nothing where it is not defined. May throw to abort the search.
using Objective = std::function<std::optional<ValueAndGradient>(const Eigen::VectorXd& weights)>;

struct Penalty {
  double l1 = 0.0;  // ≥ 0
  double l2 = 0.0;  // ≥ 0

  double value(const Eigen::VectorXd& weights) const {
    return l1 * weights.lpNorm<1>() + 0.5 * l2 * weights.squaredNorm();
  }
};

struct MaximiseOptions {
  Penalty penalty = {};
  Eigen::VectorXd scale = {};  // [K] > 0: root of the size of −L's second derivatives. A convergence matter only.
  double unit = 1.0;           // > 0: L is of about this size, the number of observations for a log-likelihood.
  int max_iterations = 200;    // ≥ 1
  std::function<void(int iteration, double value)> progress = {};  // After every iteration, with F. May throw to abort.
};

struct Maximum {
  Eigen::VectorXd weights;  // The best found.
  int iterations;
  int evaluations;        // Of L and its gradient, all trials included.
  int infeasible_trials;  // Trials at which L was not defined.
  bool iteration_limit;   // Ended for lack of iterations. How good the end is, its gradient tells.
};

// From `start` [K], where L must be defined. Ends when the gradient vanishes to about 1e-8 of `unit`, in scaled
// variables, or when no better weights are found on the line.
Maximum maximise(const Objective& objective, const Eigen::VectorXd& start, const MaximiseOptions& options);

}  // namespace softrl::irl
