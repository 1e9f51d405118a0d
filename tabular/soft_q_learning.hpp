// Soft Q-learning on a table, from samples of any discrete environment (docs/math.md 2.3; Haarnoja et al. 2017, Theorem
// 3; Schulman et al. 2017, equations 34, 42, 43). The target of the step (s_t, a_t) is, with V and π of the present Q,
//
//     y_t = r_t + γ V(s_{t+1}) + Σ_{d=1}^{n−1} (γλ)^d δ_{t+d}      δ_t = r_t − α D(π)(s_t) + γ V(s_{t+1}) − V(s_t)
//
// One step, n = 1, is off-policy: its fixed point is Q* whatever chose the actions. Longer backups are on-policy: in
// the mean they are T_π^n Q for π = π_Q, or for λ < 1 a mixture of such powers, whose fixed point is Q* only because π
// is the policy of the very Q that is learned. So Q is held fixed while a segment is collected, and a backup ends, with
// V, before an action that was chosen to explore (Watkins' cut): then the fixed point is Q* whatever the exploration.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "softrl/environment.hpp"
#include "softrl/progress.hpp"
#include "softrl/trajectory.hpp"
#include "tabular/base_measure.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

// max(floor, initial / (1 + n/scale)^exponent) after n steps or updates; constant unless an exponent is given. As step
// sizes, exponents in (1/2, 1] satisfy the conditions of Robbins and Monro.
struct Schedule {
  double initial;
  double exponent = 0.0;  // ≥ 0.
  double scale = 1.0;     // > 0.
  double floor = 0.0;     // ≥ 0.

  double at(std::int64_t n) const;
};

struct SoftBackup {
  double discount = 0.95;    // γ in [0, 1].
  double temperature = 1.0;  // α ≥ 0.
  int steps = 1;             // n ≥ 1.
  double lambda = 1.0;       // λ in [0, 1]: 1 for n-step backups; TD(λ) is λ < 1 with n as long as a segment.
};

struct SampledStep {
  Transition<int, int> transition;
  bool exploratory = false;  // The action was not drawn from π_Q, but to explore.
};

// The targets y_t of consecutive steps of an episode. `q` [S, A]; `log_weights` [S, A] log μ, −∞ where an action is not
// available, or empty for the counting measure over all actions. A terminated step is followed by value 0, a truncated
// one by V. Backups end with the segment.
std::vector<double> soft_q_targets(std::span<const SampledStep> segment, const DenseTable& q,
                                   const DenseTable& log_weights, const SoftBackup& backup);

struct SoftQLearningOptions {
  double discount = 0.95;                   // γ in [0, 1].
  Schedule temperature = {.initial = 1.0};  // α ≥ 0, by steps done; what is learned is for the last one.
  DenseTable log_weights = {};              // [S, A], as above; see dense_log_weights().
  int backup_steps = 1;                     // n ≥ 1.
  double lambda = 1.0;                      // λ in [0, 1].
  int segment_steps = 0;                    // Steps between updates of Q, at most; 0: backup_steps.
  Schedule step_size = {.initial = 1.0, .exponent = 0.7};  // In (0, 1], by updates of the state-action so far.
  Schedule exploration = {.initial = 0.1};  // In [0, 1], by steps done: chance of a uniform available action.
  std::int64_t steps = 100'000;             // ≥ 1, of the environment; it learns for exactly as many.
  std::uint64_t seed = 0;                   // Of environment and actions: the same seed, the same result.
  DenseTable initial_action_values = {};    // [S, A]; empty: 0.
  ProgressObserver progress = {};           // About 1000 times: mean of |y − Q| since the last time, "residual".
};

struct SoftQLearningResult {
  std::int64_t episodes;     // That were begun.
  DenseTable action_values;  // [S, A] Q; as given at first where an action was never taken. There is no error bound:
                             //        compare with a certified solution, or look at `updates`.
  DenseTable policy;         // [S, A] π_Q, 0 where an action is not available.
  Eigen::VectorXd values;    // [S]    V_Q; −∞ in states without an action.
  Eigen::Matrix<std::int64_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> updates;  // [S, A].
};

// Throws std::invalid_argument, naming the option, if one is out of range, a space of `environment` is not discrete, a
// state without available action is met, or a reward is not finite.
SoftQLearningResult soft_q_learning(DiscreteEnvironment& environment, const SoftQLearningOptions& options = {});

// [S, A] log μ of a model's state-actions, −∞ elsewhere: what learning on a TabularEnvironment needs to know of it.
DenseTable dense_log_weights(const Mdp& mdp, const BaseMeasure& measure = {});

}  // namespace softrl::tabular
