#include "irl/likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>

#include "irl/best_paths.hpp"
#include "irl/maxent_policy.hpp"

namespace softrl::irl {
namespace {

// Right-hand sides solved at once: enough to share the reading of the factors, few enough to stay in cache.
constexpr std::size_t block_size = 16;

// A path sum below this has lost digits to gradual underflow, or its reciprocal overflows.
constexpr double smallest_path_sum = 1e-290;

// y(d) cancels its size in digits from the flows where trips end on entering d.
constexpr double largest_return = 1e3;

// A path's utility beyond this is rounded to more than 1e-8, and so is the logarithm of every scaled weight.
constexpr double largest_utility = 1e8;

}  // namespace

Likelihood::Likelihood(const RouteData& data)
    : data_(&data), feature_totals_(softrl::irl::feature_totals(data)), path_sum_(data.network, relevant_links(data)) {
  if (data.trips.empty()) throw std::invalid_argument("there are no trips");
  std::map<int, std::map<int, double>> trips_between;  // destination → origin → trips
  for (const Trip& trip : data.trips) trips_between[trip.destination][trip.origin] += 1.0;
  std::vector<int> demand_of_destination(data.destinations.size(), -1);
  for (const auto& [destination, origins] : trips_between) {
    demand_of_destination[destination] = static_cast<int>(demands_.size());
    Demand demand{.destination = destination, .trips = 0.0, .origins = {}};
    for (const auto& [link, trips] : origins) {
      demand.origins.push_back({.link = link, .trips = trips});
      demand.trips += trips;
    }
    demands_.push_back(std::move(demand));
  }
  for (const Trip& trip : data.trips) demand_of_trip_.push_back(demand_of_destination[trip.destination]);
}

// Trips to the same destination share their policy, wherever they start.
std::vector<RoutePolicy> Likelihood::policies(const Eigen::VectorXd& weights, const std::vector<TripEnds>& trips) {
  std::map<int, RoutePolicy> towards;
  std::vector<RoutePolicy> result;
  for (const TripEnds& ends : trips) {
    auto found = towards.find(ends.destination);
    if (found == towards.end())
      found = towards.emplace(ends.destination, maxent_policy(*data_, ends.destination, weights)).first;
    result.push_back(found->second);
  }
  return result;
}

// Where trips end on entering the destination d, z = y / y(d): the term −n log y(d), n = Σ n_o, takes away the flow
// that leaves d again. That flow is solved for on its own, because only solutions without changes of sign are accurate
// entry by entry.
//
// All of this holds for an M without the moves out of d as well: y(d) is then 1, and nothing leaves. Nor does the
// scaling change a product x(k) M(k,a) y(a) or a ratio of derivative and sum: only log z has to be put right.
Likelihood::Block Likelihood::solve_block(std::size_t first) {
  Block block;
  block.best = Eigen::VectorXd::Zero(data_->network.link_count());
  if (factorise_each_) {
    OwnWeights own = set_own_weights(demands_[first]);
    if (own.status != PathSumStatus::Finite) return {.status = own.status};
    block.best = std::move(own.best);
  }
  std::vector<int> destinations;
  for (std::size_t i = first; i < std::min(first + (factorise_each_ ? 1 : block_size), demands_.size()); ++i) {
    block.demands.push_back(static_cast<int>(i));
    destinations.push_back(demands_[i].destination);
  }
  block.path_sums = ending_links(*data_, destinations);
  for (int k = 0; k < data_->network.link_count(); ++k)
    if (block.path_sums(k, 0) != 0.0 && block.best(k) != 0.0) block.path_sums(k, 0) = std::exp(-block.best(k));
  if (!path_sum_.solve(block.path_sums)) return {.status = PathSumStatus::Inaccurate};

  const auto in_range = [](double sum) { return sum >= smallest_path_sum && sum <= 1.0 / smallest_path_sum; };
  block.flows = Eigen::MatrixXd::Zero(block.path_sums.rows(), block.path_sums.cols());
  for (Eigen::Index c = 0; c < block.path_sums.cols(); ++c) {
    for (const Origin& origin : demands_[block.demands[c]].origins) {
      const double y = block.path_sums(origin.link, c);
      if (!in_range(y)) return {.status = PathSumStatus::OutOfRange};
      block.log_path_sum += origin.trips * (std::log(y) + block.best(origin.link));
      block.flows(origin.link, c) = origin.trips / y;
    }
  }
  if (!path_sum_.solve_transposed(block.flows)) return {.status = PathSumStatus::Inaccurate};
  if (data_->ending == Ending::ByMove) return block;

  Eigen::MatrixXd leaving = Eigen::MatrixXd::Zero(block.path_sums.rows(), block.path_sums.cols());
  for (Eigen::Index c = 0; c < block.path_sums.cols(); ++c) {
    const Demand& demand = demands_[block.demands[c]];
    const int link = destination_link(demand);
    const double y = block.path_sums(link, c);
    if (y > largest_return) return {.status = PathSumStatus::Inaccurate};
    if (!in_range(y)) return {.status = PathSumStatus::OutOfRange};
    block.log_path_sum -= demand.trips * std::log(y);
    leaving(link, c) = demand.trips / y;
  }
  if (!path_sum_.solve_transposed(leaving)) return {.status = PathSumStatus::Inaccurate};
  block.flows -= leaving;
  return block;
}

// The links that no path to the destination leaves: those that do not matter for it, and itself if trips end there.
std::vector<bool> Likelihood::closed_links(const Demand& demand) const {
  std::vector<int> origins;
  for (const Origin& origin : demand.origins) origins.push_back(origin.link);
  std::vector<bool> closed = relevant_links(*data_, demand.destination, origins);
  closed.flip();
  if (data_->ending == Ending::OnEntering) closed[destination_link(demand)] = true;
  return closed;
}

// Where there is no scaling, M is set without it, for its radius.
Likelihood::OwnWeights Likelihood::set_own_weights(const Demand& demand) {
  const std::vector<bool> closed = closed_links(demand);
  const auto refuse = [&](PathSumStatus status) -> OwnWeights {
    path_sum_.set_weights(weights_, closed);
    return {.status = status};
  };
  const Eigen::VectorXd utilities = data_->network.attributes * weights_;
  if (!utilities.allFinite()) return refuse(PathSumStatus::OutOfRange);
  std::optional<Eigen::VectorXd> best =
      best_utilities(data_->network, utilities, data_->destinations[demand.destination].links, closed);
  if (!best) return refuse(PathSumStatus::Divergent);
  for (int k = 0; k < data_->network.link_count(); ++k)
    if (!closed[k] && std::abs((*best)(k)) > largest_utility) return refuse(PathSumStatus::OutOfRange);
  const PathSumStatus status = path_sum_.set_weights(weights_, closed, *best);
  return {.status = status, .best = std::move(*best)};
}

PathSumStatus Likelihood::set_weights(const Eigen::VectorXd& weights) {
  weights_ = weights;
  return factorise_each_ ? PathSumStatus::Finite : path_sum_.set_weights(weights);
}

// Where trips end by a move of their own, what diverges for all diverges for one: a cycle that matters is strongly
// connected, so that all of it matters for one and the same destination.
bool Likelihood::each_may_succeed(PathSumStatus shared) const {
  if (shared == PathSumStatus::Divergent) return data_->ending == Ending::OnEntering;
  return shared != PathSumStatus::Finite;
}

LikelihoodValue Likelihood::evaluate(const Eigen::VectorXd& weights) {
  factorise_each_ = false;
  LikelihoodValue value = value_at(weights);
  if (!each_may_succeed(value.status)) return value;
  factorise_each_ = true;
  return value_at(weights);
}

LikelihoodCurvature Likelihood::curvature(const Eigen::VectorXd& weights) {
  factorise_each_ = false;
  LikelihoodCurvature value = curvature_at(weights);
  if (!each_may_succeed(value.status)) return value;
  factorise_each_ = true;
  return curvature_at(weights);
}

SpectralRadius Likelihood::radius(const SpectralRadiusOptions& options) {
  path_sum_.set_weights(weights_);
  const SpectralRadius all = path_sum_.radius(options);
  if (all.upper < 1.0 || (std::isfinite(all.upper) && data_->ending == Ending::ByMove)) return all;
  SpectralRadius greatest{.status = Status::Converged, .lower = 0.0, .upper = 0.0};
  for (const Demand& demand : demands_) {
    set_own_weights(demand);
    const SpectralRadius own = path_sum_.radius(options);
    if (own.status != Status::Converged) greatest.status = own.status;
    greatest.lower = std::max(greatest.lower, own.lower);
    greatest.upper = std::max(greatest.upper, own.upper);
  }
  return greatest;
}

LikelihoodValue Likelihood::value_at(const Eigen::VectorXd& weights) {
  const PathSumStatus status = set_weights(weights);
  if (status != PathSumStatus::Finite) return {.status = status};
  const RoadNetwork& network = data_->network;
  double log_likelihood = weights.dot(feature_totals_);
  const std::vector<double>& move_weights = path_sum_.move_weights();
  Eigen::VectorXd uses = Eigen::VectorXd::Zero(network.move_count());  // expected, of each move
  for (std::size_t first = 0; first < demands_.size();) {
    const Block block = solve_block(first);
    if (block.status != PathSumStatus::Finite) return {.status = block.status};
    first += block.demands.size();
    log_likelihood -= block.log_path_sum;
    for (Eigen::Index c = 0; c < block.flows.cols(); ++c)
      for (int m = 0; m < network.move_count(); ++m)
        uses(m) += block.flows(network.from[m], c) * move_weights[m] * block.path_sums(network.to[m], c);
  }
  return {.status = PathSumStatus::Finite,
          .log_likelihood = log_likelihood,
          .gradient = feature_totals_ - network.attributes.transpose() * uses};
}

// With y_i = ∂y/∂θ_i = (I − M)⁻¹ M_i y, where M_i(k,a) = f_i M(k,a):
//     ∂²/∂θ_i ∂θ_j of Σ c_s log y(s)  =  xᵀ (M_ij y + M_i y_j + M_j y_i) − Σ_s c_s (y_i(s) / y(s)) (y_j(s) / y(s)).
LikelihoodCurvature Likelihood::curvature_at(const Eigen::VectorXd& weights) {
  const PathSumStatus status = set_weights(weights);
  if (status != PathSumStatus::Finite) return {.status = status};
  const RoadNetwork& network = data_->network;
  const int features = network.feature_count();
  const std::vector<double>& move_weights = path_sum_.move_weights();

  LikelihoodCurvature result{.status = PathSumStatus::Finite};
  result.log_likelihood = weights.dot(feature_totals_);
  result.hessian = Eigen::MatrixXd::Zero(features, features);
  result.scores = RowMatrix::Zero(static_cast<Eigen::Index>(data_->trips.size()), features);
  result.trip_log_likelihoods.resize(result.scores.rows());
  struct Paths {
    double log_path_sum;       // log z(o)
    Eigen::VectorXd expected;  // E[f | o → d]
  };
  std::vector<std::map<int, Paths>> paths(demands_.size());  // per demand and origin

  const Eigen::MatrixXd attributes = network.attributes;  // by columns
  const Eigen::RowVectorXd largest = attributes.cwiseAbs().colwise().maxCoeff();
  Eigen::VectorXd uses = Eigen::VectorXd::Zero(network.move_count());
  Eigen::MatrixXd slopes(network.link_count(), features), inflow(network.link_count(), features);
  for (std::size_t first = 0; first < demands_.size();) {
    const Block block = solve_block(first);
    if (block.status != PathSumStatus::Finite) return {.status = block.status};
    first += block.demands.size();
    result.log_likelihood -= block.log_path_sum;
    for (Eigen::Index c = 0; c < block.flows.cols(); ++c) {
      const Demand& demand = demands_[block.demands[c]];
      const auto x = block.flows.col(c);
      const auto y = block.path_sums.col(c);
      slopes.setZero();  // y_i
      inflow.setZero();  // (xᵀ M_i)(a)
      for (int m = 0; m < network.move_count(); ++m) {
        const int from = network.from[m], to = network.to[m];
        uses(m) += x(from) * move_weights[m] * y(to);
        for (int i = 0; i < features; ++i) {
          const double slope = attributes(m, i) * move_weights[m];  // M_i
          slopes(from, i) += slope * y(to);
          inflow(to, i) += slope * x(from);
        }
      }
      if (!path_sum_.solve(slopes, y * largest)) return {.status = PathSumStatus::Inaccurate};
      const Eigen::MatrixXd cross = inflow.transpose() * slopes;
      Eigen::MatrixXd second = cross + cross.transpose();  // what is missing, xᵀ M_ij y, is added for all at the end
      const auto relative_slope = [&](int link) -> Eigen::VectorXd { return slopes.row(link).transpose() / y(link); };
      Eigen::VectorXd at_destination = Eigen::VectorXd::Zero(features);
      double log_at_destination = 0.0;
      if (data_->ending == Ending::OnEntering) {
        at_destination = relative_slope(destination_link(demand));
        log_at_destination = std::log(y(destination_link(demand)));
        second += demand.trips * at_destination * at_destination.transpose();
      }
      for (const Origin& origin : demand.origins) {
        const Eigen::VectorXd slope = relative_slope(origin.link);
        second -= origin.trips * slope * slope.transpose();
        paths[block.demands[c]][origin.link] = {
            .log_path_sum = std::log(y(origin.link)) + block.best(origin.link) - log_at_destination,
            .expected = slope - at_destination};
      }
      result.hessian -= second;
    }
  }
  result.hessian -= attributes.transpose() * uses.asDiagonal() * attributes;
  for (std::size_t t = 0; t < data_->trips.size(); ++t) {
    const Trip& trip = data_->trips[t];
    const auto row = static_cast<Eigen::Index>(t);
    const Paths& others = paths[demand_of_trip_[t]].at(trip.origin);
    auto score = result.scores.row(row);
    for (const int move : trip.moves) score += network.attributes.row(move);
    result.trip_log_likelihoods(row) = score.dot(weights) - others.log_path_sum;
    score -= others.expected.transpose();
  }
  result.gradient = result.scores.colwise().sum().transpose();
  return result;
}

}  // namespace softrl::irl
