#include "irl/likelihood.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>

#include "irl/maxent_policy.hpp"
#include "softrl/check.hpp"
#include "softrl/parallel.hpp"

namespace softrl::irl {
namespace {

// y(d) cancels its size in digits from the flows where trips end on entering d.
constexpr double largest_return = 1e3;

// Sums are added up within groups of blocks, then group by group: on any number of threads in the same order.
constexpr int most_groups = 32;

}  // namespace

Likelihood::Likelihood(const RouteData& data, int threads, PathSolver solver)
    : data_(&data),
      threads_(thread_count(threads)),
      solver_(solver),
      trip_features_(RowMatrix::Zero(static_cast<Eigen::Index>(data.trips.size()), data.network.feature_count())),
      path_sum_(data.network, relevant_links(data), solver) {
  if (data.trips.empty()) throw std::invalid_argument("there are no trips");
  std::map<int, std::map<int, double>> trips_between;  // destination → origin → trips
  for (const Trip& trip : data.trips) trips_between[trip.destination][trip.origin] += 1.0;
  for (const auto& [destination, origins] : trips_between) {
    Demand demand{.destination = destination, .trips = 0.0, .origins = {}, .first_pair = 0};
    for (const auto& [link, trips] : origins) {
      demand.origins.push_back({.link = link, .trips = trips});
      demand.trips += trips;
    }
    demands_.push_back(std::move(demand));
  }
  // Right-hand sides that share a block should reach the same rows of the factors.
  std::stable_sort(demands_.begin(), demands_.end(), [&](const Demand& a, const Demand& b) {
    return path_sum_.row(destination_link(a)) < path_sum_.row(destination_link(b));
  });
  std::vector<std::map<int, int>> pair_of(data.destinations.size());  // by origin
  for (Demand& demand : demands_) {
    demand.first_pair = pairs_;
    for (const Origin& origin : demand.origins) pair_of[demand.destination][origin.link] = pairs_++;
  }
  for (std::size_t t = 0; t < data.trips.size(); ++t) {
    const Trip& trip = data.trips[t];
    pair_of_trip_.push_back(pair_of[trip.destination].at(trip.origin));
    for (const int move : trip.moves)
      trip_features_.row(static_cast<Eigen::Index>(t)) += data.network.attributes.row(move);
  }
  feature_totals_ = trip_features_.colwise().sum();
}

std::unique_ptr<RouteModel> Likelihood::of_trips(const RouteData& data) const {
  return std::make_unique<Likelihood>(data, threads_, solver_);
}

// Trips to the same destination share their policy, wherever they start, and all destinations a factorisation, if the
// sums over all paths of the network are finite.
std::vector<RoutePolicy> Likelihood::policies(const Eigen::VectorXd& weights, const std::vector<TripEnds>& trips) {
  check_size("weights", weights.size(), data_->network.feature_count());
  const Eigen::VectorXd utilities = data_->network.attributes * weights;
  std::vector<int> destinations;
  for (const TripEnds& ends : trips) destinations.push_back(ends.destination);
  std::sort(destinations.begin(), destinations.end());
  destinations.erase(std::unique(destinations.begin(), destinations.end()), destinations.end());
  const std::vector<Eigen::VectorXd> values = values_of(utilities, destinations);
  std::vector<RoutePolicy> result;
  for (const TripEnds& ends : trips) {
    const auto at = std::lower_bound(destinations.begin(), destinations.end(), ends.destination);
    result.push_back(policy_of_values(*data_, ends.destination, utilities, values[at - destinations.begin()]));
  }
  return result;
}

std::vector<Eigen::VectorXd> Likelihood::values_of(const Eigen::VectorXd& utilities,
                                                   const std::vector<int>& destinations) {
  if (!everywhere_) everywhere_.emplace(data_->network, std::vector<bool>(data_->network.links.size(), true), solver_);
  if (everywhere_utilities_.size() != utilities.size() || everywhere_utilities_ != utilities) {
    everywhere_finite_ = everywhere_->set_utilities(utilities) == PathSumStatus::Finite && !everywhere_->iterative();
    everywhere_utilities_ = utilities;
  }
  const int count = static_cast<int>(destinations.size()), columns = WideBlock::columns;
  std::vector<Eigen::VectorXd> values(count);
  if (everywhere_finite_) {
    parallel_for(threads_, (count + columns - 1) / columns, 1, [&](std::ptrdiff_t b, std::ptrdiff_t) {
      const int first = static_cast<int>(b) * columns, used = std::min(columns, count - first);
      WideBlock sums = everywhere_->zero_block();
      for (int c = 0; c < used; ++c)
        for (const int link : data_->destinations[destinations[first + c]].links)
          sums.set(everywhere_->row(link), c, Wide::of(1.0));
      if (!everywhere_->solve(sums)) return;
      for (int c = 0; c < used; ++c) {
        const int end = everywhere_->row(data_->destinations[destinations[first + c]].links.front());
        const Wide divisor = data_->ending == Ending::OnEntering ? sums.get(end, c) : Wide::of(1.0);
        Eigen::VectorXd& own = values[first + c];
        own.resize(data_->network.link_count());
        for (int k = 0; k < own.size(); ++k) own(k) = log_abs(sums.get(everywhere_->row(k), c) / divisor);
      }
    });
  }
  std::optional<PathSum> own;
  for (int i = 0; i < count; ++i) {
    if (values[i].size() > 0) continue;
    if (!own) own = everywhere_;
    values[i] = soft_values(*own, *data_, destinations[i], utilities);
  }
  return values;
}

// Where trips end on entering the destination d, z = y / y(d): the term −n log y(d), n = Σ n_o, takes away the flow
// that leaves d again. All of this holds for an M without the moves out of d as well: y(d) is then 1, and nothing
// leaves.
PathSumStatus Likelihood::solve(const PathSum& path_sum, Block& block) const {
  if (path_sum.iterative()) return sweep(path_sum, block);
  block.sums.clear();
  for (std::size_t c = 0; c < block.demands.size(); ++c)
    for (const int link : data_->destinations[demands_[block.demands[c]].destination].links)
      block.sums.set(path_sum.row(link), static_cast<int>(c), Wide::of(1.0));
  if (!path_sum.solve(block.sums)) return PathSumStatus::Inaccurate;

  block.flows.clear();
  std::array<double, WideBlock::columns> trips{};
  for (std::size_t c = 0; c < block.demands.size(); ++c) {
    const int column = static_cast<int>(c);
    const Demand& demand = demands_[block.demands[c]];
    trips[c] = demand.trips;
    for (const Origin& origin : demand.origins) {
      const int row = path_sum.row(origin.link);
      block.flows.set(row, column, Wide::of(origin.trips) / block.sums.get(row, column));
    }
    if (data_->ending == Ending::ByMove) continue;
    const int row = path_sum.row(destination_link(demand));
    if (to_double(block.sums.get(row, column)) > largest_return) return PathSumStatus::Inaccurate;
    const Wide leaving = Wide::of(demand.trips) / block.sums.get(row, column);
    block.flows.set(row, column, block.flows.get(row, column) - leaving);
  }
  const bool solved = data_->ending == Ending::ByMove
                          ? path_sum.solve_transposed(block.flows)
                          : path_sum.solve_signed_transposed(block.flows, block.sums, trips.data());
  return solved ? PathSumStatus::Finite : PathSumStatus::Inaccurate;
}

// Every destination has its own M here, without the moves out of it where trips end on entering it.
PathSumStatus Likelihood::sweep(const PathSum& path_sum, Block& block) const {
  block.sums.clear();
  block.flows.clear();
  block.swept.clear();
  for (std::size_t c = 0; c < block.demands.size(); ++c) {
    const int column = static_cast<int>(c);
    const Demand& demand = demands_[block.demands[c]];
    const std::vector<int>& ends = data_->destinations[demand.destination].links;
    block.swept.push_back(path_sum.sweep_sums(ends, closed_links(demand), column, block.sums));
    if (block.swept.back().status != PathSumStatus::Finite) return block.swept.back().status;
    for (const Origin& origin : demand.origins) {
      const int row = path_sum.row(origin.link);
      block.flows.set(row, column, Wide::of(origin.trips) / block.sums.get(row, column));
    }
    const PathSumStatus status = path_sum.sweep_flows(block.swept.back(), column, block.flows);
    if (status != PathSumStatus::Finite) return status;
    if (data_->ending == Ending::OnEntering) block.flows.set(path_sum.row(ends.front()), column, {});
  }
  return PathSumStatus::Finite;
}

// What z = y / y(d) divides by.
Wide Likelihood::divisor(const PathSum& path_sum, const Block& block, int column) const {
  if (data_->ending == Ending::ByMove) return Wide::of(1.0);
  return block.sums.get(path_sum.row(destination_link(demands_[block.demands[column]])), column);
}

std::vector<bool> Likelihood::closed_links(const Demand& demand) const {
  std::vector<int> origins;
  for (const Origin& origin : demand.origins) origins.push_back(origin.link);
  return softrl::irl::closed_links(*data_, demand.destination, origins);
}

PathSumStatus Likelihood::set_own_weights(PathSum& path_sum, const Eigen::VectorXd& weights,
                                          const Demand& demand) const {
  return path_sum.set_weights(weights, closed_links(demand));
}

// Solves for all demands, in blocks, and gives each to `add`, together with the result of the group it belongs to. The
// status is that of the first block that is not finite.
template <class Result, class Add>
PathSumStatus Likelihood::solve_all(const Eigen::VectorXd& weights, std::vector<Result>& groups, const Add& add) {
  weights_ = weights;
  if (!factorise_each_) {
    const PathSumStatus status = path_sum_.set_weights(weights);
    if (status != PathSumStatus::Finite) return status;
  }
  const int demands = static_cast<int>(demands_.size()), size = factorise_each_ ? 1 : WideBlock::columns;
  const int blocks = (demands + size - 1) / size, count = std::min(blocks, most_groups);
  const Result nothing = groups.front();
  groups.assign(count, nothing);
  std::vector<PathSumStatus> statuses(count, PathSumStatus::Finite);
  parallel_for(threads_, count, 1, [&](std::ptrdiff_t g, std::ptrdiff_t) {
    std::optional<PathSum> own;
    if (factorise_each_) own = path_sum_;
    const PathSum& path_sum = own ? *own : path_sum_;
    Block block{.sums = path_sum.zero_block(), .flows = path_sum.zero_block()};
    for (std::ptrdiff_t b = g * blocks / count; b < (g + 1) * blocks / count; ++b) {
      block.demands.resize(std::min<std::ptrdiff_t>(size, demands - b * size));
      std::iota(block.demands.begin(), block.demands.end(), b * size);
      PathSumStatus& status = statuses[g];
      if (own) status = set_own_weights(*own, weights, demands_[b]);
      if (status == PathSumStatus::Finite) status = solve(path_sum, block);
      if (status == PathSumStatus::Finite) status = add(path_sum, block, groups[g]);
      if (status != PathSumStatus::Finite) return;
    }
  });
  for (const PathSumStatus status : statuses)
    if (status != PathSumStatus::Finite) return status;
  return PathSumStatus::Finite;
}

// Where trips end by a move of their own, what diverges for all diverges for one: a cycle that matters is strongly
// connected, so that all of it matters for one and the same destination.
bool Likelihood::each_may_succeed(PathSumStatus shared) const {
  return data_->ending == Ending::OnEntering && !path_sum_.iterative() &&
         (shared == PathSumStatus::Divergent || shared == PathSumStatus::Inaccurate);
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
  if (all.upper < 1.0 || data_->ending == Ending::ByMove) return all;
  SpectralRadius greatest{.status = Status::Converged, .lower = 0.0, .upper = 0.0};
  for (const Demand& demand : demands_) {
    set_own_weights(path_sum_, weights_, demand);
    const SpectralRadius own = path_sum_.radius(options);
    if (own.status != Status::Converged) greatest.status = own.status;
    greatest.lower = std::max(greatest.lower, own.lower);
    if (own.upper <= greatest.upper) continue;
    greatest.upper = own.upper;
    greatest.region = own.region;
    greatest.cycle = own.cycle;
  }
  return greatest;
}

LikelihoodValue Likelihood::value_at(const Eigen::VectorXd& weights) {
  struct Sums {
    double log_path_sum = 0.0;      // Σ n_o log z(o)
    std::vector<double> uses = {};  // expected, by place
  };
  std::vector<Sums> groups(1);
  const auto add = [&](const PathSum& path_sum, const Block& block, Sums& sums) {
    sums.uses.resize(path_sum.moves().size(), 0.0);
    for (std::size_t c = 0; c < block.demands.size(); ++c) {
      const int column = static_cast<int>(c);
      const Demand& demand = demands_[block.demands[c]];
      for (const Origin& origin : demand.origins)
        sums.log_path_sum += origin.trips * log_abs(block.sums.get(path_sum.row(origin.link), column));
      sums.log_path_sum -= demand.trips * log_abs(divisor(path_sum, block, column));
    }
    path_sum.add_uses(block.flows, block.sums, sums.uses);
    return PathSumStatus::Finite;
  };
  const PathSumStatus status = solve_all(weights, groups, add);
  if (status != PathSumStatus::Finite) return {.status = status};
  LikelihoodValue value{.status = status, .log_likelihood = weights.dot(feature_totals_), .gradient = feature_totals_};
  std::vector<double> uses(path_sum_.moves().size(), 0.0);
  for (const Sums& sums : groups) {
    value.log_likelihood -= sums.log_path_sum;
    for (std::size_t p = 0; p < uses.size(); ++p) uses[p] += sums.uses[p];
  }
  for (std::size_t p = 0; p < uses.size(); ++p)
    value.gradient -= uses[p] * data_->network.attributes.row(path_sum_.moves()[p]).transpose();
  return value;
}

// The sums of features along paths, without factors: column by column, feature by feature. Where trips end on entering
// their destination, nobody drives on from there.
PathSumStatus Likelihood::sweep_along(const PathSum& path_sum, const Block& block, const Eigen::MatrixXd& by_place,
                                      std::vector<double>& chances, std::vector<double>& rest) const {
  const SparseRows& rows = path_sum.rows();
  const int lanes = WideBlock::columns;
  for (std::size_t c = 0; c < block.demands.size(); ++c) {
    const int end = data_->ending == Ending::ByMove ? -1 : path_sum.row(destination_link(demands_[block.demands[c]]));
    if (end >= 0)
      for (int p = rows.start[end]; p < rows.start[end + 1]; ++p) chances[p * lanes + c] = 0.0;
    std::vector<double> own(rows.column.size());
    for (std::size_t p = 0; p < own.size(); ++p) own[p] = chances[p * lanes + c];
    RowMatrix sums = RowMatrix::Zero(rows.rows(), by_place.cols());
    for (int i = 0; i < rows.rows(); ++i)
      for (int p = rows.start[i]; p < rows.start[i + 1]; ++p) sums.row(i) += own[p] * by_place.row(p);
    const PathSumStatus status = path_sum.sweep_along(block.swept[c], own, sums);
    if (status != PathSumStatus::Finite) return status;
    for (Eigen::Index j = 0; j < sums.cols(); ++j)
      for (int i = 0; i < rows.rows(); ++i) rest[(j * rows.rows() + i) * lanes + c] = sums(i, j);
  }
  return PathSumStatus::Finite;
}

// With r(k) = E[what the features sum up to from link k on], by r = g + P r for g(k) = Σ_a P(a|k) f(k → a), the
// gradient of log z(k) is r(k), and its Hessian the variance of that sum. It adds up choice by choice: with n(k) visits
// to link k, Σ_k n(k) Σ_a P(a|k) v vᵀ for v = f(k → a) + r(a) − r(k), and v = −r(k) where the trip ends.
LikelihoodCurvature Likelihood::curvature_at(const Eigen::VectorXd& weights) {
  const RoadNetwork& network = data_->network;
  const int features = network.feature_count(), lanes = WideBlock::columns;
  const Eigen::MatrixXd by_place = network.attributes(path_sum_.moves(), Eigen::all);  // [places × K] column by column
  Eigen::VectorXd sizes = Eigen::VectorXd::Zero(features);
  if (by_place.rows() > 0) sizes = by_place.cwiseAbs().colwise().maxCoeff();
  Eigen::VectorXd log_path_sums(pairs_);  // log z(o), for every origin of every demand
  RowMatrix expected(pairs_, features);   // E[f | o → d]

  // The negative Hessian's lower triangle, row by row, a lane for each column of blocks.
  std::vector<std::vector<double>> groups(1, std::vector<double>(features * (features + 1) / 2 * lanes));
  const auto add = [&](const PathSum& path_sum, const Block& block, std::vector<double>& information) {
    const SparseRows& rows = path_sum.rows();
    const int links = rows.rows();
    const std::size_t entries = static_cast<std::size_t>(links) * lanes;
    std::vector<double> chances = path_sum.chances(block.sums), rest(features * entries), visits(entries);
    const auto end_of = [&](const Demand& demand) {
      return data_->ending == Ending::ByMove ? -1 : path_sum.row(destination_link(demand));
    };
    if (path_sum.iterative()) {
      const PathSumStatus status = sweep_along(path_sum, block, by_place, chances, rest);
      if (status != PathSumStatus::Finite) return status;
    } else if (!path_sum.sum_along(block.sums, chances, by_place, sizes, rest.data())) {
      return PathSumStatus::Inaccurate;
    }
    block.flows.product(block.sums, visits.data());
    std::vector<double> v(2 * static_cast<std::size_t>(features) * covariance_batch * lanes);
    lu_kernels().add_covariances({rows.start.data(), rows.column.data(), chances.data()}, links, features,
                                 by_place.data(), rest.data(), visits.data(), v.data(), information.data());
    for (std::size_t c = 0; c < block.demands.size(); ++c) {
      const int column = static_cast<int>(c);
      const Demand& demand = demands_[block.demands[c]];
      const int end = end_of(demand);
      const auto rest_at = [&](int j, int row) { return rest[j * entries + row * lanes + column]; };
      if (end < 0) {
        for (const int link : data_->destinations[demand.destination].links) {
          const int row = path_sum.row(link);
          const double ended = to_double(block.flows.get(row, column));  // visits times the chance 1 / z(k) of ending
          for (int k = 0, at = column; k < features; ++k)
            for (int l = 0; l <= k; ++l, at += lanes) information[at] += ended * rest_at(k, row) * rest_at(l, row);
        }
      }
      for (std::size_t o = 0; o < demand.origins.size(); ++o) {
        const int row = path_sum.row(demand.origins[o].link);
        const auto pair = static_cast<Eigen::Index>(demand.first_pair + o);
        log_path_sums(pair) = log_abs(block.sums.get(row, column) / divisor(path_sum, block, column));
        for (int j = 0; j < features; ++j) expected(pair, j) = rest_at(j, row) - (end < 0 ? 0.0 : rest_at(j, end));
      }
    }
    return PathSumStatus::Finite;
  };
  const PathSumStatus status = solve_all(weights, groups, add);
  if (status != PathSumStatus::Finite) return {.status = status};

  LikelihoodCurvature result{.status = status};
  result.hessian = Eigen::MatrixXd::Zero(features, features);
  for (const std::vector<double>& information : groups)
    for (int k = 0, at = 0; k < features; ++k)
      for (int l = 0; l <= k; ++l)
        for (int lane = 0; lane < lanes; ++lane) result.hessian(k, l) -= information[at++];
  result.hessian = Eigen::MatrixXd(result.hessian.selfadjointView<Eigen::Lower>());
  result.scores = trip_features_;
  result.trip_log_likelihoods = trip_features_ * weights;
  for (std::size_t t = 0; t < data_->trips.size(); ++t) {
    const auto row = static_cast<Eigen::Index>(t);
    result.trip_log_likelihoods(row) -= log_path_sums(pair_of_trip_[t]);
    result.scores.row(row) -= expected.row(pair_of_trip_[t]);
  }
  result.log_likelihood = result.trip_log_likelihoods.sum();
  result.gradient = result.scores.colwise().sum().transpose();
  return result;
}

}  // namespace softrl::irl
