#include "irl/held_out.hpp"

#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

// The trips of every unit; units in random order.
std::vector<std::vector<int>> shuffled_units(const std::vector<Trip>& trips, FoldUnit unit, std::uint64_t seed) {
  std::map<std::tuple<int, int, std::string>, std::size_t> unit_of;
  std::vector<std::vector<int>> units;
  for (int t = 0; t < static_cast<int>(trips.size()); ++t) {
    const Trip& trip = trips[t];
    std::tuple<int, int, std::string> key{t, 0, ""};
    if (unit == FoldUnit::TripEnds) key = {trip.destination, trip.origin, ""};
    if (unit == FoldUnit::Cluster && !trip.cluster.empty()) key = {-1, 0, trip.cluster};
    const auto [found, is_new] = unit_of.try_emplace(key, units.size());
    if (is_new) units.emplace_back();
    units[found->second].push_back(t);
  }
  Random random(seed, "folds");
  for (std::size_t i = units.size(); i > 1; --i)
    std::swap(units[i - 1], units[random.below(static_cast<std::int64_t>(i))]);
  return units;
}

}  // namespace

HeldOut hold_out(RouteData train, const RouteData& held_out) {
  if (train.network.links != held_out.network.links || train.network.to != held_out.network.to ||
      train.network.from != held_out.network.from || train.ending != held_out.ending)
    throw std::invalid_argument("training and held-out trips are not on the same network");
  std::map<std::string, int> index;
  for (std::size_t d = 0; d < train.destinations.size(); ++d)
    index.emplace(train.destinations[d].name, static_cast<int>(d));
  HeldOut result{.train = std::move(train), .held_out = held_out.trips};
  for (Trip& trip : result.held_out) {
    const Destination& destination = held_out.destinations[trip.destination];
    const auto [found, is_new] =
        index.try_emplace(destination.name, static_cast<int>(result.train.destinations.size()));
    if (is_new) result.train.destinations.push_back(destination);
    trip.destination = found->second;
  }
  return result;
}

HeldOut hold_out(const RouteData& data, const std::vector<int>& fold_of_trip, int fold) {
  HeldOut result{.train = data, .held_out = {}};
  result.train.trips.clear();
  for (std::size_t t = 0; t < data.trips.size(); ++t)
    (fold_of_trip[t] == fold ? result.held_out : result.train.trips).push_back(data.trips[t]);
  return result;
}

std::vector<int> draw_folds(const std::vector<Trip>& trips, int folds, FoldUnit unit, std::uint64_t seed) {
  const std::vector<std::vector<int>> units = shuffled_units(trips, unit, seed);
  if (folds < 2 || folds > static_cast<int>(units.size()))
    throw std::invalid_argument(
        fmt::format("folds must be between 2 and {}, all that can be told apart, got {}", units.size(), folds));
  std::vector<int> result(trips.size());
  for (std::size_t u = 0; u < units.size(); ++u)
    for (const int t : units[u]) result[t] = static_cast<int>(u) % folds;
  return result;
}

std::vector<int> draw_held_out(const std::vector<Trip>& trips, double share, FoldUnit unit, std::uint64_t seed) {
  if (!(share > 0.0 && share < 1.0))
    throw std::invalid_argument(fmt::format("the share of trips held out must be between 0 and 1, got {}", share));
  std::vector<int> result(trips.size(), 1);
  const double wanted = share * static_cast<double>(trips.size());
  std::size_t held_out = 0;
  for (const std::vector<int>& members : shuffled_units(trips, unit, seed)) {
    if (static_cast<double>(held_out) >= wanted) break;
    for (const int t : members) result[t] = 0;
    held_out += members.size();
  }
  if (held_out == 0 || held_out == trips.size())
    throw std::invalid_argument(fmt::format("with {:g} of {} trips held out none is left {}", share, trips.size(),
                                            held_out == 0 ? "to predict" : "to learn from"));
  return result;
}

}  // namespace softrl::irl
