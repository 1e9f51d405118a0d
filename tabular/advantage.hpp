// Action values and advantages from state values, of a policy or optimal ones, with their certified error:
//     Q(s,a) = r(s,a) + γ E[ V(s') ]          A(s,a) = Q(s,a) − V(s)
// Q excludes the divergence of the first action and V includes it (docs/math.md 2.2). So E_π[A_π] = α D(π), 0 at
// temperature 0; the optimal advantage is α log(π*(a|s)/μ(a|s)), and at temperature 0 it is ≤ 0 with maximum 0.
#pragma once
#include <Eigen/Core>

#include "tabular/mdp.hpp"

namespace softrl::tabular {

struct Advantage {
  double error_bound;             // max over pairs of the error of either, rounding included.
  Eigen::VectorXd action_values;  // [K] Q.
  Eigen::VectorXd advantages;     // [K] A.
};

// `values` [S], within `values_error` ≥ 0 of V in every state: as PolicyEvaluation and Solution have them.
// Throws std::invalid_argument if sizes do not fit or a value is not finite.
Advantage advantage(const Mdp& mdp, const Eigen::VectorXd& values, double values_error = 0.0);

struct AverageValue {
  double value;        // Σ_s start(s) V(s).
  double error_bound;  // Of `value`, rounding included.
};

// `start` [S] is a distribution or any non-negative weights; empty: the initial distribution of `mdp`.
AverageValue average_value(const Mdp& mdp, const Eigen::VectorXd& values, double values_error = 0.0,
                           const Eigen::VectorXd& start = {});

}  // namespace softrl::tabular
