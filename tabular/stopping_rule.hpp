// When an exact solver may stop, and what it then returns: one rule for value and policy iteration.
#pragma once
#include <limits>
#include <optional>

#include <Eigen/Core>

#include "softrl/status.hpp"
#include "tabular/bellman.hpp"
#include "tabular/certificate.hpp"
#include "tabular/enclosure.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

class StoppingRule {
 public:
  // Refers to `bellman`. Throws std::invalid_argument if the tolerance is negative or not finite.
  StoppingRule(Bellman& bellman, double tolerance);

  // Certifies what can be certified after the sweep W = TV. Converged: the error bound is within the tolerance.
  // Stalled: the residual is at the level of rounding and the bound still is not. Empty: go on. At discount 1
  // certifying costs several linear solves, so it is tried only when the residual promises success.
  std::optional<Status> assess(const Eigen::VectorXd& next, const Sweep& sweep);

  double error_bound() const { return error_bound_; }  // As of the last call of assess; +∞ before.

  // The result for the last W and sweep.
  Solution solution(Status status, int iterations, const Eigen::VectorXd& next, const Sweep& sweep);

 private:
  void certify_by_enclosure(const Eigen::VectorXd& next, const Sweep& sweep);

  Bellman& bellman_;
  double tolerance_;
  double error_bound_ = std::numeric_limits<double>::infinity();
  double next_attempt_;  // Residual at which to try an enclosure again.
  Gap gap_{-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  std::optional<Enclosure> enclosure_;
};

}  // namespace softrl::tabular
