#include "irl/link_size.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "irl/maxent_policy.hpp"
#include "softrl/parallel.hpp"

namespace softrl::irl {
namespace {

constexpr double residual_tolerance = 1e-9;

// Entries near the smallest doubles (2e-308) have no relative accuracy. Lanes are used where the path sum of the origin
// is far above them, so that nothing as small matters.
constexpr double smallest_path_sum = 1e-200, negligible = 1e-290;

// As in likelihood.cpp.
constexpr int most_groups = 32;

std::vector<bool> relevant_links(const RouteData& data, const std::vector<TripEnds>& pairs) {
  std::vector<std::vector<int>> origins(data.destinations.size());
  for (const TripEnds& pair : pairs) origins[pair.destination].push_back(pair.origin);
  return softrl::irl::relevant_links(data, origins);
}

// What the path sums of a pair of origin and destination need to know of it.
struct PairProblem {
  const std::vector<int>* ends;     // links where a path may end
  const std::vector<bool>* closed;  // [L] links that no path leaves
  const double* sizes;              // [L]
};
using LaneProblems = std::array<PairProblem, lane_count>;

// The eight matrices M, with the weights exp(θ · f) of the moves without link size by place in `base`, and their path
// sums [n], a problem in each lane. A bit is set for every lane in which they are no solution.
unsigned solve_lanes(const PathSum& path_sum, const std::vector<double>& base, double weight,
                     const LaneProblems& problems, LaneLu& lu, Lanes& m, Lanes& path_sums) {
  const SparseRows& rows = path_sum.rows();
  const std::vector<int>& order = lu.pattern()->order;
  const int n = lu.pattern()->size();
  Lanes leaving(n), entering(n);
  path_sums.assign(n, {});
  for (int c = 0; c < lane_count; ++c) {
    for (int i = 0; i < n; ++i) {
      const double size = weight * problems[c].sizes[order[i]];
      leaving[i][c] = (*problems[c].closed)[order[i]] ? 0.0 : 1.0;
      entering[i][c] = size == 0.0 ? 1.0 : std::exp(size);
    }
    for (const int link : *problems[c].ends) path_sums[path_sum.row(link)][c] = 1.0;
  }
  lu_kernels().weigh(view(rows, m), n, base.data(), numbers_of(leaving), numbers_of(entering), numbers_of(m));
  const Lanes endings = path_sums;
  const unsigned failed = lu.factorise(rows, m);
  lu.solve(path_sums);
  return failed | lanes_not_solved(rows, m, false, path_sums, endings, residual_tolerance, negligible);
}

void check(PathSumStatus status, const PathSum& path_sum) {
  if (status == PathSumStatus::Finite) return;
  const std::string why =
      status == PathSumStatus::Divergent ? describe_bounds(path_sum.radius(), path_sum.network()) : std::string();
  throw std::invalid_argument(fmt::format("link_size.weights: {}{}", describe(status), why));
}

}  // namespace

// Where trips end on entering their destination each destination has a matrix of its own, without the moves out of it.
Eigen::MatrixXd link_sizes(const RouteData& data, const Eigen::VectorXd& weights, const std::vector<TripEnds>& trips) {
  PathSum path_sum(data.network, relevant_links(data, trips), PathSolver::Direct);
  if (data.ending == Ending::ByMove) check(path_sum.set_weights(weights), path_sum);
  std::map<int, std::vector<std::size_t>> towards;
  for (std::size_t t = 0; t < trips.size(); ++t) towards[trips[t].destination].push_back(t);

  const int links = data.network.link_count();
  Eigen::MatrixXd sizes(links, static_cast<Eigen::Index>(trips.size()));
  WideBlock sums = path_sum.zero_block(), flows = path_sum.zero_block();
  for (const auto& [destination, members] : towards) {
    const std::vector<int>& ends = data.destinations[destination].links;
    if (data.ending == Ending::OnEntering) {
      std::vector<bool> closed(links, false);
      closed[ends.front()] = true;
      check(path_sum.set_weights(weights, closed), path_sum);
    }
    sums.clear();
    for (const int link : ends)
      for (int c = 0; c < WideBlock::columns; ++c) sums.set(path_sum.row(link), c, Wide::of(1.0));
    if (!path_sum.solve(sums)) check(PathSumStatus::Inaccurate, path_sum);
    for (std::size_t first = 0; first < members.size(); first += WideBlock::columns) {
      const int count = static_cast<int>(std::min<std::size_t>(WideBlock::columns, members.size() - first));
      flows.clear();
      for (int c = 0; c < count; ++c) {
        const int row = path_sum.row(trips[members[first + c]].origin);
        if (sums.get(row, c).mantissa == 0.0)
          throw std::invalid_argument(fmt::format("link_size: destination {} cannot be reached from link {}",
                                                  data.destinations[destination].name,
                                                  data.network.links[trips[members[first + c]].origin]));
        flows.set(row, c, Wide::of(1.0) / sums.get(row, c));
      }
      if (!path_sum.solve_transposed(flows)) check(PathSumStatus::Inaccurate, path_sum);
      for (int c = 0; c < count; ++c)
        for (int k = 0; k < links; ++k)
          sizes(k, static_cast<Eigen::Index>(members[first + c])) =
              to_double(flows.get(path_sum.row(k), c) * sums.get(path_sum.row(k), c));
    }
  }
  return sizes;
}

// Eight pairs, a lane each, their rows and places in the order of elimination. Lanes that are left over repeat the
// first pair, for no trips.
struct LinkSizeModel::Block {
  LaneLu lu;
  Lanes chances;  // [places] P(a | k)
  Lanes visits;   // [L] expected for one trip
  std::array<int, lane_count> pairs{};
  int stopped_at = -1;  // the pair that is not finite
  std::array<double, lane_count> trips{}, log_path_sums{};
  std::array<std::vector<std::pair<int, double>>, lane_count> ends;  // rows where a trip may end, and with what chance

