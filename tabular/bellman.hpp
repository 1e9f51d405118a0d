// The soft Bellman backups (docs/math.md 2.1, 2.2) of one Mdp, temperature and base measure: the one place where they
// are written down. All solvers and the theory verifier use these.
//
//     Q(s,a) = r(s,a) + γ E_{s'}[ V(s') ]          V(s) = α log Σ_a μ(a|s) exp(Q(s,a)/α)
//
// Terminal states keep their value. Arrays: values [S], action values and policies [K] over pairs.
#pragma once
#include <span>

#include <Eigen/Core>

#include "tabular/base_measure.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

// What a sweep W = TV tells about itself.
struct Sweep {
  double smallest_change;  // min of W − V over the states that are not terminal.
  double largest_change;   // max of the same.
  double largest_value;    // max |V| over all states.

  double residual() const;  // max |W − V|.
};

class Bellman {
 public:
  // Refers to `mdp` and `measure`, which must outlive it. `temperature` α ≥ 0 in reward units; 0 is the hard maximum.
  // Works on at most `threads` threads (0: one for each core), fewer on models too small for them to pay; results do
  // not depend on how many. Throws std::invalid_argument naming the option.
  Bellman(const Mdp& mdp, double temperature, const BaseMeasure& measure, int threads = 1);

  const Mdp& mdp() const { return mdp_; }
  double temperature() const { return temperature_; }
  const BaseMeasure& measure() const { return measure_; }
  int threads() const { return threads_; }
  double largest_log_weight() const { return largest_log_weight_; }  // max |log μ| where finite.

  // [S] `initial` (0 if it is empty) with the given values in terminal states: where iterations start.
  // Throws std::invalid_argument if it has another size or is not finite.
  Eigen::VectorXd start_values(const Eigen::VectorXd& initial) const;

  // W = TV (V form of 2.1) into `next` [S], in one pass over the transitions.
  Sweep optimal_sweep(const Eigen::VectorXd& values, Eigen::VectorXd& next) const;

  // (TV)(s) of one state that is not terminal, for methods that visit states in an order of their own.
  double backup(Index state, const Eigen::VectorXd& values);

  Eigen::VectorXd action_values(const Eigen::VectorXd& values) const;  // Q from V.
  Eigen::VectorXd state_values(const Eigen::VectorXd& q) const;        // V_Q (1.1).
  Eigen::VectorXd boltzmann(const Eigen::VectorXd& q) const;           // π_Q (1.2).
  Eigen::VectorXd policy_of(const Eigen::VectorXd& values) const;      // π_Q of Q from V, in one pass.
  // E_π[Q] − α D(π) in every state; −∞ where α > 0 and π takes an action of weight 0.
  Eigen::VectorXd policy_values(const Eigen::VectorXd& policy, const Eigen::VectorXd& q) const;

  // The Q forms: TQ (2.1) and T_π Q (2.2).
  Eigen::VectorXd optimal_backup(const Eigen::VectorXd& q) const { return action_values(state_values(q)); }
  Eigen::VectorXd policy_backup(const Eigen::VectorXd& policy, const Eigen::VectorXd& q) const {
    return action_values(policy_values(policy, q));
  }

  std::span<const double> log_weights(Index state) const;  // Of a state's actions; empty for the counting measure.

 private:
  const Mdp& mdp_;
  double temperature_;
  const BaseMeasure& measure_;
  int threads_;
  double largest_log_weight_ = 0.0;
};

}  // namespace softrl::tabular
