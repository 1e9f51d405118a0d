#include "irl/route_evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "irl/best_paths.hpp"
#include "irl/likely_route.hpp"
#include "softrl/check.hpp"
#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double never = -std::numeric_limits<double>::infinity();

// Policies held at once: enough to share a factorisation, few enough to keep in memory.
constexpr std::size_t block_size = 64;

// Trips by destination, then by origin.
using TripsByEnds = std::map<int, std::map<int, std::vector<std::size_t>>>;

TripsByEnds by_ends(const std::vector<Trip>& trips) {
  TripsByEnds result;
  for (std::size_t t = 0; t < trips.size(); ++t) result[trips[t].destination][trips[t].origin].push_back(t);
  return result;
}

Route links_of(const RoadNetwork& network, int origin, const std::vector<int>& moves) {
  Route route{origin};
  for (const int move : moves) route.push_back(network.to[move]);
  return route;
}

}  // namespace

std::vector<TripPrediction> predict(RouteModel& model, const Eigen::VectorXd& weights, const std::vector<Trip>& trips,
                                    const ProgressObserver& progress) {
  const RoadNetwork& network = model.data().network;
  std::vector<TripEnds> pairs;
  std::vector<const std::vector<std::size_t>*> trips_of_pair;
  const TripsByEnds all = by_ends(trips);
  for (const auto& [destination, origins] : all) {
    for (const auto& [origin, members] : origins) {
      pairs.push_back({.origin = origin, .destination = destination});
      trips_of_pair.push_back(&members);
    }
  }
  std::vector<TripPrediction> result(trips.size());
  for (std::size_t first = 0; first < pairs.size(); first += block_size) {
    const std::size_t last = std::min(first + block_size, pairs.size());
    const std::vector<RoutePolicy> policies = model.policies(
        weights,
        {pairs.begin() + static_cast<std::ptrdiff_t>(first), pairs.begin() + static_cast<std::ptrdiff_t>(last)});
    for (std::size_t p = first; p < last; ++p) {
      const RoutePolicy& policy = policies[p - first];
      const LikelyRoutes likely = likely_routes(network, policy, pairs[p].origin, {.count = 1, .loops = false});
      for (const std::size_t t : *trips_of_pair[p]) {
        if (!likely.routes.empty()) result[t].route = links_of(network, trips[t].origin, likely.routes.front().moves);
        result[t].log_prob = policy.log_prob(trips[t]);
      }
    }
    if (progress)
      progress({.done = static_cast<std::int64_t>(last),
                .limit = static_cast<std::int64_t>(pairs.size()),
                .measurements = {}});
  }
  return result;
}

std::vector<TripPrediction> predict_best_paths(const RouteData& data, const Eigen::VectorXd& utilities,
                                               const std::vector<Trip>& trips) {
  check_size("utilities", utilities.size(), data.network.move_count());
  const IncomingMoves incoming = incoming_moves(data.network);
  std::vector<TripPrediction> result(trips.size());
  for (const auto& [destination, origins] : by_ends(trips)) {
    const std::vector<int>& ends = data.destinations.at(destination).links;
    std::vector<bool> closed(data.network.links.size(), false);
    if (data.ending == Ending::OnEntering) closed[ends.front()] = true;
    const std::optional<BestPaths> best = best_paths(data.network, incoming, utilities, ends, closed);
    if (!best)
      throw std::invalid_argument(
          fmt::format("there is no best path to destination {}: round a cycle utility is gained",
                      data.destinations[destination].name));
    for (const auto& [origin, members] : origins) {
      if (best->utility(origin) == never) continue;
      const Route route = links_of(data.network, origin, moves_of_best_path(data.network, *best, origin));
      for (const std::size_t t : members) result[t].route = route;
    }
  }
  for (TripPrediction& prediction : result) prediction.log_prob = nan;
  return result;
}

