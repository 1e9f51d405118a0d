// The bootstrap (Efron 1979) of fitted weights: trips (clusters of them, where there are) are drawn with replacement,
// as many as there are, and the weights estimated anew. How they scatter is how estimates scatter, with no appeal to
// normal distributions; for many trips it agrees with the robust errors (estimates.hpp).
//
// An estimate starts at the weights of all trips, with their Hessian: the first Newton step is then known without any
// computation, and every further one costs a gradient. Where steps with that Hessian fall short, it is computed anew.
// Where weights have bounds or penalties, or the log-likelihood has kinks, an estimate is a fit (fit.hpp) from there.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <Eigen/Core>

#include "irl/fit.hpp"
#include "irl/route_model.hpp"
#include "softrl/progress.hpp"

namespace softrl::irl {

struct BootstrapReplication {
  bool converged;           // To `tolerance`; else the weights are as far as it got.
  Eigen::VectorXd weights;  // [K]
};

struct BootstrapOptions {
  int replications = 200;   // ≥ 2
  std::uint64_t seed = 1;   // Replication i depends on seed and i alone.
  int threads = 0;          // ≥ 0; 0: all cores. No result depends on it.
  double tolerance = 1e-6;  // > 0, in nats: about how far below its maximum a replication may end.
  int max_steps = 50;       // ≥ 1 of Newton, for each.
  // Of the fit of all trips, and so of every replication: its bounds, l1 and l2 count, and under l1 its fixed weights.
  FitOptions fit = {};
  ProgressObserver progress = {};                   // Told failed, now and then.
  std::vector<BootstrapReplication> finished = {};  // The first ones, of an earlier run that was interrupted.
  std::function<void(const std::vector<BootstrapReplication>&)> checkpoint = {};  // Told all so far, likewise.
};

// The model of some trips of the same network. Its data outlive it.
using ModelOfTrips = std::function<std::unique_ptr<RouteModel>(const RouteData&)>;

// [replications] Of the weights that `all`, the fit of `data`, estimated or that came to lie at a bound or, under L1,
// at 0; the others stay. Throws std::invalid_argument, naming the option, if one is out of range, there are more
// `finished` replications than wanted, or no weight is estimated.
std::vector<BootstrapReplication> bootstrap(const ModelOfTrips& model, const RouteData& data, const FitResult& all,
                                            const BootstrapOptions& options = {});

// What the replications that converged say of the weights.
struct BootstrapSummary {
  int failed;                    // Replications that did not converge, which are left out.
  Eigen::VectorXd mean;          // [K]
  Eigen::MatrixXd covariance;    // [K × K] NaN if fewer than two converged.
  Eigen::VectorXd lower, upper;  // [K] percentile interval: quantiles of the replications, interpolated.
};
BootstrapSummary summarise(const std::vector<BootstrapReplication>& replications, double confidence);

}  // namespace softrl::irl
