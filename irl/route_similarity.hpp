// How alike a predicted and the observed routes are; definitions and sources in docs/route_measures.md.
//
// A route is the links driven, in order, its origin included. Wherever several routes are taken together they share
// their origin and destination, and one that appears twice counts once.
#pragma once
#include <vector>

#include <Eigen/Core>

namespace softrl::irl {

using Route = std::vector<int>;

struct RouteSimilarity {
  double distance_in_common;  // Share of the trip's distance that the prediction drives as well, in [0, 1].
  bool match_90;              // It is at least 90 %, but for rounding.
  bool exact_match;           // Link by link.
  double edit_distance;       // To the nearest of the observed routes, over its length, in [0, 1].
  double bleu;                // Against all of the observed routes, in [0, 1].
};

// Compares the route predicted for a trip with the route of that trip and with all that were observed between its ends.
// Throws std::invalid_argument as the functions below do.
RouteSimilarity compare_routes(const Route& predicted, const Route& trip, const std::vector<Route>& observed,
                               const Eigen::VectorXd& lengths);

// Length of the links in common over the length of `trip`. A link driven n times by one and m times by the other has
// min(n, m) in common. `lengths` [L] in any unit. Throws std::invalid_argument if a link does not exist, or the length
// of `trip` is not positive and finite.
double distance_in_common(const Route& predicted, const Route& trip, const Eigen::VectorXd& lengths);

// The fewest links to insert, delete or replace that make one route the other (Levenshtein). O(|a| |b|).
int edit_distance(const Route& a, const Route& b);

// min over `observed` of edit_distance / links of the observed route, at most 1. Throws std::invalid_argument if
// `observed`, or a route in it, is empty.
double nearest_edit_distance(const Route& predicted, const std::vector<Route>& observed);

// BLEU with n-grams of up to 4 links, or of as many as the prediction has. 1 for an observed route, 0 without a link in
// common. Throws std::invalid_argument if `predicted`, `observed` or a route in it is empty.
double bleu(const Route& predicted, const std::vector<Route>& observed);

}  // namespace softrl::irl
