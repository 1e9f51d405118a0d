#include "irl/ends_finder.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "softrl/excerpt.hpp"

namespace softrl::irl {

EndsFinder::EndsFinder(RouteData& data) : data_(&data) {
  for (int k = 0; k < data.network.link_count(); ++k) links_.emplace(data.network.links[k], k);
  for (std::size_t d = 0; d < data.destinations.size(); ++d)
    destinations_.emplace(data.destinations[d].name, static_cast<int>(d));
}

int EndsFinder::link(const std::string& name) const {
  const auto found = links_.find(name);
  if (found == links_.end())
    throw std::invalid_argument(fmt::format("there is no link {} in the network", excerpt(name)));
  return found->second;
}

Trip EndsFinder::beginning(const std::vector<std::string>& links) const {
  if (links.empty()) throw std::invalid_argument("at least one link is needed");
  Trip trip{.name = "", .destination = -1, .origin = link(links.front()), .moves = {}};
  int at = trip.origin;
  for (std::size_t i = 1; i < links.size(); ++i) {
    const int next = link(links[i]), move = data_->network.find_move(at, next);
    if (move < 0)
      throw std::invalid_argument(fmt::format("there is no move from link {} to link {}", links[i - 1], links[i]));
    trip.moves.push_back(move);
    at = next;
  }
  return trip;
}

int EndsFinder::destination(const std::string& name) {
  const auto found = destinations_.find(name);
  if (found != destinations_.end()) return found->second;
  if (data_->ending != Ending::OnEntering || !links_.contains(name))
    throw std::invalid_argument(fmt::format("there is no destination {}", excerpt(name)));
  data_->destinations.push_back({.name = name, .links = {link(name)}});
  return destinations_.emplace(name, static_cast<int>(data_->destinations.size()) - 1).first->second;
}

TripEnds EndsFinder::ends(const std::string& origin, const std::string& destination) {
  const TripEnds ends{.origin = link(origin), .destination = this->destination(destination)};
  auto reached = reached_from_.find(ends.destination);
  if (reached == reached_from_.end()) {
    const std::vector<int>& goals = data_->destinations[ends.destination].links;
    reached = reached_from_.emplace(ends.destination, reachable(data_->network, goals, Direction::Backward)).first;
  }
  if (!reached->second[ends.origin])
    throw std::invalid_argument(
        fmt::format("destination {} cannot be reached from link {}", excerpt(destination), excerpt(origin)));
  return ends;
}

}  // namespace softrl::irl
