// How well models of route choice predict trips that they have not seen: the measures of docs/route_measures.md, trip
// by trip, their means, and bootstrap intervals of means and of differences between models.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include <Eigen/Core>

#include "irl/route_model.hpp"
#include "irl/route_similarity.hpp"
#include "irl/trips.hpp"
#include "softrl/progress.hpp"

namespace softrl::irl {

// What a model says of a trip, given its origin and destination.
struct TripPrediction {
  Route route;      // Its most likely one; empty if it knows no way from the origin to the destination.
  double log_prob;  // log P of the trip as it was driven, in nats; −∞ if impossible, NaN if the model has no
                    // probabilities.
};

// The most likely route as a whole, which passes no link twice, and the probability of the trip.
// Throws as RouteModel::policies.
std::vector<TripPrediction> predict(RouteModel& model, const Eigen::VectorXd& weights, const std::vector<Trip>& trips,
                                    const ProgressObserver& progress = {});

// The best path of `utilities` [M] without probabilities. Throws std::invalid_argument if a cycle of positive utility
// leads to a destination.
std::vector<TripPrediction> predict_best_paths(const RouteData& data, const Eigen::VectorXd& utilities,
                                               const std::vector<Trip>& trips);

constexpr std::array<std::string_view, 6> route_measures = {
    "distance_in_common", "match_90", "mean_log_probability", "exact_match", "edit_distance", "bleu"};

struct RouteEvaluation {
  RowMatrix values;          // [trips × measures]; a log-probability that is not finite is NaN.
  int without_route = 0;     // Trips for which the model knows no way: nothing in common, an edit distance of 1.
  int zero_probability = 0;  // Trips that it holds to be impossible: they are not in the mean of log-probabilities.
};

// The observed routes of a trip's edit distance and BLEU are those of all `trips` with its origin and destination.
// `lengths` [L] of the links. Throws std::invalid_argument as compare_routes, and unless there is a prediction per
// trip.
RouteEvaluation evaluate(const RoadNetwork& network, const std::vector<Trip>& trips,
                         const std::vector<TripPrediction>& predictions, const Eigen::VectorXd& lengths);

// Means of the columns of `values`, NaN left out; NaN if nothing is left.
Eigen::VectorXd column_means(const RowMatrix& values);

struct BootstrapOptions {
  int replications = 1000;   // ≥ 1
  double confidence = 0.95;  // Of the intervals, in (0, 1).
  std::uint64_t seed = 1;
};

struct MeanInterval {
  double mean, lower, upper;  // NaN if there is no number to take the mean of.
};

// Means of the columns of `values` [trips × any], NaN left out, with percentile intervals under resampling of groups of
// trips: `groups` [trips] ≥ 0 are their numbers. The same seed draws the same trips: differences of two models are
// paired if their values are subtracted first. Throws std::invalid_argument, naming the option, if one is out of range.
std::vector<MeanInterval> bootstrap_means(const RowMatrix& values, const std::vector<int>& groups,
                                          const BootstrapOptions& options = {});

}  // namespace softrl::irl
