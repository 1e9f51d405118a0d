// Weights of maximum likelihood, by L-BFGS (maximise.hpp) on the exact log-likelihood and gradient, or, if some have
// bounds or there is an L1 penalty, by Newton steps in boxes (maximise_penalised.hpp) with the exact Hessian.
//
// What an evaluation costs grows with the number of destinations. Where there are many trips, those to every eighth
// destination are fitted first: that maximum is near the one of all, and the Hessian there, in proportion, near theirs,
// so that a few steps with it (maximise_near.hpp) do for all trips. Neither matters to where the search ends.
//
// Models may have a log-likelihood for some weights only (those at which the path sum is finite, where that of maxent
// is concave). A trial step that leaves them is worth −∞: the line search steps back. Where the log-likelihood has
// kinks the search goes on from there by the slopes that meet at them (maximise_at_kinks.hpp).
//
// With penalties l1 and l2, in nats per trip, what is maximised is
//
//     L(θ) − n ( l1 Σ_j |m_j θ_j| + ½ l2 Σ_j (m_j θ_j)² )        n trips, the sum over weights that are not fixed
//
// m_j is the size of feature j: its mean size on the moves where it is not 0 (its greatest, if it has both signs). So
// neither the number of trips nor the units of features matter to what a penalty does.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "irl/named_weights.hpp"
#include "irl/route_model.hpp"
#include "softrl/progress.hpp"
#include "softrl/status.hpp"

namespace softrl::irl {

// Where a search was after an iteration, for one that is to continue it.
struct FitCheckpoint {
  std::vector<std::string> names;                  // [K]
  Eigen::VectorXd weights;                         // [K]
  double objective;                                // Log-likelihood less penalty, at the weights.
  int iterations, evaluations, infeasible_trials;  // So far.
  bool of_sample = false;  // It is of the fit to a sample of the trips, which comes before that of all.
};

struct FitOptions {
  std::vector<NamedWeight> start = {};    // Weights left out start at c times unit_costs (features.hpp), with c = 1, 2,
                                          // 4, … the first that is feasible.
  std::vector<NamedWeight> fixed = {};    // Not estimated.
  std::vector<WeightBounds> bounds = {};  // Those of fixed weights do not count.
  double l1 = 0.0, l2 = 0.0;              // ≥ 0, in nats per trip: penalties.
  double tolerance = 1e-8;                // > 0, in nats: how far below its maximum the log-likelihood may end.
  int max_iterations = 200;               // ≥ 1
  ProgressObserver progress = {};         // Told log_likelihood (under a penalty: objective) after every iteration.
  std::function<void(const FitCheckpoint&)> checkpoint = {};  // Told where it is, likewise.
  std::optional<FitCheckpoint> resume = {};  // Start there, in place of `start`; max_iterations counts from there.
  std::string prefix = {};                   // Of option names in messages: "--" for a command line.
};

struct FitResult {
  Status status;  // Converged: remaining_gain ≤ tolerance. IterationLimit, or Stalled: the line search found no better.
  double log_likelihood;       // Sum over trips, in nats.
  double objective;            // That less the penalty: what was maximised.
  double null_log_likelihood;  // Of equal probabilities for the available moves (random_walk_log_likelihood).
  // What a Newton step would still add: ½ gᵀ (−H)⁻¹ g. At a kink, g is the convex combination of the slopes within
  // √(2 tolerance) standard errors for which that is least; a note says so.
  double remaining_gain;
  Eigen::VectorXd weights;  // [K]
  // [K] false if fixed, at a bound, held at 0 by L1, or if the data cannot tell it (see warnings).
  std::vector<bool> estimated;
  std::vector<bool> at_bound;  // [K] the objective would be greater beyond the weight's bound.
  // [K × K] 0 for weights that are fixed, at a bound or held at 0, NaN for those the data cannot tell; the second all
  // NaN where there are too few clusters. Under L2 they are those of the penalised estimates, (−H)⁻¹ and (−H)⁻¹ (Σ s
  // sᵀ) (−H)⁻¹ with the penalty as part of H: how estimates scatter, not how far the penalty pulls them. Under L1
  // nothing as simple is right: all NaN.
  Eigen::MatrixXd covariance, robust_covariance;
  // What AIC and BIC count: the weights, or combinations of them, that the trips tell; under L2 the trace of (−H)⁻¹ (−H
  // of the log-likelihood alone).
  double degrees_of_freedom;
  double condition_number;               // Of the scaled Hessian (estimates.hpp).
  Eigen::VectorXd trip_log_likelihoods;  // [trips] at the weights.
  int clusters;                          // Groups of trips that the robust covariance takes as independent.
  SpectralRadius radius;                 // At the weights.
  std::vector<std::string> warnings;     // A sentence for each weight, or set of weights, that the data cannot tell.
  std::vector<std::string> notes;        // What does not put the weights in doubt: too few clusters for robust errors.
  int iterations;                        // Of the search.
  int evaluations;                       // Of the log-likelihood and gradient, all trials included.
  int sample_evaluations;                // Of the likelihood of samples of the trips, before.
  int infeasible_trials;                 // Trials at which the path sum diverged or left the range of double precision.
};

// The sizes m [K] above.
Eigen::VectorXd feature_sizes(const FeatureSummary& features);

// Throws std::invalid_argument, naming option and value: a name that is no feature or appears twice, a value that is
// not finite, a weight that is both started and fixed, bounds that are empty or that a start is beyond, a start that is
// not feasible (with the spectral radius there), no feasible default start, a checkpoint of another study or other
// options (other names, or another objective at its weights).
FitResult fit(RouteModel& model, const FitOptions& options = {});

}  // namespace softrl::irl
