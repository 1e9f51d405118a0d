#include "irl/route_prediction.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include <fmt/format.h>

#include "irl/for_each_policy.hpp"
#include "irl/link_visits.hpp"
#include "irl/simulate_trips.hpp"
#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

// Columns solved for at once.
constexpr std::size_t block_size = 64;

// The links that are asked for, for trips from one origin.
std::vector<int> links_passed(const PredictionOptions& options, const Eigen::VectorXd& visits) {
  std::vector<int> links = options.passing;
  for (int k = 0; k < static_cast<int>(visits.size()); ++k)
    if (visits(k) >= options.passing_at_least &&
        std::find(options.passing.begin(), options.passing.end(), k) == options.passing.end())
      links.push_back(k);
  return links;
}

// By origin. `visits` has the policy set.
std::map<int, std::vector<LinkPassing>> passing(const LinkVisits& visits, const std::vector<int>& origins, int links,
                                                const PredictionOptions& options) {
  std::map<int, std::vector<LinkPassing>> result;
  std::vector<bool> wanted(links, false);
  for (const int origin : origins) {
    if (result.contains(origin)) continue;
    const Eigen::VectorXd expected = visits.expected_visits(Eigen::VectorXd::Unit(links, origin));
    for (const int link : links_passed(options, expected)) {
      result[origin].push_back({.link = link, .probability = 0.0, .expected_visits = expected(link)});
      wanted[link] = true;
    }
  }
  std::vector<int> columns;
  for (int k = 0; k < links; ++k)
    if (wanted[k]) columns.push_back(k);
  std::vector<int> column_of(links, -1);
  for (std::size_t first = 0; first < columns.size(); first += block_size) {
    const std::size_t last = std::min(first + block_size, columns.size());
    const std::vector<int> block(columns.begin() + static_cast<std::ptrdiff_t>(first),
                                 columns.begin() + static_cast<std::ptrdiff_t>(last));
    const Eigen::MatrixXd probabilities = visits.passing(block);
    std::fill(column_of.begin(), column_of.end(), -1);
    for (std::size_t c = 0; c < block.size(); ++c) column_of[block[c]] = static_cast<int>(c);
    for (auto& [origin, of_origin] : result)
      for (LinkPassing& one : of_origin)
        if (column_of[one.link] >= 0) one.probability = probabilities(origin, column_of[one.link]);
  }
  return result;
}

}  // namespace

std::vector<RoutePrediction> predict_routes(RouteModel& model, const Eigen::VectorXd& weights,
                                            const std::vector<TripEnds>& trips, const PredictionOptions& options,
                                            const ProgressObserver& progress) {
  check_count("routes", options.routes, 1);
  check_count("samples", options.samples, 0);
  if (!(options.passing_at_least > 0.0))
    throw std::invalid_argument(fmt::format("passing_at_least must be positive, got {}", options.passing_at_least));
  const RoadNetwork& network = model.data().network;
  for (const int link : options.passing) check_in_range("passing", link, 0, network.link_count() - 1);
  const bool wants_passing = !options.passing.empty() || std::isfinite(options.passing_at_least);

  std::vector<RoutePrediction> predictions(trips.size());
  LinkVisits visits(network);
  const auto predict = [&](const RoutePolicy& policy, const std::vector<std::size_t>& group) {
    std::map<int, std::vector<LinkPassing>> links_of_origin;
    if (wants_passing) {
      std::vector<int> origins;
      for (const std::size_t t : group) origins.push_back(trips[t].origin);
      visits.set_policy(policy);
      links_of_origin = passing(visits, origins, network.link_count(), options);
    }
    const LikelyRouteSearch search(network, policy);
    for (const std::size_t t : group) {
      const int origin = trips[t].origin;
      RoutePrediction& prediction = predictions[t];
      prediction.likely = search.from(origin, {.count = options.routes, .loops = false});
      if (wants_passing) prediction.passing = links_of_origin[origin];
      Random random(options.seed, "prediction", t);
      for (int i = 0; i < options.samples; ++i) {
        const Trip sample = simulate_trip(policy, model.data(), origin, random);
        prediction.samples.push_back({.moves = sample.moves, .log_prob = policy.log_prob(sample)});
      }
    }
  };
  for_each_policy(model, weights, trips, predict, progress);
  return predictions;
}

}  // namespace softrl::irl
