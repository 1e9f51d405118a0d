#include "irl/max_margin.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "irl/best_paths.hpp"
#include "irl/bundle_minimum.hpp"
#include "irl/features.hpp"
#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

constexpr int most_moves_added = 100;  // in a pass

// Trips along the same moves to the same destination.
struct ObservedRoute {
  int origin, destination;
  double share;                               // Of all trips.
  Eigen::VectorXd features;                   // [K]
  std::vector<std::pair<int, double>> links;  // Those entered, and what a path that drives one takes from its loss.
};

class Routes {
 public:
  Routes(const RouteData& data, const Eigen::VectorXd& lengths)
      : data_(&data), incoming_(incoming_moves(data.network)), closed_(data.network.links.size(), false) {
    if (data.trips.empty()) throw std::invalid_argument("there are no trips");
    check_size("lengths", lengths.size(), data.network.link_count());
    if (!(lengths.minCoeff() >= 0.0) || !lengths.allFinite())
      throw std::invalid_argument("lengths must not be negative, and must be finite");
    std::map<std::pair<int, std::vector<int>>, double> times;
    for (const Trip& trip : data.trips)
      if (!trip.moves.empty()) times[{trip.destination, trip.moves}] += 1.0;
    for (const auto& [route, n] : times) {
      const auto& [destination, moves] = route;
      ObservedRoute observed{.origin = data.network.from[moves.front()],
                             .destination = destination,
                             .share = n / static_cast<double>(data.trips.size()),
                             .features = Eigen::VectorXd::Zero(data.network.feature_count()),
                             .links = {}};
      double total = 0.0;
      std::map<int, double> entered;
      for (const int move : moves) {
        const int link = data.network.to[move];
        observed.features += data.network.attributes.row(move).transpose();
        total += lengths(link);
        entered[link] = lengths(link);
      }
      if (!(total > 0.0)) throw std::invalid_argument("the links that a trip enters have no length");
      for (const auto& [link, length] : entered) observed.links.emplace_back(link, length / total);
      routes_.push_back(std::move(observed));
    }
  }

  // What the path that violates the trip's margin most adds to R, v · θ + b with v = f_p − f_trip and b = loss(p): the
  // best path for utilities + loss. `utilities` ≤ 0 are changed on the way and put back.
  Cut worst_cut(const ObservedRoute& route, Eigen::VectorXd& utilities) {
    const RoadNetwork& network = data_->network;
    const std::vector<int>& ends = data_->destinations[route.destination].links;
    const bool stops = data_->ending == Ending::OnEntering;
    const auto each_move_in = [&](const auto& visit) {
      for (const auto& [link, share] : route.links)
        for (int i = incoming_.first[link]; i < incoming_.first[link + 1]; ++i)
          visit(utilities(incoming_.moves[i]), share);
    };
    std::vector<double> kept;
    each_move_in([&](double& utility, double share) {
      kept.push_back(utility);
      utility -= share;
    });
    if (stops) closed_[ends.front()] = true;
    const std::optional<BestPaths> best = best_paths(network, incoming_, utilities, ends, closed_, route.origin);
    if (stops) closed_[ends.front()] = false;
    auto next = kept.begin();
    each_move_in([&](double& utility, double) { utility = *next++; });

    Cut cut{.slope = -route.features, .offset = 1.0};
    for (const int move : moves_of_best_path(network, *best, route.origin)) {
      cut.slope += network.attributes.row(move).transpose();
      const auto shared = std::lower_bound(route.links.begin(), route.links.end(), network.to[move],
                                           [](const auto& entry, int link) { return entry.first < link; });
      if (shared != route.links.end() && shared->first == network.to[move]) cut.offset -= shared->second;
    }
    return cut;
  }

  // The mean of the worst cuts at weights θ.
  Cut mean_cut(const Eigen::VectorXd& weights) {
    Eigen::VectorXd utilities = (data_->network.attributes * weights).cwiseMin(0.0);
    Cut mean{.slope = Eigen::VectorXd::Zero(weights.size())};
    for (const ObservedRoute& route : routes_) {
      const Cut cut = worst_cut(route, utilities);
      mean.slope += route.share * cut.slope;
      mean.offset += route.share * cut.offset;
    }
    return mean;
  }

 private:
  const RouteData* data_;
  IncomingMoves incoming_;
  std::vector<ObservedRoute> routes_;
  std::vector<bool> closed_;
};

}  // namespace

HingeLoss max_margin_hinge(const RouteData& data, const Eigen::VectorXd& lengths, const Eigen::VectorXd& weights) {
  Routes routes(data, lengths);
  check_size("weights", weights.size(), data.network.feature_count());
  if (!((data.network.attributes * weights).maxCoeff() <= 1e-9))
    throw std::invalid_argument("weights: a move has a positive utility");
  const Cut cut = routes.mean_cut(weights);
  return {.value = cut.slope.dot(weights) + cut.offset, .subgradient = cut.slope};
}

MaxMarginResult fit_max_margin(const RouteData& data, const Eigen::VectorXd& lengths, const MaxMarginOptions& options) {
  check_positive("regularisation", options.regularisation);
  check_positive("tolerance", options.tolerance);
  check_count("max_iterations", options.max_iterations, 1);
  Routes routes(data, lengths);
  // In the variables x = θ/|c|, and every move with features of norm 1.
  const Eigen::VectorXd unit = unit_costs(data.network.attributes).cwiseAbs();
  const RowMatrix scaled = (data.network.attributes * unit.asDiagonal()).rowwise().normalized();
  RowMatrix moves(0, unit.size());  // Those that some x would have given a positive utility.
  std::vector<Cut> cuts;
  Eigen::VectorXd x = Eigen::VectorXd::Zero(unit.size());
  MaxMarginResult result{.status = Status::IterationLimit,
                         .weights = x,
                         .objective = std::numeric_limits<double>::infinity(),
                         .lower_bound = 0.0,
                         .hinge = 0.0,
                         .iterations = 0};
  while (result.status != Status::Converged && result.iterations < options.max_iterations) {
    ++result.iterations;
    const Eigen::VectorXd weights = x.cwiseProduct(unit);
    Cut cut = routes.mean_cut(weights);
    cut.slope.array() *= unit.array();
    const double hinge = cut.slope.dot(x) + cut.offset;
    const double objective = 0.5 * options.regularisation * x.squaredNorm() + hinge;
    if (objective < result.objective) {
      result.weights = weights;
      result.objective = objective;
      result.hinge = hinge;
    }
    cuts.push_back(std::move(cut));
    for (int added = 0; added < most_moves_added; ++added) {
      const BundleMinimum minimum = minimise_bundle(options.regularisation, cuts, moves);
      result.lower_bound = std::max(result.lower_bound, minimum.lower_bound);
      x = minimum.x;
      Eigen::Index worst;
      if ((scaled * x).maxCoeff(&worst) <= 1e-9 * x.norm()) break;
      moves.conservativeResize(moves.rows() + 1, Eigen::NoChange);
      moves.bottomRows(1) = scaled.row(worst);
    }
    if (result.objective - result.lower_bound <= options.tolerance) result.status = Status::Converged;
    if (options.progress) {
      const std::array measurements{Measurement{"objective", result.objective},
                                    Measurement{"lower_bound", result.lower_bound}};
      options.progress(
          {.done = result.iterations, .limit = options.max_iterations, .measurements = {measurements.data(), 2}});
    }
  }
  return result;
}

}  // namespace softrl::irl
