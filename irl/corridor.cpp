#include "irl/corridor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>

#include "irl/maxent_policy.hpp"
#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

constexpr double never = -std::numeric_limits<double>::infinity();

// Rounding must not decide about a path that is exactly as costly as the detour allows.
constexpr double slack = 1e-12;

RoadNetwork reverse(const RoadNetwork& network, const Eigen::VectorXd& utilities) {
  std::vector<std::pair<int, int>> moves;
  for (int m = 0; m < network.move_count(); ++m) moves.emplace_back(network.to[m], network.from[m]);
  return make_road_network(network.links, moves, {"utility"}, utilities);
}

}  // namespace

Corridors::Corridors(const RouteData& data, const Eigen::VectorXd& costs, double detour)
    : data_(&data), utilities_(-costs), detour_(detour), incoming_(incoming_moves(data.network)) {
  check_at_least("detour", detour, 1.0);
  check_size("costs", costs.size(), data.network.move_count());
  if (!(costs.minCoeff() >= 0.0))
    throw std::invalid_argument(fmt::format(
        "corridor.weights: the cost of a move, minus its utility, must not be negative, got {}", costs.minCoeff()));
  reversed_ = reverse(data.network, utilities_);
  reversed_incoming_ = incoming_moves(reversed_);
}

std::vector<bool> Corridors::links(const TripEnds& ends) {
  const std::vector<int>& goal = data_->destinations.at(ends.destination).links;
  if (to_.find(ends.destination) == to_.end()) {
    std::vector<bool> closed(data_->network.links.size(), false);
    if (data_->ending == Ending::OnEntering) closed[goal.front()] = true;
    to_.emplace(ends.destination, best_paths(data_->network, incoming_, utilities_, goal, closed)->utility);
  }
  if (from_.find(ends.origin) == from_.end())
    from_.emplace(ends.origin,
                  best_paths(reversed_, reversed_incoming_, reversed_.attributes.col(0), {ends.origin})->utility);
  const Eigen::VectorXd& to = to_.at(ends.destination);
  const Eigen::VectorXd& from = from_.at(ends.origin);
  const double least = (detour_ + slack) * to(ends.origin);
  std::vector<bool> result(data_->network.links.size(), false);
  if (to(ends.origin) == never) return result;
  for (int k = 0; k < data_->network.link_count(); ++k) result[k] = from(k) + to(k) >= least;
  return result;
}

CorridorLikelihood::CorridorLikelihood(const RouteData& data, const Eigen::VectorXd& costs, double detour)
    : data_(&data), corridors_(data, costs, detour) {
  if (data.trips.empty()) throw std::invalid_argument("there are no trips");
  std::map<std::pair<int, int>, std::vector<int>> trips;
  for (std::size_t t = 0; t < data.trips.size(); ++t)
    trips[{data.trips[t].destination, data.trips[t].origin}].push_back(static_cast<int>(t));
  for (const auto& [ends, members] : trips) {
    auto pair = std::make_unique<Pair>(make_pair({.origin = ends.second, .destination = ends.first}, members));
    if (!pair->moves.empty()) pair->likelihood = std::make_unique<Likelihood>(pair->data);
    pairs_.emplace(ends, std::move(pair));
  }
}

CorridorLikelihood::Pair CorridorLikelihood::make_pair(const TripEnds& ends, const std::vector<int>& trips) {
  const RoadNetwork& network = data_->network;
  std::vector<bool> inside = corridors_.links(ends);
  for (const int t : trips) {
    bool leaves = false;
    for (const int link : trip_links(network, data_->trips[t])) leaves = leaves || !inside[link];
    if (leaves) ++trips_outside_;
  }
  for (const int t : trips)
    for (const int link : trip_links(network, data_->trips[t])) inside[link] = true;

  Pair pair{.links = {}, .moves = {}, .data = {}, .trips = trips, .likelihood = nullptr};
  std::vector<int> number(network.links.size(), -1);
  std::vector<std::string> names;
  for (int k = 0; k < network.link_count(); ++k) {
    if (!inside[k]) continue;
    number[k] = static_cast<int>(pair.links.size());
    pair.links.push_back(k);
    names.push_back(network.links[k]);
  }
  std::vector<std::pair<int, int>> moves;
  for (int m = 0; m < network.move_count(); ++m) {
    if (!inside[network.from[m]] || !inside[network.to[m]]) continue;
    pair.moves.push_back(m);
    moves.emplace_back(number[network.from[m]], number[network.to[m]]);
  }
  pair.data.network = make_road_network(names, moves, network.features, network.attributes(pair.moves, Eigen::all));
  pair.data.ending = data_->ending;
  Destination goal{.name = data_->destinations[ends.destination].name, .links = {}};
  for (const int link : data_->destinations[ends.destination].links)
    if (inside[link]) goal.links.push_back(number[link]);
  pair.data.destinations.push_back(std::move(goal));
  for (const int t : trips) {
    Trip trip = data_->trips[t];
    trip.destination = 0;
    trip.origin = number[trip.origin];
    for (int& move : trip.moves)
      move = static_cast<int>(std::lower_bound(pair.moves.begin(), pair.moves.end(), move) - pair.moves.begin());
    pair.data.trips.push_back(std::move(trip));
  }
  return pair;
}