  Block(std::shared_ptr<const LuPattern> pattern, std::size_t places)
      : lu(std::move(pattern)), chances(places), visits(lu.pattern()->order.size()) {}
};

LinkSizeModel::LinkSizeModel(const RouteData& data, Eigen::VectorXd weights, int threads)
    : data_(&data),
      threads_(thread_count(threads)),
      link_size_weights_(std::move(weights)),
      names_(data.network.features),
      path_sum_(data.network, softrl::irl::relevant_links(data), PathSolver::Direct) {
  if (data.trips.empty()) throw std::invalid_argument("there are no trips");
  names_.emplace_back("link_size");
  std::map<std::pair<int, int>, int> known;  // (destination, origin) → pair
  for (const Trip& trip : data.trips) {
    const auto [found, is_new] = known.try_emplace({trip.destination, trip.origin}, static_cast<int>(pairs_.size()));
    if (is_new) {
      pairs_.push_back({.origin = trip.origin, .destination = trip.destination});
      trips_.push_back(0.0);
      closed_.push_back(closed_links(data, trip.destination, {trip.origin}));
    }
    pair_of_trip_.push_back(found->second);
    trips_[found->second] += 1.0;
  }
  sizes_ = link_sizes(data, link_size_weights_, pairs_);
  trip_features_ = RowMatrix::Zero(static_cast<Eigen::Index>(data.trips.size()), feature_count());
  for (std::size_t t = 0; t < data.trips.size(); ++t)
    for (const int move : data.trips[t].moves)
      trip_features_.row(static_cast<Eigen::Index>(t)) += features_of(move, pair_of_trip_[t]);
}

Eigen::RowVectorXd LinkSizeModel::features_of(int move, int pair) const {
  Eigen::RowVectorXd features(feature_count());
  features << data_->network.attributes.row(move), sizes_(data_->network.to[move], pair);
  return features;
}

std::unique_ptr<RouteModel> LinkSizeModel::of_trips(const RouteData& data) const {
  return std::make_unique<LinkSizeModel>(data, link_size_weights_, threads_);
}

// What a link size typically is: that of the links that trips enter.
FeatureSummary LinkSizeModel::features() const {
  const FeatureSummary base = summarise_features(*data_);
  FeatureSummary summary{.unit_costs = Eigen::VectorXd(feature_count()),
                         .largest = Eigen::VectorXd(feature_count()),
                         .trip_squares = Eigen::VectorXd(feature_count())};
  double moves = 0.0, total = 0.0, squares = 0.0;
  for (std::size_t t = 0; t < data_->trips.size(); ++t) {
    for (const int move : data_->trips[t].moves) {
      const double size = sizes_(data_->network.to[move], pair_of_trip_[t]);
      moves += 1.0;
      total += size;
      squares += size * size;
    }
  }
  summary.unit_costs << base.unit_costs, total > 0.0 ? -moves / total : -1.0;
  summary.largest << base.largest, sizes_.maxCoeff();
  summary.trip_squares << base.trip_squares, squares;
  return summary;
}

Eigen::VectorXd LinkSizeModel::utilities(const Eigen::VectorXd& weights,
                                         const Eigen::Ref<const Eigen::VectorXd>& sizes) const {
  const RoadNetwork& network = data_->network;
  Eigen::VectorXd result = network.attributes * weights.head(network.feature_count());
  for (int m = 0; m < network.move_count(); ++m) result(m) += weights(network.feature_count()) * sizes(network.to[m]);
  return result;
}

std::vector<double> LinkSizeModel::base_of(const PathSum& path_sum, const Eigen::VectorXd& weights) const {
  const Eigen::VectorXd utilities = data_->network.attributes * weights.head(data_->network.feature_count());
  std::vector<double> base;
  for (const int m : path_sum.moves()) base.push_back(std::exp(utilities(m)));
  return base;
}

// Lanes whose path sums leave the range of doubles, or that seem to diverge, are solved again on their own, with
// numbers of any range. From there on there are only probabilities.
PathSumStatus LinkSizeModel::solve(const Eigen::VectorXd& weights, const std::vector<double>& base, int first,
                                   Block& block, std::optional<PathSum>& own) const {
  const SparseRows& rows = path_sum_.rows();
  const int n = block.lu.pattern()->size(), pairs = static_cast<int>(pairs_.size());
  LaneProblems problems;
  Lanes path_sums(n), origins(n);
  for (int c = 0; c < lane_count; ++c) {
    const int pair = first + c < pairs ? first + c : first;
    block.pairs[c] = pair;
    block.trips[c] = first + c < pairs ? trips_[pair] : 0.0;
    problems[c] = {.ends = &data_->destinations[pairs_[pair].destination].links,
                   .closed = &closed_[pair],
                   .sizes = sizes_.col(pair).data()};
    origins[path_sum_.row(pairs_[pair].origin)][c] = 1.0;
  }
  unsigned failed =
      solve_lanes(path_sum_, base, weights(weights.size() - 1), problems, block.lu, block.chances, path_sums);
  for (int c = 0; c < lane_count; ++c) {
    const double sum = path_sums[path_sum_.row(pairs_[block.pairs[c]].origin)][c];
    if (!(sum >= smallest_path_sum && sum <= 1.0 / smallest_path_sum)) failed |= 1u << c;
    block.log_path_sums[c] = std::log(sum);
    block.ends[c].clear();
    for (const int link : data_->destinations[pairs_[block.pairs[c]].destination].links)
      if (!(failed >> c & 1u)) block.ends[c].emplace_back(path_sum_.row(link), 1.0 / path_sums[path_sum_.row(link)][c]);
  }
  lu_kernels().divide(view(rows, block.chances), n, numbers_of(path_sums), numbers_of(block.chances));
  for (int c = 0; c < lane_count; ++c) {
    if (!(failed >> c & 1u)) continue;
    const int pair = block.pairs[c];
    if (!own) own = path_sum_;
    const PathSumStatus status = own->set_utilities(utilities(weights, sizes_.col(pair)), closed_[pair]);
    block.stopped_at = pair;
    if (status != PathSumStatus::Finite) return status;
    WideBlock sums = own->zero_block();
    for (const int link : data_->destinations[pairs_[pair].destination].links)
      sums.set(own->row(link), 0, Wide::of(1.0));
    if (!own->solve(sums)) return PathSumStatus::Inaccurate;
    block.log_path_sums[c] = log_abs(sums.get(own->row(pairs_[pair].origin), 0));
    for (const int link : data_->destinations[pairs_[pair].destination].links)
      block.ends[c].emplace_back(own->row(link), to_double(Wide::of(1.0) / sums.get(own->row(link), 0)));
    const std::vector<double> chances = own->chances(sums, 0);
    for (std::size_t p = 0; p < chances.size(); ++p) block.chances[p][c] = chances[p];
  }
  if (block.lu.factorise(rows, block.chances) != 0) return PathSumStatus::Inaccurate;
  block.visits = origins;
  block.lu.solve_transposed(block.visits);
  const bool solved =
      lanes_not_solved(rows, block.chances, true, block.visits, origins, residual_tolerance, negligible) == 0;
  return solved ? PathSumStatus::Finite : PathSumStatus::Inaccurate;
}

template <class Result, class Add>
PathSumStatus LinkSizeModel::solve_all(const Eigen::VectorXd& weights, std::vector<Result>& groups, const Add& add) {
  weights_ = weights;
  infeasible_pair_ = -1;
  const std::vector<double> base = base_of(path_sum_, weights);
  const int pairs = static_cast<int>(pairs_.size());
  const int blocks = (pairs + lane_count - 1) / lane_count, count = std::min(blocks, most_groups);
  const Result nothing = groups.front();
  groups.assign(count, nothing);
  std::vector<PathSumStatus> statuses(count, PathSumStatus::Finite);
  std::vector<int> stopped(count, -1);
  parallel_for(threads_, count, 1, [&](std::ptrdiff_t g, std::ptrdiff_t) {
    Block block(path_sum_.pattern(), path_sum_.moves().size());
    std::optional<PathSum> own;
    for (std::ptrdiff_t b = g * blocks / count; b < (g + 1) * blocks / count; ++b) {
      statuses[g] = solve(weights, base, static_cast<int>(b) * lane_count, block, own);
      if (statuses[g] == PathSumStatus::Finite) statuses[g] = add(block, groups[g]);
      if (statuses[g] == PathSumStatus::Finite) continue;
      stopped[g] = std::max(block.stopped_at, 0);
      return;
    }
  });
  for (int g = 0; g < count; ++g) {
    if (statuses[g] == PathSumStatus::Finite) continue;
    infeasible_pair_ = stopped[g];
    return statuses[g];
  }
  return PathSumStatus::Finite;
}

LikelihoodValue LinkSizeModel::evaluate(const Eigen::VectorXd& weights) {
  struct Sums {
    double log_path_sum = 0.0;      // Σ over trips of log z(o)
    double link_size = 0.0;         // expected, over trips
    std::vector<double> uses = {};  // expected, by place
  };
  std::vector<Sums> groups(1);
  const auto add = [&](Block& block, Sums& sums) {
    sums.uses.resize(path_sum_.moves().size(), 0.0);
    for (int c = 0; c < lane_count; ++c) {
      sums.log_path_sum += block.trips[c] * block.log_path_sums[c];
      const auto sizes = sizes_.col(block.pairs[c]);
      double expected = -sizes(pairs_[block.pairs[c]].origin);  // which is not entered
      for (std::size_t i = 0; i < block.visits.size(); ++i) {
        expected += block.visits[i][c] * sizes(block.lu.pattern()->order[i]);
        block.visits[i][c] *= block.trips[c];
      }
      sums.link_size += block.trips[c] * expected;
    }
    lu_kernels().add_uses(view(path_sum_.rows(), block.chances), path_sum_.rows().rows(), numbers_of(block.visits),
                          sums.uses.data());
    return PathSumStatus::Finite;
  };
  const PathSumStatus status = solve_all(weights, groups, add);
  if (status != PathSumStatus::Finite) return {.status = status};

  const int features = data_->network.feature_count();
  LikelihoodValue value{.status = status};
  value.gradient = trip_features_.colwise().sum().transpose();
  value.log_likelihood = weights.dot(value.gradient);
  std::vector<double> uses(path_sum_.moves().size(), 0.0);
  for (const Sums& sums : groups) {
    value.log_likelihood -= sums.log_path_sum;
    value.gradient(features) -= sums.link_size;
    for (std::size_t p = 0; p < uses.size(); ++p) uses[p] += sums.uses[p];
  }
  for (std::size_t p = 0; p < uses.size(); ++p)
    value.gradient.head(features) -= uses[p] * data_->network.attributes.row(path_sum_.moves()[p]).transpose();
  return value;
}

// As Likelihood::curvature_at, pair by pair.
LikelihoodCurvature LinkSizeModel::curvature(const Eigen::VectorXd& weights) {
  const int features = feature_count();
  const Eigen::VectorXd largest = this->features().largest;
  const SparseRows& rows = path_sum_.rows();
  std::vector<double> log_path_sums(pairs_.size());
  RowMatrix expected(static_cast<Eigen::Index>(pairs_.size()), features);  // E[f | o → d]

  std::vector<Eigen::MatrixXd> groups(1, Eigen::MatrixXd::Zero(features, features));
  const auto add = [&](Block& block, Eigen::MatrixXd& hessian) {
    const std::vector<int>& order = block.lu.pattern()->order;
    const auto feature = [&](int place, int row, int j, int c) {
      return j + 1 < features ? data_->network.attributes(path_sum_.moves()[place], j)
                              : sizes_(order[row], block.pairs[c]);
    };
    std::vector<Lanes> rest(features);  // r
    for (int j = 0; j < features; ++j) {
      Lanes own(order.size());  // g
      for (int i = 0; i < rows.rows(); ++i)
        for (int p = rows.start[i]; p < rows.start[i + 1]; ++p)
          for (int c = 0; c < lane_count; ++c) own[i][c] += block.chances[p][c] * feature(p, rows.column[p], j, c);
      rest[j] = own;
      block.lu.solve(rest[j]);
      if (lanes_not_solved(rows, block.chances, false, rest[j], own, residual_tolerance, largest(j)) != 0)
        return PathSumStatus::Inaccurate;
    }
    std::vector<Lane> v(features);
    for (int i = 0; i < rows.rows(); ++i) {
      for (int p = rows.start[i]; p < rows.start[i + 1]; ++p) {
        const int a = rows.column[p];
        for (int j = 0; j < features; ++j)
          for (int c = 0; c < lane_count; ++c) v[j][c] = feature(p, a, j, c) + rest[j][a][c] - rest[j][i][c];
        Lane weight;
        for (int c = 0; c < lane_count; ++c) weight[c] = block.trips[c] * block.visits[i][c] * block.chances[p][c];
        for (int j = 0; j < features; ++j) {
          for (int k = 0; k <= j; ++k) {
            double sum = 0.0;
            for (int c = 0; c < lane_count; ++c) sum += weight[c] * v[j][c] * v[k][c];
            hessian(j, k) -= sum;
          }
        }
      }
    }
    for (int c = 0; c < lane_count; ++c) {
      if (block.trips[c] == 0.0) continue;
      for (const auto& [row, chance] : block.ends[c])
        for (int j = 0; j < features; ++j)
          for (int k = 0; k <= j; ++k)
            hessian(j, k) -= block.trips[c] * block.visits[row][c] * chance * rest[j][row][c] * rest[k][row][c];
      const int pair = block.pairs[c], origin = path_sum_.row(pairs_[pair].origin);
      log_path_sums[pair] = block.log_path_sums[c];
      for (int j = 0; j < features; ++j) expected(pair, j) = rest[j][origin][c];
    }
    return PathSumStatus::Finite;
  };
  const PathSumStatus status = solve_all(weights, groups, add);
  if (status != PathSumStatus::Finite) return {.status = status};

  LikelihoodCurvature result{.status = status};
  result.hessian = Eigen::MatrixXd::Zero(features, features);
  for (const Eigen::MatrixXd& lower : groups) result.hessian += lower;
  result.hessian = Eigen::MatrixXd(result.hessian.selfadjointView<Eigen::Lower>());
  result.scores = trip_features_;
  result.trip_log_likelihoods = trip_features_ * weights;
  for (std::size_t t = 0; t < pair_of_trip_.size(); ++t) {
    result.scores.row(static_cast<Eigen::Index>(t)) -= expected.row(pair_of_trip_[t]);
    result.trip_log_likelihoods(static_cast<Eigen::Index>(t)) -= log_path_sums[pair_of_trip_[t]];
  }
  result.log_likelihood = result.trip_log_likelihoods.sum();
  result.gradient = result.scores.colwise().sum().transpose();
  return result;
}

SpectralRadius LinkSizeModel::radius(const SpectralRadiusOptions& options) {
  const int pair = std::max(infeasible_pair_, 0);
  path_sum_.set_utilities(utilities(weights_, sizes_.col(pair)), closed_[pair]);
  const SpectralRadius one = path_sum_.radius(options);
  if (pairs_.size() == 1) return one;
  const RoadNetwork& network = data_->network;
  Eigen::VectorXd greatest = Eigen::VectorXd::Constant(network.move_count(), -std::numeric_limits<double>::infinity());
  std::vector<bool> closed(network.links.size(), true);
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    const Eigen::VectorXd own = utilities(weights_, sizes_.col(static_cast<Eigen::Index>(i)));
    for (int m = 0; m < network.move_count(); ++m) {
      if (closed_[i][network.from[m]]) continue;
      greatest(m) = std::max(greatest(m), own(m));
      closed[network.from[m]] = false;
    }
  }
  path_sum_.set_utilities(greatest, closed);
  const SpectralRadius all = path_sum_.radius(options);
  SpectralRadius result = one;
  if (one.status == Status::Converged) result.status = all.status;
  result.upper = all.upper;
  return result;
}