RouteEvaluation evaluate(const RoadNetwork& network, const std::vector<Trip>& trips,
                         const std::vector<TripPrediction>& predictions, const Eigen::VectorXd& lengths) {
  check_size("predictions", static_cast<std::int64_t>(predictions.size()), static_cast<std::int64_t>(trips.size()));
  RouteEvaluation result;
  result.values.resize(static_cast<Eigen::Index>(trips.size()), route_measures.size());
  for (const auto& [destination, origins] : by_ends(trips)) {
    for (const auto& [origin, members] : origins) {
      std::vector<Route> observed;
      for (const std::size_t t : members) observed.push_back(trip_links(network, trips[t]));
      std::vector<Route> distinct = observed;
      std::sort(distinct.begin(), distinct.end());
      distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
      for (std::size_t i = 0; i < members.size(); ++i) {
        const TripPrediction& prediction = predictions[members[i]];
        if (prediction.log_prob == never) ++result.zero_probability;
        RouteSimilarity similarity{
            .distance_in_common = 0.0, .match_90 = false, .exact_match = false, .edit_distance = 1.0, .bleu = 0.0};
        if (prediction.route.empty())
          ++result.without_route;
        else
          similarity = compare_routes(prediction.route, observed[i], distinct, lengths);
        result.values.row(static_cast<Eigen::Index>(members[i])) << similarity.distance_in_common,
            similarity.match_90 ? 1.0 : 0.0, std::isfinite(prediction.log_prob) ? prediction.log_prob : nan,
            similarity.exact_match ? 1.0 : 0.0, similarity.edit_distance, similarity.bleu;
      }
    }
  }
  return result;
}

Eigen::VectorXd column_means(const RowMatrix& values) {
  Eigen::VectorXd result(values.cols());
  for (Eigen::Index j = 0; j < values.cols(); ++j) {
    double sum = 0.0, count = 0.0;
    for (const double value : values.col(j)) {
      if (std::isnan(value)) continue;
      sum += value;
      count += 1.0;
    }
    result(j) = count > 0.0 ? sum / count : nan;
  }
  return result;
}

std::vector<MeanInterval> bootstrap_means(const RowMatrix& values, const std::vector<int>& groups,
                                          const BootstrapOptions& options) {
  check_count("replications", options.replications, 1);
  if (!(options.confidence > 0.0 && options.confidence < 1.0))
    throw std::invalid_argument(fmt::format("confidence must be between 0 and 1, got {}", options.confidence));
  check_size("groups", static_cast<std::int64_t>(groups.size()), values.rows());
  // Sums and counts of the numbers that there are, by group: a replication adds up those of the groups it draws.
  const Eigen::Index group_count = groups.empty() ? 0 : *std::max_element(groups.begin(), groups.end()) + 1;
  RowMatrix sums = RowMatrix::Zero(group_count, values.cols()), counts = sums;
  for (Eigen::Index t = 0; t < values.rows(); ++t) {
    for (Eigen::Index j = 0; j < values.cols(); ++j) {
      if (std::isnan(values(t, j))) continue;
      sums(groups[t], j) += values(t, j);
      counts(groups[t], j) += 1.0;
    }
  }
  Eigen::MatrixXd replicated(options.replications, values.cols());
  Random random(options.seed, "bootstrap");
  for (int b = 0; b < options.replications; ++b) {
    Eigen::RowVectorXd drawn = Eigen::RowVectorXd::Zero(group_count);
    for (Eigen::Index g = 0; g < group_count; ++g) drawn(random.below(group_count)) += 1.0;
    const Eigen::RowVectorXd sum = drawn * sums, count = drawn * counts;
    for (Eigen::Index j = 0; j < values.cols(); ++j) replicated(b, j) = count(j) > 0.0 ? sum(j) / count(j) : nan;
  }
  const Eigen::VectorXd means = column_means(values);
  std::vector<MeanInterval> result;
  for (Eigen::Index j = 0; j < values.cols(); ++j) {
    std::vector<double> sorted;  // Replications that drew no number at all say nothing.
    for (const double value : replicated.col(j))
      if (!std::isnan(value)) sorted.push_back(value);
    std::sort(sorted.begin(), sorted.end());
    const auto quantile = [&](double share) {
      if (sorted.empty()) return nan;
      const double place = share * static_cast<double>(sorted.size() - 1);
      const auto below = static_cast<std::size_t>(place);
      const std::size_t above = std::min(below + 1, sorted.size() - 1);
      return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
    };
    result.push_back({.mean = means(j),
                      .lower = quantile(0.5 * (1.0 - options.confidence)),
                      .upper = quantile(0.5 * (1.0 + options.confidence))});
  }
  return result;
}

}  // namespace softrl::irl
