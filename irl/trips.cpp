#include "irl/trips.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <unordered_map>

#include <fmt/format.h>

namespace softrl::irl {
namespace {

bool ends_at(const Destination& destination, int link) {
  return std::find(destination.links.begin(), destination.links.end(), link) != destination.links.end();
}

}  // namespace

std::string_view to_string(TripFault fault) {
  switch (fault) {
    case TripFault::Empty:
      return "empty";
    case TripFault::UnknownLink:
      return "unknown_link";
    case TripFault::UnknownDestination:
      return "unknown_destination";
    case TripFault::Disconnected:
      return "disconnected";
    case TripFault::UnknownMove:
      return "unknown_move";
    case TripFault::PassesDestination:
      return "passes_destination";
    case TripFault::EndsElsewhere:
      return "ends_elsewhere";
  }
  return "";
}

RouteData with_trips(const RouteData& data, std::vector<Trip> trips) {
  RouteData result = data;
  result.trips = std::move(trips);
  return result;
}

Trip make_trip(const RouteData& data, std::string name, int destination, const std::vector<int>& links) {
  if (links.empty()) throw TripError(TripFault::Empty, "trip has no links");
  const RoadNetwork& network = data.network;
  const Destination& goal = data.destinations.at(destination);
  // A trip that cannot be, because of this or of something worse.
  const auto fail = [&](TripFault fault, const std::string& message) {
    if (!reachable(network, goal.links, Direction::Backward)[links.front()])
      throw TripError(TripFault::Disconnected, fmt::format("there is no way from link {} to destination {}",
                                                           network.links[links.front()], goal.name));
    throw TripError(fault, message);
  };
  Trip trip{.name = std::move(name), .destination = destination, .origin = links.front(), .moves = {}, .cluster = {}};
  for (std::size_t i = 0; i + 1 < links.size(); ++i) {
    const int move = network.find_move(links[i], links[i + 1]);
    if (move < 0)
      fail(TripFault::UnknownMove, fmt::format("there is no move from link {} to link {}", network.links[links[i]],
                                               network.links[links[i + 1]]));
    if (data.ending == Ending::OnEntering && ends_at(goal, links[i]))
      fail(TripFault::PassesDestination,
           fmt::format("trip drives on after entering its destination, link {}", goal.name));
    trip.moves.push_back(move);
  }
  if (!ends_at(goal, links.back()))
    fail(TripFault::EndsElsewhere, fmt::format("destination {} cannot be reached from link {}, where the trip ends",
                                               goal.name, network.links[links.back()]));
  return trip;
}

std::vector<int> trip_links(const RoadNetwork& network, const Trip& trip) {
  std::vector<int> links{trip.origin};
  for (const int move : trip.moves) links.push_back(network.to[move]);
  return links;
}

std::vector<int> independent_groups(const std::vector<Trip>& trips) {
  std::unordered_map<std::string, int> group_of;
  std::vector<int> result;
  int groups = 0;
  for (const Trip& trip : trips) {
    const int group = trip.cluster.empty() ? groups : group_of.try_emplace(trip.cluster, groups).first->second;
    if (group == groups) ++groups;
    result.push_back(group);
  }
  return result;
}

Eigen::VectorXd feature_totals(const RouteData& data) {
  Eigen::VectorXd total = Eigen::VectorXd::Zero(data.network.feature_count());
  for (const Trip& trip : data.trips)
    for (const int move : trip.moves) total += data.network.attributes.row(move).transpose();
  return total;
}

double random_walk_log_likelihood(const RouteData& data) {
  double total = 0.0;
  for (const Trip& trip : data.trips) {
    const Destination& goal = data.destinations[trip.destination];
    const auto choose_at = [&](int link) {
      const bool may_end = data.ending == Ending::ByMove && ends_at(goal, link);
      total -= std::log(data.network.out_degree(link) + (may_end ? 1 : 0));
    };
    for (const int move : trip.moves) choose_at(data.network.from[move]);
    if (data.ending == Ending::ByMove) choose_at(trip.moves.empty() ? trip.origin : data.network.to[trip.moves.back()]);
  }
  return total;
}

namespace {

std::vector<bool> relevant_links(const RouteData& data, const IncomingMoves& incoming, int destination,
                                 const std::vector<int>& origins) {
  const std::vector<int>& ends = data.destinations[destination].links;
  std::vector<bool> closed(data.network.links.size(), false);
  if (data.ending == Ending::OnEntering) closed[ends.front()] = true;
  const std::vector<bool> from = reachable(data.network, origins, closed);
  std::vector<bool> relevant = reachable(data.network, ends, incoming);
  for (std::size_t k = 0; k < relevant.size(); ++k) relevant[k] = relevant[k] && from[k];
  return relevant;
}

}  // namespace

std::vector<bool> relevant_links(const RouteData& data, int destination, const std::vector<int>& origins) {
  return relevant_links(data, incoming_moves(data.network), destination, origins);
}

std::vector<bool> closed_links(const RouteData& data, int destination, const std::vector<int>& origins) {
  std::vector<bool> closed = relevant_links(data, destination, origins);
  closed.flip();
  if (data.ending == Ending::OnEntering) closed[data.destinations[destination].links.front()] = true;
  return closed;
}

std::vector<bool> relevant_links(const RouteData& data, const std::vector<std::vector<int>>& origins) {
  const IncomingMoves incoming = incoming_moves(data.network);
  std::vector<int> all_origins, all_ends;
  for (std::size_t d = 0; d < origins.size(); ++d) {
    all_origins.insert(all_origins.end(), origins[d].begin(), origins[d].end());
    if (!origins[d].empty())
      all_ends.insert(all_ends.end(), data.destinations[d].links.begin(), data.destinations[d].links.end());
  }
  // Most often soon all that can matter for any pair of an origin and a destination.
  std::vector<bool> possible = reachable(data.network, all_origins, Direction::Forward);
  const std::vector<bool> reaching = reachable(data.network, all_ends, incoming);
  for (std::size_t k = 0; k < possible.size(); ++k) possible[k] = possible[k] && reaching[k];
  std::vector<bool> relevant(data.network.links.size(), false);
  for (std::size_t d = 0; d < origins.size() && relevant != possible; ++d) {
    if (origins[d].empty()) continue;
    const std::vector<bool> own = relevant_links(data, incoming, static_cast<int>(d), origins[d]);
    for (std::size_t k = 0; k < relevant.size(); ++k) relevant[k] = relevant[k] || own[k];
  }
  return relevant;
}

std::vector<bool> relevant_links(const RouteData& data) {
  std::vector<std::vector<int>> origins(data.destinations.size());
  for (const Trip& trip : data.trips) origins[trip.destination].push_back(trip.origin);
  return relevant_links(data, origins);
}

}  // namespace softrl::irl