// On the whole network: a policy says how one drives on from any link. Lanes with a path sum out of the range of
// doubles are solved again on their own.
std::vector<RoutePolicy> LinkSizeModel::policies(const Eigen::VectorXd& weights, const std::vector<TripEnds>& trips) {
  const Eigen::MatrixXd sizes = link_sizes(*data_, link_size_weights_, trips);
  if (!whole_) whole_.emplace(data_->network, std::vector<bool>(data_->network.links.size(), true), PathSolver::Direct);
  const PathSum& whole = *whole_;
  const std::vector<double> base = base_of(whole, weights);
  std::map<int, std::vector<bool>> closed;  // by destination
  for (const TripEnds& trip : trips) {
    const std::vector<int>& ends = data_->destinations.at(trip.destination).links;
    const auto [found, is_new] = closed.try_emplace(trip.destination);
    if (!is_new) continue;
    found->second = reachable(data_->network, ends, Direction::Backward);
    found->second.flip();
    if (data_->ending == Ending::OnEntering) found->second[ends.front()] = true;
  }

  std::vector<std::optional<RoutePolicy>> policies(trips.size());
  const auto count = static_cast<std::ptrdiff_t>(trips.size());
  const std::ptrdiff_t blocks = (count + lane_count - 1) / lane_count;
  parallel_for(threads_, blocks, (blocks + threads_ - 1) / threads_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    LaneLu lu(whole.pattern());
    Lanes m(whole.moves().size()), path_sums;
    for (std::ptrdiff_t b = begin; b < end; ++b) {
      const std::ptrdiff_t first = b * lane_count;
      LaneProblems problems;
      for (int c = 0; c < lane_count; ++c) {
        const std::ptrdiff_t t = std::min(first + c, count - 1);
        const int destination = trips[t].destination;
        problems[c] = {.ends = &data_->destinations[destination].links,
                       .closed = &closed.at(destination),
                       .sizes = sizes.col(t).data()};
      }
      const unsigned failed = solve_lanes(whole, base, weights(weights.size() - 1), problems, lu, m, path_sums);
      for (int c = 0; c < lane_count && first + c < count; ++c) {
        Eigen::VectorXd values(data_->network.link_count());
        bool in_range = !(failed >> c & 1u);
        for (int k = 0; k < values.size(); ++k) {
          const double sum = path_sums[whole.row(k)][c];
          const bool reaches = sum != 0.0 || !(*problems[c].closed)[k];
          in_range = in_range && (!reaches || (sum >= smallest_path_sum && sum <= 1.0 / smallest_path_sum));
          values(k) = std::log(sum);
        }
        const std::ptrdiff_t t = first + c;
        if (in_range)
          policies[t] = policy_of_values(*data_, trips[t].destination, utilities(weights, sizes.col(t)), values);
      }
    }
  });
  std::vector<RoutePolicy> result;
  std::optional<PathSum> own;
  for (std::size_t t = 0; t < trips.size(); ++t) {
    if (!policies[t]) {
      if (!own) own = whole;
      const Eigen::VectorXd utility = utilities(weights, sizes.col(static_cast<Eigen::Index>(t)));
      const Eigen::VectorXd values = soft_values(*own, *data_, trips[t].destination, utility);
      policies[t] = policy_of_values(*data_, trips[t].destination, utility, values);
    }
    result.push_back(std::move(*policies[t]));
  }
  return result;
}

}  // namespace softrl::irl
