// Weights of maximum likelihood, by L-BFGS (maximise.hpp) on the exact log-likelihood and gradient, or, if some have
// bounds, by projected Newton steps (maximise_in_box.hpp) with the exact Hessian.
//
// Models may have a log-likelihood for some weights only (those at which the path sum is finite, where that of maxent
// is concave). A trial step that leaves them is worth −∞: the line search steps back.
#pragma once
#include <string>
#include <vector>

#include <Eigen/Core>

#include "irl/named_weights.hpp"
#include "irl/route_model.hpp"
#include "softrl/progress.hpp"
#include "softrl/status.hpp"

namespace softrl::irl {

struct FitOptions {
  std::vector<NamedWeight> start = {};    // Weights left out start at c times unit_costs (features.hpp), with c = 1, 2,
                                          // 4, … the first that is feasible.
  std::vector<NamedWeight> fixed = {};    // Not estimated.
  std::vector<WeightBounds> bounds = {};  // Those of fixed weights do not count.
  double tolerance = 1e-8;                // > 0, in nats: how far below its maximum the log-likelihood may end.
  int max_iterations = 200;               // ≥ 1
  ProgressObserver progress = {};         // Told log_likelihood after every iteration.
  std::string prefix = {};                // Of option names in messages: "--" for a command line.
};

struct FitResult {
  Status status;  // Converged: remaining_gain ≤ tolerance. IterationLimit, or Stalled: the line search found no better.
  double log_likelihood;        // Sum over trips, in nats.
  double null_log_likelihood;   // Of equal probabilities for the available moves (random_walk_log_likelihood).
  double remaining_gain;        // What a Newton step would still add: ½ gᵀ (−H)⁻¹ g.
  Eigen::VectorXd weights;      // [K]
  std::vector<bool> estimated;  // [K] false if fixed, at a bound, or if the data cannot tell it (see warnings).
  std::vector<bool> at_bound;   // [K] the log-likelihood would be greater beyond the weight's bound.
  Eigen::MatrixXd covariance,
      robust_covariance;    // [K × K] 0 for weights that are fixed or at a bound, NaN for those the data cannot tell.
  double condition_number;  // Of the scaled Hessian (estimates.hpp).
  Eigen::VectorXd trip_log_likelihoods;  // [trips] at the weights.
  int clusters;                          // Groups of trips that the robust covariance takes as independent.
  SpectralRadius radius;                 // At the weights.
  std::vector<std::string> warnings;     // A sentence for each weight, or set of weights, that the data cannot tell.
  int iterations;                        // Of the search.
  int evaluations;                       // Of the log-likelihood and gradient, all trials included.
  int infeasible_trials;                 // Trials at which the path sum diverged or left the range of double precision.
};

// Throws std::invalid_argument, naming option and value: a name that is no feature or appears twice, a value that is
// not finite, a weight that is both started and fixed, bounds that are empty or that a start is beyond, a start that is
// not feasible (with the spectral radius there),
// no feasible default start.
FitResult fit(RouteModel& model, const FitOptions& options = {});

}  // namespace softrl::irl
