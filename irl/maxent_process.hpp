// The process behind maximum-entropy inverse RL (docs/math.md 4.2–4.4): soft Bellman at temperature 1, of what is
// chosen in each step.
//
//     CausalEntropy   (Ziebart 2010)        the agent chooses a:        log Z_a = r + E_s'[ log Z_s' ]
//     MaxEntPaths     (Ziebart 2008, eq. 4) the path chooses (a, s'):   Z_a = Σ_s' P(s'|s,a) exp(r) Z_s'
//
// V(s) = log Z_s solves the soft Bellman equation over the choices: for CausalEntropy they are the pairs (s, a) of the
// MDP; for MaxEntPaths its transitions (s, a, s'), each sure and with base measure P(s'|s,a): that model is an
// optimist, who takes luck for a matter of choice at the price of its improbability. Both are the same where moves are
// sure.
//
// Terminal states end the path and are worth 0. So is the end of a fixed horizon, or it is worth −∞: then paths that
// are at no goal by then have no probability.
#pragma once
#include <string_view>
#include <vector>

#include <Eigen/Core>

#include "irl/mdp_features.hpp"
#include "softrl/status.hpp"
#include "tabular/base_measure.hpp"
#include "tabular/mdp.hpp"

namespace softrl::irl {

enum class PathModel { MaxEntPaths, CausalEntropy };
std::string_view to_string(PathModel model);  // "maxent_paths", "causal_entropy"

struct Horizon {
  enum class Kind { Fixed, Discounted, ToGoal };
  Kind kind;
  int steps = 0;          // N, of Fixed
  double discount = 1.0;  // γ; 1 of Fixed and ToGoal
  bool at_goal = false;   // Of Fixed: paths end in a terminal state, after at most N steps.

  static Horizon fixed(int steps) { return {.kind = Kind::Fixed, .steps = steps}; }  // ≥ 1 steps, then 0
  static Horizon fixed_to_goal(int steps) { return {.kind = Kind::Fixed, .steps = steps, .at_goal = true}; }
  static Horizon discounted(double discount) { return {.kind = Kind::Discounted, .discount = discount}; }  // in [0, 1)
  static Horizon to_goal() { return {.kind = Kind::ToGoal}; }  // until a terminal state, however long that takes

  // A fixed horizon has a layer of values and probabilities for every step, the others one that serves all steps.
  int layers() const { return kind == Kind::Fixed ? steps : 1; }
  int layer(int step) const { return kind == Kind::Fixed ? step : 0; }
};

// The optimum for one reward.
struct SoftPolicy {
  bool feasible;  // False where there is none, or none that can be certified: paths sum to infinity, or overflow.
  tabular::DenseTable values = {};    // [layers (+ 1 if fixed), S] V = log Z; −∞ where no goal is near enough
  tabular::DenseTable policies = {};  // [layers, C] P(choice | state); 0 there

  Eigen::VectorXd policy(int layer) const { return policies.row(layer).transpose(); }
};

// Somebody who is in `state` before step `step`, or minus somebody: expected visits are linear.
struct Source {
  int step;
  Index state;
  double weight;
};

class MaxEntProcess {
 public:
  // Throws std::invalid_argument: a horizon out of range; for ToGoal a state that cannot reach a terminal one; for
  // fixed_to_goal choices that are not sure (no policy can promise to be at a goal in time), or no terminal state.
  MaxEntProcess(const Mdp& mdp, PathModel model, const Horizon& horizon);

  PathModel model() const { return model_; }
  const Horizon& horizon() const { return horizon_; }

  // The process whose state-actions are the choices, C of them, numbered state by state.
  const Mdp& choices() const { return choices_; }
  // The choice that a transition of the original MDP is; `pair` is that of the transition.
  Index choice(Index pair, Index transition) const { return by_transition_ ? transition : pair; }
  // The original pair of every choice [C]; empty where choices are pairs.
  const std::vector<Index>& pairs() const { return pairs_; }
  // P(a | s) [K] over the original pairs, from probabilities of choices [C].
  Eigen::VectorXd action_policy(const Eigen::VectorXd& choices) const;

  // For rewards [C]. Starts from the values of the last solve, where that helps.
  SoftPolicy solve(const Eigen::VectorXd& rewards);

  // [layers] of [S]: expected visits of `sources` to every state before each step, discounted by γ per step; summed
  // over steps where one layer serves all. What counts are states that are not terminal. This and for_each_slope
  // throw std::runtime_error where the linear systems of an infinite horizon are not solved
  // (tabular/policy_system.hpp).
  std::vector<Eigen::VectorXd> visits(const SoftPolicy& policy, const std::vector<Source>& sources) const;

  // Derivatives of the values for rewards features · θ: what is expected to come of each feature, from step t on.
  struct Slopes {
    int layer;
    RowMatrix choices;        // [C × k] ∂Q(choice)/∂θ = f + γ E[∂V(s')/∂θ]
    const RowMatrix& states;  // [S × k] ∂V(s)/∂θ of this layer
    const RowMatrix& next;    // [S × k] of the next
  };
  // Calls `use` for every layer, the last first. `features` [C × k].
  template <class Use>
  void for_each_slope(const SoftPolicy& policy, const RowMatrix& features, const Use& use) const {
    RowMatrix next = last_slopes(policy, features);
    for (int layer = horizon_.layers(); layer-- > 0;) {
      RowMatrix choices = choice_slopes(features, next);
      RowMatrix states = state_slopes(policy.policy(layer), choices);
      use(Slopes{.layer = layer, .choices = std::move(choices), .states = states, .next = next});
      next = std::move(states);
    }
  }

 private:
  SoftPolicy solve_fixed(const Eigen::VectorXd& rewards) const;
  SoftPolicy solve_infinite(const Eigen::VectorXd& rewards);
  RowMatrix last_slopes(const SoftPolicy& policy, const RowMatrix& features) const;
  RowMatrix choice_slopes(const RowMatrix& features, const RowMatrix& next) const;
  RowMatrix state_slopes(const Eigen::VectorXd& policy, const RowMatrix& choice_slopes) const;

  PathModel model_;
  Horizon horizon_;
  bool by_transition_;
  Mdp choices_;
  std::vector<Index> pairs_;
  tabular::BaseMeasure measure_;
  Eigen::VectorXd last_values_;  // of the last feasible solve
};

}  // namespace softrl::irl
