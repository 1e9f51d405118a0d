// The base measure μ(a|s) over actions (docs/math.md 1), which says what the entropy term of the return means:
//
//     counting measure      an entropy bonus, the return is Σ r + α H(π)      (the default)
//     reference policy π̄    a KL penalty, the return is Σ r − α KL(π, π̄)
//     volumes of cells      the differential entropy of a discretised continuous action (discretize.hpp)
#pragma once
#include <Eigen/Core>

#include "tabular/mdp.hpp"

namespace softrl::tabular {

struct BaseMeasure {
  Eigen::VectorXd log_weights;  // [K] log μ(a|s) over pairs, −∞ for an action never taken; empty: counting measure.

  static BaseMeasure counting() { return {}; }
  // μ = π̄. Throws std::invalid_argument if `policy` [K] is not a policy of `mdp`.
  static BaseMeasure kl_to(const Mdp& mdp, const Eigen::VectorXd& policy);
};

// Throws std::invalid_argument, naming the state, unless `measure` fits `mdp`: right size, no NaN or +∞, and a positive
// weight in every state that is not terminal.
void check_base_measure(const Mdp& mdp, const BaseMeasure& measure);

// Throws std::invalid_argument, naming the state, unless `policy` [K] is non-negative and sums to 1 (within 1e-9) in
// every state that is not terminal.
void check_policy(const Mdp& mdp, const Eigen::VectorXd& policy);

// [K] the policy in proportion to μ: uniform for the counting measure.
Eigen::VectorXd base_policy(const Mdp& mdp, const BaseMeasure& measure);

}  // namespace softrl::tabular
