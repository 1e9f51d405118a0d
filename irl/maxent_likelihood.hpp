// How well rewards θ · f explain demonstrations in a finite MDP, with exact derivatives (docs/math.md 4.6):
//
//     L(θ) = Σ_d ( Σ_t γ^t θ · f(step t)  −  V_0(s_0) )
//     ∇L   = Σ_d ( what d did of each feature  −  what the model expects of it from s_0 on )
//
// Where paths have probabilities (sure moves or MaxEntPaths, discount 1), L is their log-likelihood, but for the
// probabilities of the moves themselves. For CausalEntropy with moves that are not sure it is the dual of
// entropy maximisation under matched features. V of a terminal state is 0.
//
// If a demonstration was cut, which is to say ends neither in a terminal state nor with the horizon, what followed was
// not seen and L is the log-likelihood of the actions of all of them, weighted by γ^t:
//
//     L(θ) = Σ_d Σ_t γ^t log P(a_t | s_t) = Σ_d Σ_t γ^t ( θ · f(s_t, a_t)  −  V_t(s_t)  +  γ E_s'[ V_{t+1}(s') ] )
//
// Where moves are sure this is Σ_t γ^t θ · f − V_0(s_0) + γ^T V_T(s_T), the same as above but for what was not seen.
// Where they are not, that sum would also reward weights that make luck of the moves seen, and might rise for ever; and
// complete demonstrations among cut ones are a selection of the lucky. Without cuts L is concave.
#pragma once
#include <optional>
#include <vector>

#include <Eigen/Core>

#include "irl/demonstrations.hpp"
#include "irl/maxent_process.hpp"
#include "irl/maximise.hpp"
#include "irl/mdp_features.hpp"

namespace softrl::irl {

// All that L needs to know of n demonstrations.
struct DemonstrationCounts {
  RowMatrix features;                        // [n × k] Σ_t γ^t f
  std::vector<std::vector<Source>> sources;  // [n] the values that each takes off L: V_0(s_0); more where one is cut
  struct Step {
    int t;
    Index state, choice;  // choice as in MaxEntProcess
  };
  std::vector<Step> steps;  // of all of them; may be left out, then there is no log-likelihood of actions
  bool by_action = false;   // Whether L is that of the actions, where moves are not sure: the features are means, too.
};

struct MaxEntCurvature {
  double value;                    // L
  Eigen::VectorXd gradient;        // [k]
  Eigen::MatrixXd hessian;         // [k × k] of L
  RowMatrix scores;                // [n × k] each demonstration's own gradient; they sum to `gradient`
  Eigen::MatrixXd score_variance;  // [k × k] of Σ scores, if the model is right; −hessian where L is a log-likelihood
};

class MaxEntLikelihood {
 public:
  // Throws std::invalid_argument as MaxEntProcess and check_features do, and for demonstrations that do not fit the
  // MDP, are longer than a fixed horizon, or come where no goal can be reached in time (Horizon::at_goal).
  MaxEntLikelihood(const Mdp& mdp, MdpFeatures features, const std::vector<Demonstration>& demonstrations,
                   PathModel model, const Horizon& horizon);
  // With counts at hand. Its arrays must fit.
  MaxEntLikelihood(const Mdp& mdp, MdpFeatures features, DemonstrationCounts counts, PathModel model,
                   const Horizon& horizon);

  // L and its gradient; nothing where there is no finite optimum (ToGoal: the sum over paths diverges) or none that
  // double precision holds. Costs one solve of the process and one pass of expected visits.
  std::optional<ValueAndGradient> evaluate(const Eigen::VectorXd& weights);
  // Costs k more passes.
  std::optional<MaxEntCurvature> curvature(const Eigen::VectorXd& weights);

  SoftPolicy solve(const Eigen::VectorXd& weights) { return process_.solve(choice_features_ * weights); }

  // Σ log P(a | s) of the actions taken, in nats; 0 if there are no steps.
  double action_log_likelihood(const SoftPolicy& policy) const;
  // The same for somebody who takes every available action with equal probability.
  double uniform_log_likelihood() const;

  // Σ_t γ^t E[visits] to every state [S], by the model from the demonstrations' starts to their ends; and as counted.
  Eigen::VectorXd expected_visits(const SoftPolicy& policy) const;
  Eigen::VectorXd counted_visits() const;

  const MaxEntProcess& process() const { return process_; }
  const MdpFeatures& features() const { return features_; }
  const RowMatrix& choice_features() const { return choice_features_; }  // [C × k]
  const DemonstrationCounts& counts() const { return counts_; }
  std::size_t demonstrations() const { return counts_.sources.size(); }
  // Whether L is a log-likelihood of independent paths, so that the variance of its score is −H.
  bool is_log_likelihood() const;

 private:
  double value(const SoftPolicy& policy, const Eigen::VectorXd& weights) const;
  Eigen::VectorXd gradient(const std::vector<Eigen::VectorXd>& visits, const SoftPolicy& policy) const;
  Eigen::MatrixXd successor_variance(Index choice, const RowMatrix& next) const;

  MdpFeatures features_;
  MaxEntProcess process_;
  RowMatrix choice_features_;
  RowMatrix transition_features_;  // [N × k] where the features of a choice vary with its successor; else empty
  DemonstrationCounts counts_;
  Eigen::VectorXd feature_totals_;  // [k]
  std::vector<Source> sources_;     // of all demonstrations
  struct ScoreTerm {
    Eigen::Index demonstration;
    Index state;
    double weight;
  };
  std::vector<std::vector<ScoreTerm>> score_terms_;  // [layers] the same, layer by layer
};

// The counts of `demonstrations`. Throws as MaxEntLikelihood's constructor.
DemonstrationCounts count(const Mdp& mdp, const MdpFeatures& features, const MaxEntProcess& process,
                          const std::vector<Demonstration>& demonstrations);

}  // namespace softrl::irl
