// A finite horizon of N steps, with rewards and dynamics that may depend on time (docs/math.md 2, 4.4).
//
//     Q_t(s,a) = r_t(s,a) + γ_t E_{s' ~ P_t}[ V_{t+1}(s') ]     V_t(s) = α log Σ_a μ(a|s) exp(Q_t(s,a)/α)     t = N − 1
//     … 0 V_N      = the final values, and V_t = the given value in terminal states
//
// Backward induction is exact but for rounding: there is nothing to converge. Tables are row-major, a row per time.
#pragma once
#include <span>

#include <Eigen/Core>

#include "softrl/progress.hpp"
#include "tabular/base_measure.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

// The model of each step: one for all of them, or one for each. Refers to the models, which must outlive it.
class StepModels {
 public:
  // Throws std::invalid_argument unless `steps` ≥ 1.
  StepModels(const Mdp& mdp, int steps);
  // Throws std::invalid_argument, naming the step, unless there is a model and all have the same states, actions and
  // terminal states as the first.
  explicit StepModels(std::span<const Mdp> models);

  int steps() const { return steps_; }  // N.
  const Mdp& at(int step) const { return models_[models_.size() == 1 ? 0 : static_cast<std::size_t>(step)]; }
  Index states() const { return models_.front().states(); }
  Index pairs() const { return models_.front().pairs(); }

 private:
  std::span<const Mdp> models_;
  int steps_;
};

struct FiniteHorizonOptions {
  double temperature = 1.0;       // α ≥ 0, in reward units; 0 is the hard maximum.
  BaseMeasure base_measure = {};  // Counting measure (entropy bonus) unless given.
  DenseTable rewards = {};        // [N, K] r_t(s,a), or [1, K] for all steps; empty: those of the models.
  // [S] V_N, ignored in terminal states; −∞ where a path must not end, so "1 only at goals" of math.md 4.4 is 0 there
  // and −∞ elsewhere. Empty: 0.
  Eigen::VectorXd final_values = {};
  int threads = 1;                 // ≥ 0; 0: one for each core. Answers do not depend on it.
  ProgressObserver progress = {};  // Each step, from the last one back: error_bound.
};

struct FiniteHorizonSolution {
  double error_bound;  // max over t and s of |values(t, s) − V_t(s)| is at most this, rounding included; −∞ is exact.
  DenseTable values;  // [N+1, S] V_t; −∞ where every path from s at time t ends where the final value is −∞.
  DenseTable policy;  // [N, K]   π_t(a|s), Boltzmann in Q_t; all zeros in a state of value −∞.
};

// Costs N passes over the transitions. Throws std::invalid_argument, naming the option, if one is out of range, or if
// rewards and horizon are so large that values might overflow.
FiniteHorizonSolution backward_induction(const StepModels& models, const FiniteHorizonOptions& options = {});

// The value of a policy: V_t = E_π[Q_t] − α D(π_t) in place of the soft maximum. `policy` [N, K], or [1, K] for all
// steps, is what FiniteHorizonSolution::policy is afterwards; a row of zeros in a state is allowed and gives −∞.
FiniteHorizonSolution finite_horizon_policy_evaluation(const StepModels& models, const DenseTable& policy,
                                                       const FiniteHorizonOptions& options = {});

struct FiniteHorizonVisitation {
  double relative_error;  // |computed − exact| ≤ relative_error · exact + 1e-290 for every entry.
  DenseTable states;  // [N+1, S] P(s_t = s, not ended before t). Who enters a terminal state is there once, then gone.
  DenseTable pairs;   // [N, K]   P(s_t = s, a_t = a).
};

// The forward pass, not discounted: D_{t+1}(s') = Σ_{s,a} D_t(s) π_t(a|s) P_t(s'|s,a). `policy` [N, K], or [1, K] for
// all steps. `start` [S] is the distribution D_0, or any non-negative weights; empty: that of the first model.
// Throws std::invalid_argument, naming step and state, if `policy` is not a policy of a state that is visited.
FiniteHorizonVisitation finite_horizon_visitation(const StepModels& models, const DenseTable& policy,
                                                  const Eigen::VectorXd& start = {});

}  // namespace softrl::tabular