LikelihoodValue CorridorLikelihood::evaluate(const Eigen::VectorXd& weights) {
  weights_ = weights;
  LikelihoodValue total{.status = PathSumStatus::Finite, .gradient = Eigen::VectorXd::Zero(weights.size())};
  for (const auto& [ends, pair] : pairs_) {
    if (!pair->likelihood) continue;
    const LikelihoodValue value = pair->likelihood->evaluate(weights);
    if (value.status != PathSumStatus::Finite) return {.status = value.status};
    total.log_likelihood += value.log_likelihood;
    total.gradient += value.gradient;
  }
  return total;
}

LikelihoodCurvature CorridorLikelihood::curvature(const Eigen::VectorXd& weights) {
  weights_ = weights;
  const Eigen::Index features = weights.size(), trips = static_cast<Eigen::Index>(data_->trips.size());
  LikelihoodCurvature total{.status = PathSumStatus::Finite,
                            .gradient = Eigen::VectorXd::Zero(features),
                            .hessian = Eigen::MatrixXd::Zero(features, features),
                            .scores = RowMatrix::Zero(trips, features),
                            .trip_log_likelihoods = Eigen::VectorXd::Zero(trips)};
  for (const auto& [ends, pair] : pairs_) {
    if (!pair->likelihood) continue;
    const LikelihoodCurvature value = pair->likelihood->curvature(weights);
    if (value.status != PathSumStatus::Finite) return {.status = value.status};
    total.log_likelihood += value.log_likelihood;
    total.gradient += value.gradient;
    total.hessian += value.hessian;
    for (std::size_t i = 0; i < pair->trips.size(); ++i) {
      total.scores.row(pair->trips[i]) = value.scores.row(static_cast<Eigen::Index>(i));
      total.trip_log_likelihoods(pair->trips[i]) = value.trip_log_likelihoods(static_cast<Eigen::Index>(i));
    }
  }
  return total;
}

SpectralRadius CorridorLikelihood::radius(const SpectralRadiusOptions& options) {
  SpectralRadius greatest{.status = Status::Converged, .lower = 0.0, .upper = 0.0};
  for (const auto& [ends, pair] : pairs_) {
    if (!pair->likelihood) continue;
    pair->likelihood->evaluate(weights_);  // An evaluation that found one pair infeasible left out those behind it.
    const SpectralRadius own = pair->likelihood->radius(options);
    if (own.status != Status::Converged) greatest.status = own.status;
    greatest.lower = std::max(greatest.lower, own.lower);
    greatest.upper = std::max(greatest.upper, own.upper);
  }
  return greatest;
}

std::vector<RoutePolicy> CorridorLikelihood::policies(const Eigen::VectorXd& weights,
                                                      const std::vector<TripEnds>& trips) {
  std::vector<RoutePolicy> result;
  for (const TripEnds& ends : trips) {
    const auto known = pairs_.find({ends.destination, ends.origin});
    std::optional<Pair> made;
    if (known == pairs_.end()) made = make_pair(ends, {});
    const Pair& pair = made ? *made : *known->second;
    Eigen::VectorXd moves = Eigen::VectorXd::Constant(data_->network.move_count(), never);
    Eigen::VectorXd stops = Eigen::VectorXd::Constant(data_->network.link_count(), never);
    if (pair.moves.empty()) {  // The trip can but end where it starts, if it can do that.
      for (const int link : pair.data.destinations.front().links) stops(pair.links[link]) = 0.0;
    } else if (!pair.data.destinations.front().links.empty()) {
      const RoutePolicy inside = maxent_policy(pair.data, 0, weights);
      moves(pair.moves) = inside.move_log_probs();
      stops(pair.links) = inside.end_log_probs();
    }
    result.emplace_back(*data_, ends.destination, std::move(moves), std::move(stops));
  }
  return result;
}

double CorridorLikelihood::mean_links() const {
  double total = 0.0;
  for (const auto& [ends, pair] : pairs_) total += static_cast<double>(pair->links.size());
  return total / static_cast<double>(pairs_.size());
}

}  // namespace softrl::irl
