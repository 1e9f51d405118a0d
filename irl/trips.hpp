// Observed trips on a road network: the demonstrations that route preferences are learned from.
#pragma once
#include <string>
#include <vector>

#include "irl/road_network.hpp"

namespace softrl::irl {

// How a trip ends. Either way what follows the end is worth 0 (docs/math.md 4.4).
enum class Ending {
  ByMove,      // By a move of its own, with no features, from one of the links that lead to the destination; from these
               // links one may also drive on.
  OnEntering,  // On entering the destination, which is a link: there is no driving on.
};

struct Destination {
  std::string name;
  std::vector<int> links;  // ByMove: the links from which a trip may end here. OnEntering: the one link.
};

struct Trip {
  std::string name;
  int destination;         // Index into RouteData::destinations.
  int origin;              // The link it starts on, which is given and not chosen.
  std::vector<int> moves;  // Indices of the network's moves, in order.
  std::string cluster{};   // Trips of one name (a traveller, say) may depend on each other; empty: on no other.
};

struct RouteData {
  RoadNetwork network;
  Ending ending = Ending::ByMove;
  std::vector<Destination> destinations;
  std::vector<Trip> trips;
  Eigen::VectorXd link_lengths = {};     // [L] ≥ 0, in the study's unit; empty if it names no distance
  std::vector<std::string> scales = {};  // [Z] names of the features that the nested model's scales depend on
  RowMatrix scale_attributes = {};       // [L × Z]
};

// The trip along `links`. Throws std::invalid_argument, saying which, if `links` is empty, two consecutive links are
// not a move of the network, or the trip does not end, for the first time if OnEntering, at its destination.
Trip make_trip(const RouteData& data, std::string name, int destination, const std::vector<int>& links);

// The links of a trip, its origin first.
std::vector<int> trip_links(const RoadNetwork& network, const Trip& trip);

// Sum of the features over all moves of all trips [K]. Endings have no features.
Eigen::VectorXd feature_totals(const RouteData& data);

// Log-likelihood of the trips for a traveller who takes each available move, ending included, with equal probability:
// the null model that a fit is compared with. (Weights of zero will not do: on a city their path sum diverges.)
double random_walk_log_likelihood(const RouteData& data);

// The links that matter for trips from `origins` to a destination [L]: those on a way from one of these to it. Where
// trips end on entering the destination, a way leads through it at its end only (docs/math.md 4.4).
std::vector<bool> relevant_links(const RouteData& data, int destination, const std::vector<int>& origins);

// Those that matter for some destination and the trips there [L].
std::vector<bool> relevant_links(const RouteData& data);

}  // namespace softrl::irl
