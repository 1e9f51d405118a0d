// Weights along a decreasing penalty (fit.hpp), and which penalty predicts best: cross-validation over trips, or over
// clusters of trips where there are, because trips of one would be on both sides.
#pragma once
#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "irl/bootstrap.hpp"
#include "irl/fit.hpp"
#include "softrl/progress.hpp"

namespace softrl::irl {

enum class PenaltyKind { L1, L2 };

struct PathOptions {
  PenaltyKind kind = PenaltyKind::L1;
  double greatest = 1.0;   // > least, in nats per trip
  double least = 1e-4;     // > 0; the penalties between are evenly spaced in their logarithm
  int count = 20;          // ≥ 2
  int folds = 5;           // ≥ 2, and no more than independent groups of trips
  std::uint64_t seed = 1;  // Of the folds.
  int threads = 0;         // ≥ 0; 0: all cores. No result depends on it.
  FitOptions fit = {};     // Its penalties, progress, checkpoint and resume do not count.
  ProgressObserver progress = {};
};

struct PathPoint {
  double penalty;
  FitResult fit;          // To all trips.
  double held_out;        // Log-likelihood per trip on trips left out, over all folds; NaN where `failed` is not 0.
  double held_out_error;  // Its standard error, from its spread over folds, weighed by their trips.
  int failed;             // Folds whose fit did not converge, or whose weights are infeasible for the trips left out.
};

struct RegularisationPath {
  std::vector<PathPoint> points;  // From the greatest penalty to the least.
  int best;                       // Of the greatest held_out; −1 if no penalty has one.
  int one_standard_error;         // The greatest penalty within held_out_error of the best.
};

// Every fit starts at the weights of the penalty before. Throws std::invalid_argument, naming the option, if one is out
// of range, and as fit() does.
RegularisationPath regularisation_path(const ModelOfTrips& model, const RouteData& data,
                                       const PathOptions& options = {});

}  // namespace softrl::irl
