// Observed trips on a road network: the demonstrations that route preferences are learned from.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>
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

// What can be wrong with a trip that is given by its links.
enum class TripFault {
  Empty,               // It has no links.
  UnknownLink,         // The network has no such link.
  UnknownDestination,  // No link leads to its destination.
  Disconnected,        // There is no way from its origin to its destination.
  UnknownMove,         // One cannot move from a link to the next.
  PassesDestination,   // OnEntering: it drives on after entering its destination.
  EndsElsewhere,       // Its last link is none from which a trip may end at its destination.
};
std::string_view to_string(TripFault fault);  // "unknown_link"

struct TripError : std::invalid_argument {
  TripError(TripFault what_is_wrong, const std::string& message)
      : std::invalid_argument(message), fault(what_is_wrong) {}
  TripFault fault;
};

// What became of the trips of a file.
struct TripReport {
  struct LeftOut {
    TripFault reason;
    int count;
    int first_line;     // of the file
    std::string first;  // "file:line: trip a: message"
  };
  int read = 0;  // used ones and others
  std::vector<LeftOut> left_out = {};
};

struct RouteData {
  RoadNetwork network;
  Ending ending = Ending::ByMove;
  std::vector<Destination> destinations;
  std::vector<Trip> trips;
  TripReport trip_report = {};           // where the trips come from a file
  Eigen::VectorXd link_lengths = {};     // [L] ≥ 0, in the study's unit; empty if it names no distance
  Eigen::VectorXd move_times = {};       // [M] ≥ 0, likewise
  std::vector<std::string> scales = {};  // [Z] names of the features that the nested model's scales depend on
  RowMatrix scale_attributes = {};       // [L × Z]
};

// `data` with other trips.
RouteData with_trips(const RouteData& data, std::vector<Trip> trips);

// The trip along `links`. Throws TripError: Empty, Disconnected, UnknownMove, PassesDestination or EndsElsewhere.
Trip make_trip(const RouteData& data, std::string name, int destination, const std::vector<int>& links);

// The links of a trip, its origin first.
std::vector<int> trip_links(const RoadNetwork& network, const Trip& trip);

// Trips of one cluster share a group, a trip without one has its own: [trips] 0, 1, … in the order of the trips.
std::vector<int> independent_groups(const std::vector<Trip>& trips);

// Sum of the features over all moves of all trips [K]. Endings have no features.
Eigen::VectorXd feature_totals(const RouteData& data);

// Log-likelihood of the trips for a traveller who takes each available move, ending included, with equal probability:
// the null model that a fit is compared with. (Weights of zero will not do: on a city their path sum diverges.)
double random_walk_log_likelihood(const RouteData& data);

// The links that matter for trips from `origins` to a destination [L]: those on a way from one of these to it. Where
// trips end on entering the destination, a way leads through it at its end only (docs/math.md 4.4).
std::vector<bool> relevant_links(const RouteData& data, int destination, const std::vector<int>& origins);

// The links that no path to the destination leaves [L]: the others, and itself if trips end on entering it.
std::vector<bool> closed_links(const RouteData& data, int destination, const std::vector<int>& origins);

// Those that matter for some destination and its `origins` [destinations], or the trips there [L].
std::vector<bool> relevant_links(const RouteData& data, const std::vector<std::vector<int>>& origins);
std::vector<bool> relevant_links(const RouteData& data);

}  // namespace softrl::irl
