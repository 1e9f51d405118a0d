#include "irl/action_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>

namespace softrl::irl {
namespace {

constexpr double never = -std::numeric_limits<double>::infinity();

}  // namespace

ActionModel::ActionModel(const RouteData& data) : data_(&data), incoming_(incoming_moves(data.network)) {
  if (data.trips.empty()) throw std::invalid_argument("there are no trips");
  const RoadNetwork& network = data.network;
  std::map<int, Demand> to_destination;
  for (std::size_t t = 0; t < data.trips.size(); ++t) {
    const Trip& trip = data.trips[t];
    Demand& demand = to_destination[trip.destination];
    demand.destination = trip.destination;
    demand.trips.push_back(static_cast<int>(t));
    const auto choose = [&](int link, int action) {
      std::vector<double>& times = demand.choices[link];
      times.resize(network.out_degree(link) + 1, 0.0);
      times[action] += 1.0;
    };
    for (const int move : trip.moves) choose(network.from[move], move - network.first_move[network.from[move]]);
    const int last = trip.moves.empty() ? trip.origin : network.to[trip.moves.back()];
    choose(last, network.out_degree(last));
  }
  for (auto& [destination, demand] : to_destination) demands_.push_back(std::move(demand));
}

std::optional<ActionModel::Towards> ActionModel::towards(int destination, const Eigen::VectorXd& utilities) const {
  Towards result;
  result.ends.assign(data_->network.links.size(), false);
  const std::vector<int>& links = data_->destinations.at(destination).links;
  for (const int link : links) result.ends[link] = true;
  const std::vector<bool> closed = data_->ending == Ending::OnEntering ? result.ends : std::vector<bool>{};
  std::optional<BestPaths> best = best_paths(data_->network, incoming_, utilities, links, closed);
  if (!best) return std::nullopt;
  result.best = std::move(*best);
  return result;
}

// log P of every action on a link from which the destination can be reached.
std::vector<double> ActionModel::log_probs(const Towards& towards, const Eigen::VectorXd& utilities, int link) const {
  const RoadNetwork& network = data_->network;
  std::vector<double> values;  // Q*
  const bool drives_on = !towards.ends[link] || data_->ending == Ending::ByMove;
  for (int m = network.first_move[link]; m < network.first_move[link + 1]; ++m)
    values.push_back(drives_on ? utilities(m) + towards.best.utility(network.to[m]) : never);
  values.push_back(towards.ends[link] ? 0.0 : never);
  const double best = towards.best.utility(link);  // The greatest of them.
  double total = 0.0;
  for (const double value : values) total += std::exp(value - best);
  for (double& value : values) value -= best + std::log(total);
  return values;
}

// With c(m) how much oftener the move m was chosen than is expected, the gradient is Σ c(m) g(m). What is due to F is
// handed on along the best paths, the links farthest from the destination first.
LikelihoodValue ActionModel::evaluate(const Eigen::VectorXd& weights) {
  const RoadNetwork& network = data_->network;
  has_best_paths_ = true;
  const Eigen::VectorXd utilities = network.attributes * weights;
  if (!utilities.allFinite()) return {.status = PathSumStatus::OutOfRange};
  LikelihoodValue result{.status = PathSumStatus::Finite};
  Eigen::VectorXd uses = Eigen::VectorXd::Zero(network.move_count());
  Eigen::VectorXd surplus(network.link_count());
  for (const Demand& demand : demands_) {
    const std::optional<Towards> way = towards(demand.destination, utilities);
    if (!way) {
      has_best_paths_ = false;
      return {.status = PathSumStatus::Divergent};
    }
    surplus.setZero();
    for (const auto& [link, times] : demand.choices) {
      const std::vector<double> log_prob = log_probs(*way, utilities, link);
      double choices = 0.0;
      for (const double n : times) choices += n;
      for (std::size_t action = 0; action < times.size(); ++action) {
        if (log_prob[action] == never) continue;
        if (times[action] > 0.0) result.log_likelihood += times[action] * log_prob[action];
        if (action + 1 == times.size()) continue;
        const int move = network.first_move[link] + static_cast<int>(action);
        const double more = times[action] - choices * std::exp(log_prob[action]);
        uses(move) += more;
        surplus(network.to[move]) += more;
      }
    }
    for (auto link = way->best.order.rbegin(); link != way->best.order.rend(); ++link) {
      const int move = way->best.move[*link];
      if (move < 0) continue;
      uses(move) += surplus(*link);
      surplus(network.to[move]) += surplus(*link);
    }
  }
  result.gradient = network.attributes.transpose() * uses;
  return result;
}

// −H is the sum, over the choices made, of the covariance of g under P(· | link).
LikelihoodCurvature ActionModel::curvature(const Eigen::VectorXd& weights) {
  const RoadNetwork& network = data_->network;
  const int features = network.feature_count();
  has_best_paths_ = true;
  const Eigen::VectorXd utilities = network.attributes * weights;
  if (!utilities.allFinite()) return {.status = PathSumStatus::OutOfRange};
  LikelihoodCurvature result{.status = PathSumStatus::Finite};
  result.hessian = Eigen::MatrixXd::Zero(features, features);
  result.scores = RowMatrix::Zero(static_cast<Eigen::Index>(data_->trips.size()), features);
  result.trip_log_likelihoods = Eigen::VectorXd::Zero(result.scores.rows());
  RowMatrix path_features(network.link_count(), features);  // F
  for (const Demand& demand : demands_) {
    const std::optional<Towards> way = towards(demand.destination, utilities);
    if (!way) {
      has_best_paths_ = false;
      return {.status = PathSumStatus::Divergent};
    }
    path_features.setZero();
    for (const int link : way->best.order)
      if (const int move = way->best.move[link]; move >= 0)
        path_features.row(link) = network.attributes.row(move) + path_features.row(network.to[move]);

    struct Choice {
      std::vector<double> log_prob;
      RowMatrix surprise;  // [actions × K] g − its expectation
    };
    std::map<int, Choice> at_link;
    for (const auto& [link, times] : demand.choices) {
      Choice choice{.log_prob = log_probs(*way, utilities, link),
                    .surprise = RowMatrix::Zero(static_cast<Eigen::Index>(times.size()), features)};
      Eigen::VectorXd probability(times.size());
      double choices = 0.0;
      for (std::size_t action = 0; action < times.size(); ++action) {
        const auto row = static_cast<Eigen::Index>(action);
        choices += times[action];
        probability(row) = std::exp(choice.log_prob[action]);
        if (choice.log_prob[action] == never || action + 1 == times.size()) continue;
        const int move = network.first_move[link] + static_cast<int>(action);
        choice.surprise.row(row) = network.attributes.row(move) + path_features.row(network.to[move]);
      }
      const Eigen::RowVectorXd expected = probability.transpose() * choice.surprise;
      choice.surprise.rowwise() -= expected;
      result.hessian -= choices * (choice.surprise.transpose() * probability.asDiagonal() * choice.surprise);
      at_link.emplace(link, std::move(choice));
    }
    for (const int t : demand.trips) {
      const Trip& trip = data_->trips[t];
      const auto choose = [&](int link, int action) {
        const Choice& choice = at_link.at(link);
        result.trip_log_likelihoods(t) += choice.log_prob[action];
        result.scores.row(t) += choice.surprise.row(action);
      };
      for (const int move : trip.moves) choose(network.from[move], move - network.first_move[network.from[move]]);
      const int last = trip.moves.empty() ? trip.origin : network.to[trip.moves.back()];
      choose(last, network.out_degree(last));
    }
  }
  result.log_likelihood = result.trip_log_likelihoods.sum();
  result.gradient = result.scores.colwise().sum().transpose();
  return result;
}

SpectralRadius ActionModel::radius(const SpectralRadiusOptions& /*options*/) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  return {.status = Status::Converged,
          .lower = has_best_paths_ ? none : std::numeric_limits<double>::infinity(),
          .upper = has_best_paths_ ? none : std::numeric_limits<double>::infinity()};
}

