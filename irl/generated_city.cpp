#include "irl/generated_city.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "irl/maxent_policy.hpp"
#include "softrl/check.hpp"
#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

constexpr double block_m = 200.0;
constexpr double slow_m_per_minute = 30.0 * 1000.0 / 60.0;
constexpr double fast_m_per_minute = 60.0 * 1000.0 / 60.0;
constexpr std::int64_t most_junctions = 1'000'000;
constexpr int longest_trip = 10'000;  // moves; a feasible policy reaches its destination far sooner

struct Link {
  int from_junction, to_junction;
  double metres;
  double minutes;
  double heading;  // radians, counter-clockwise from east
};

std::vector<Link> build_streets(const CityOptions& options) {
  Random random(options.seed, "streets");
  std::vector<Eigen::Vector2d> position;
  for (int row = 0; row < options.rows; ++row)
    for (int column = 0; column < options.columns; ++column)
      position.push_back(block_m *
                         Eigen::Vector2d(column + random.uniform(-0.2, 0.2), row + random.uniform(-0.2, 0.2)));

  std::vector<Link> links;
  const auto add_street = [&](int a, int b, double m_per_minute) {
    if (random.uniform() < 0.5) std::swap(a, b);
    const bool one_way = random.uniform() < options.one_way_share;
    const Eigen::Vector2d way = position[b] - position[a];
    const double metres = way.norm(), minutes = metres / m_per_minute;
    links.push_back({a, b, metres, minutes, std::atan2(way.y(), way.x())});
    if (!one_way) links.push_back({b, a, metres, minutes, std::atan2(-way.y(), -way.x())});
  };
  for (int row = 0; row < options.rows; ++row) {
    for (int column = 0; column < options.columns; ++column) {
      const int here = row * options.columns + column;
      const bool east = column + 1 < options.columns, north = row + 1 < options.rows;
      if (east) add_street(here, here + 1, row % 4 == 0 ? fast_m_per_minute : slow_m_per_minute);
      if (north) add_street(here, here + options.columns, column % 4 == 0 ? fast_m_per_minute : slow_m_per_minute);
      if (east && north && random.uniform() < options.diagonal_share)
        add_street(here, here + options.columns + 1, slow_m_per_minute);
    }
  }
  return links;
}

// Positive to the right, as in data from the field, in (−π, π].
double turn_angle(const Link& from, const Link& to) {
  return -std::remainder(to.heading - from.heading, 2.0 * std::numbers::pi);
}

RoadNetwork network_of(const std::vector<Link>& links) {
  std::vector<std::string> names;
  for (std::size_t k = 0; k < links.size(); ++k) names.push_back(fmt::format("{}", k + 1));
  std::multimap<int, int> links_from;
  for (std::size_t k = 0; k < links.size(); ++k) links_from.emplace(links[k].from_junction, static_cast<int>(k));
  std::vector<std::pair<int, int>> moves;
  std::vector<Eigen::Vector4d> features;
  for (std::size_t k = 0; k < links.size(); ++k) {
    const auto [begin, end] = links_from.equal_range(links[k].to_junction);
    for (auto next = begin; next != end; ++next) {
      const Link& entered = links[next->second];
      const bool u_turn = entered.to_junction == links[k].from_junction;
      const bool left = !u_turn && turn_angle(links[k], entered) < -std::numbers::pi / 6.0;
      moves.emplace_back(static_cast<int>(k), next->second);
      features.emplace_back(entered.minutes, left ? 1.0 : 0.0, 1.0, u_turn ? 1.0 : 0.0);
    }
  }
  RowMatrix attributes(static_cast<Eigen::Index>(features.size()), 4);
  for (std::size_t m = 0; m < features.size(); ++m)
    attributes.row(static_cast<Eigen::Index>(m)) = features[m].transpose();
  return make_road_network(names, moves, {"travel_time", "left_turn", "link_constant", "u_turn"}, attributes);
}

// The links of the largest part in which every link can be reached from every other.
std::vector<Link> connected_part(const std::vector<Link>& links) {
  const std::vector<int> component = strong_components(network_of(links), std::vector<bool>(links.size(), true));
  std::map<int, int> size;
  for (const int c : component) ++size[c];
  const int largest = std::max_element(size.begin(), size.end(), [](const auto& a, const auto& b) {
                        return a.second < b.second;
                      })->first;
  if (2 * size[largest] < static_cast<int>(links.size()))
    throw std::invalid_argument("one_way_share: the city falls apart, fewer one-way streets are needed");
  std::vector<Link> result;
  for (std::size_t k = 0; k < links.size(); ++k)
    if (component[k] == largest) result.push_back(links[k]);
  return result;
}

// Destinations are junctions: the links that lead to one are those from which a trip may end there.
std::vector<Destination> draw_destinations(const std::vector<Link>& links, const CityOptions& options) {
  std::map<int, std::vector<int>> links_to;
  for (std::size_t k = 0; k < links.size(); ++k) links_to[links[k].to_junction].push_back(static_cast<int>(k));
  std::vector<Destination> junctions;
  for (const auto& [junction, incoming] : links_to)
    junctions.push_back({.name = fmt::format("junction_{}", junction + 1), .links = incoming});
  if (options.destinations > static_cast<int>(junctions.size()))
    throw std::invalid_argument(fmt::format("destinations must be at most {}, the junctions there are, got {}",
                                            junctions.size(), options.destinations));
  Random random(options.seed, "destinations");
  for (int i = 0; i < options.destinations; ++i)
    std::swap(junctions[i], junctions[i + random.below(static_cast<std::int64_t>(junctions.size()) - i)]);
  junctions.resize(options.destinations);
  return junctions;
}

}  // namespace

RouteData generate_city(const CityOptions& options) {
  check_count("rows", options.rows, 2);
  check_count("columns", options.columns, 2);
  if (static_cast<std::int64_t>(options.rows) * options.columns > most_junctions)
    throw std::invalid_argument(fmt::format("rows × columns must be at most {} junctions, got {} × {}", most_junctions,
                                            options.rows, options.columns));
  check_count("destinations", options.destinations, 1);
  check_count("trips", options.trips, 1);
  check_in_range("one_way_share", options.one_way_share, 0.0, 1.0);
  check_in_range("diagonal_share", options.diagonal_share, 0.0, 1.0);

  const std::vector<Link> links = connected_part(build_streets(options));
  RouteData data;
  data.network = network_of(links);
  data.link_lengths.resize(static_cast<Eigen::Index>(links.size()));
  for (std::size_t k = 0; k < links.size(); ++k) data.link_lengths(static_cast<Eigen::Index>(k)) = links[k].metres;
  data.move_times = data.network.attributes.col(0);
  data.destinations = draw_destinations(links, options);

  std::vector<RoutePolicy> policies;
  for (int d = 0; d < options.destinations; ++d) policies.push_back(maxent_policy(data, d, options.weights));
  Random random(options.seed, "trips");
  for (int t = 0; t < options.trips; ++t) {
    const auto destination = static_cast<std::size_t>(random.below(options.destinations));
    const int origin = static_cast<int>(random.below(data.network.link_count()));
    Trip trip = policies[destination].sample_trip(origin, random, longest_trip);
    if (trip.destination < 0) throw std::invalid_argument("weights: trips do not end, detours are too cheap");
    trip.name = fmt::format("{}", t + 1);
    data.trips.push_back(std::move(trip));
  }
  return data;
}

}  // namespace softrl::irl
