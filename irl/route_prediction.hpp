// What a model expects of trips whose origin and destination are known: the most likely routes, the links they pass,
// routes drawn at random.
#pragma once
#include <cstdint>
#include <limits>
#include <vector>

#include <Eigen/Core>

#include "irl/likely_route.hpp"
#include "irl/route_model.hpp"
#include "softrl/progress.hpp"

namespace softrl::irl {

struct PredictionOptions {
  int routes = 1;              // ≥ 1 most likely routes wanted, of those that pass no link twice.
  std::vector<int> passing{};  // Links that a trip may or may not pass: how probable is it?
  double passing_at_least = std::numeric_limits<double>::infinity();  // > 0; also of all links of so many expected
                                                                      // visits. The others are passed with less.
  int samples = 0;         // ≥ 0 routes drawn, with what loops there may be.
  std::uint64_t seed = 1;  // Of these. A trip's are the same whatever the other trips are.
};

struct LinkPassing {
  int link;
  double probability;      // That a route passes the link at all (link_visits.hpp).
  double expected_visits;  // At least that.
};

struct RoutePrediction {
  LikelyRoutes likely;               // The route's own log-probability, among all routes with or without loops.
  std::vector<LinkPassing> passing;  // Those asked for, then the others in the order of links.
  std::vector<LikelyRoute> samples;
};

// For each of `trips`. Throws std::invalid_argument, naming the option, if one is out of range, or as for_each_policy
// and LinkVisits; and if a sample is longer than longest_simulated_trip.
std::vector<RoutePrediction> predict_routes(RouteModel& model, const Eigen::VectorXd& weights,
                                            const std::vector<TripEnds>& trips, const PredictionOptions& options = {},
                                            const ProgressObserver& progress = {});

}  // namespace softrl::irl
