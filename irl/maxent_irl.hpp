// Maximum-entropy inverse RL on any finite MDP (docs/math.md 4): the weights θ of a reward θ · f that explain
// demonstrations, and how sure they are.
//
//     const MdpFeatures features = ...;                       // on states, state-actions or transitions
//     MaxEntLikelihood likelihood(mdp, features, demonstrations, PathModel::CausalEntropy, Horizon::fixed(50));
//     const MaxEntFit fit = maxent_irl(likelihood);
//     fit.weights, fit.covariance, fit.policy ...
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/Core>

#include "irl/maxent_likelihood.hpp"
#include "irl/maximise.hpp"
#include "irl/named_weights.hpp"
#include "softrl/progress.hpp"
#include "softrl/status.hpp"

namespace softrl::irl {

enum class Optimiser {
  Lbfgs,                  // L-BFGS, OWL-QN under an L1 penalty; then Newton steps, which match features to rounding
  ExponentiatedGradient,  // exponentiated_gradient.hpp, as in the paper of 2008; no L1 penalty
};
std::string_view to_string(Optimiser optimiser);  // "lbfgs", "exponentiated_gradient"

struct MaxEntIrlOptions {
  std::vector<NamedWeight> start = {};  // Weights left out start at 0; for a horizon to_goal, at c times unit_costs
                                        // (features.hpp), with c = 1, 2, 4, … the first that is feasible.
  std::vector<NamedWeight> fixed = {};  // Not estimated.
  Penalty penalty = {};                 // On the weights that are estimated, in nats.
  Optimiser optimiser = Optimiser::Lbfgs;
  double tolerance = 1e-8;         // > 0, in nats: how far below its maximum the objective may end.
  int max_iterations = 200;        // ≥ 1, of the optimiser.
  ProgressObserver progress = {};  // Told the objective after every iteration.
  std::string prefix = {};         // Of option names in messages: "--" for a command line.
};

struct MaxEntFit {
  Status status;     // Converged: remaining_gain ≤ tolerance. IterationLimit, or Stalled: the search found no better.
  double objective;  // L(θ) − l1 ‖θ‖₁ − ½ l2 ‖θ‖², in nats
  double log_likelihood;          // Σ log P(a | s) of the actions taken, in nats
  double uniform_log_likelihood;  // The same if every available action were equally likely.
  double remaining_gain;        // What a Newton step would still add to the objective: ½ gᵀ (−H)⁻¹ g; and what
                                // one would of each weight at 0 whose slope exceeds the L1 penalty.
  Eigen::VectorXd weights;      // [k]
  std::vector<bool> estimated;  // [k] false if fixed, 0 by the L1 penalty, or not told by the data (see warnings)
  Eigen::MatrixXd covariance, robust_covariance;  // [k × k] estimates.hpp; 0 for fixed weights, NaN where not told
  double condition_number;                        // Of the scaled Hessian (estimates.hpp).
  Eigen::VectorXd counted_features, expected_features;  // [k] per demonstration: by the data, by the model
  double feature_mismatch;                              // The greatest difference between the two.
  Eigen::VectorXd counted_visits, expected_visits;      // [S] the same of states that are not terminal
  SoftPolicy policy;                                    // At the weights.
  std::vector<std::string> warnings;  // A sentence for each weight, or set of weights, that the data cannot tell.
  int iterations;                     // Of the optimiser.
  int newton_steps;                   // After it.
  int evaluations;                    // Of the objective and its gradient, all trials included.
  int infeasible_trials;              // Trials at which the sum over paths diverged or left double precision.
};

// Standard errors are those of estimates.hpp. With a penalty they are of the penalised estimates, which are biased
// towards 0 by design. Throws std::invalid_argument, naming option and value: as check_start_and_fixed does, options
// out of range, a start that is not feasible, no feasible default start.
MaxEntFit maxent_irl(MaxEntLikelihood& likelihood, const MaxEntIrlOptions& options = {});

}  // namespace softrl::irl