// Trips to the same destination share their policy, wherever they start.
std::vector<RoutePolicy> ActionModel::policies(const Eigen::VectorXd& weights, const std::vector<TripEnds>& trips) {
  const RoadNetwork& network = data_->network;
  const Eigen::VectorXd utilities = network.attributes * weights;
  if (!utilities.allFinite())
    throw std::invalid_argument(fmt::format("weights: {}", describe(PathSumStatus::OutOfRange)));
  const auto policy = [&](int destination) {
    const std::optional<Towards> way = towards(destination, utilities);
    if (!way) throw std::invalid_argument("weights: a cycle pays, so that there is no best path");
    Eigen::VectorXd moves = Eigen::VectorXd::Constant(network.move_count(), never);
    Eigen::VectorXd ends = Eigen::VectorXd::Constant(network.link_count(), never);
    for (const int link : way->best.order) {
      const std::vector<double> log_prob = log_probs(*way, utilities, link);
      for (int action = 0; action < network.out_degree(link); ++action)
        moves(network.first_move[link] + action) = log_prob[action];
      ends(link) = log_prob.back();
    }
    return RoutePolicy(*data_, destination, std::move(moves), std::move(ends));
  };
  std::map<int, RoutePolicy> towards_destination;
  std::vector<RoutePolicy> result;
  for (const TripEnds& ends : trips) {
    auto found = towards_destination.find(ends.destination);
    if (found == towards_destination.end())
      found = towards_destination.emplace(ends.destination, policy(ends.destination)).first;
    result.push_back(found->second);
  }
  return result;
}

}  // namespace softrl::irl
