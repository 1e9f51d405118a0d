#include "irl/nested.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "irl/features.hpp"
#include "irl/link_size.hpp"
#include "irl/nested_guess.hpp"
#include "irl/nested_radius.hpp"
#include "softrl/check.hpp"
#include "softrl/parallel.hpp"

namespace softrl::irl {
namespace {

// Beyond these, probabilities keep too few digits.
constexpr double largest_utility = 1e8, largest_scale = 1e8;

// The same data with links numbered as they are eliminated.
struct Renumbered {
  RouteData data;
  std::vector<int> original_move;  // [M]
};
Renumbered renumber(const RouteData& original, const LuPattern& pattern) {
  const RoadNetwork& network = original.network;
  const std::vector<int>& order = pattern.order;
  const std::vector<int>& position = pattern.position;
  Renumbered result;
  RouteData& data = result.data;
  data.ending = original.ending;
  data.scales = original.scales;
  data.scale_attributes = original.scale_attributes(order, Eigen::indexing::all);

  RoadNetwork& ordered = data.network;
  ordered.first_move.push_back(0);
  std::vector<int> new_move(network.to.size());
  for (const int k : order) {
    std::vector<int> moves(network.out_degree(k));
    std::iota(moves.begin(), moves.end(), network.first_move[k]);
    std::sort(moves.begin(), moves.end(),
              [&](int a, int b) { return position[network.to[a]] < position[network.to[b]]; });
    for (const int m : moves) {
      new_move[m] = static_cast<int>(result.original_move.size());
      result.original_move.push_back(m);
      ordered.from.push_back(position[k]);
      ordered.to.push_back(position[network.to[m]]);
    }
    ordered.links.push_back(network.links[k]);
    ordered.first_move.push_back(static_cast<int>(ordered.to.size()));
  }
  ordered.features = network.features;
  ordered.attributes = network.attributes(result.original_move, Eigen::indexing::all);

  data.destinations = original.destinations;
  for (Destination& destination : data.destinations)
    for (int& link : destination.links) link = position[link];
  data.trips = original.trips;
  for (Trip& trip : data.trips) {
    trip.origin = position[trip.origin];
    for (int& move : trip.moves) move = new_move[move];
  }
  return result;
}

}  // namespace

// The trips to one destination; with link size, from one origin.
struct NestedLikelihood::Demand {
  std::vector<int> trips = {};
  std::map<int, double> moves = {};    // how many trips use them
  std::map<int, double> endings = {};  // how many end by a move of their own on a link
};

// Those that are solved side by side, a lane each.
struct NestedLikelihood::Block {
  std::vector<Demand> demands = {};
  NestedProblem problem = {};
  Lanes values = {};  // at the weights of the last evaluation that succeeded
  Lanes trial = {};   // at those of the present one
};

// What a block contributes.
struct NestedLikelihood::BlockValue {
  bool solved = false;
  int factorisations = 0;
  double log_likelihood = 0.0;
  Eigen::VectorXd gradient = {};
  Eigen::MatrixXd hessian = {};
};

// As many as there are threads at work.
class NestedLikelihood::Workspaces {
 public:
  Workspaces(const RoadNetwork& network, std::shared_ptr<const LuPattern> pattern)
      : network_(&network), pattern_(std::move(pattern)) {}
  std::unique_ptr<NestedSolver> take() {
    const std::scoped_lock lock(mutex_);
    if (idle_.empty()) return std::make_unique<NestedSolver>(*network_, pattern_);
    std::unique_ptr<NestedSolver> last = std::move(idle_.back());
    idle_.pop_back();
    return last;
  }
  void give_back(std::unique_ptr<NestedSolver> solver) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(solver));
  }

 private:
  const RoadNetwork* network_;
  std::shared_ptr<const LuPattern> pattern_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<NestedSolver>> idle_;
};

NestedLikelihood::~NestedLikelihood() = default;

NestedLikelihood::NestedLikelihood(const RouteData& data, int threads)
    : NestedLikelihood(data, threads, std::nullopt) {}

NestedLikelihood::NestedLikelihood(const RouteData& data, Eigen::VectorXd link_size_weights, int threads)
    : NestedLikelihood(data, threads, std::optional(std::move(link_size_weights))) {}

NestedLikelihood::NestedLikelihood(const RouteData& original, int threads,
                                   std::optional<Eigen::VectorXd> link_size_weights)
    : data_(&original),
      threads_(thread_count(threads)),
      link_size_weights_(std::move(link_size_weights)),
      names_(original.network.features) {
  if (original.trips.empty()) throw std::invalid_argument("there are no trips");
  if (original.scales.empty()) throw std::invalid_argument("the nested model has no scales");
  check_size("scale_attributes", original.scale_attributes.rows(), original.network.link_count());
  if (link_size_weights_) names_.emplace_back("link_size");
  names_.insert(names_.end(), original.scales.begin(), original.scales.end());
  const auto pattern = std::make_shared<LuPattern>(lu_pattern(rows_of(original.network)));
  pattern_ = pattern;
  Renumbered renumbered = renumber(original, *pattern);
  ordered_ = std::move(renumbered.data);
  original_move_ = std::move(renumbered.original_move);
  workspaces_ = std::make_unique<Workspaces>(ordered_.network, pattern_);
  const RouteData& data = ordered_;

  std::map<std::pair<int, int>, Demand> demands;  // by destination and, with link size, origin
  for (std::size_t t = 0; t < data.trips.size(); ++t) {
    const Trip& trip = data.trips[t];
    Demand& demand = demands[{trip.destination, link_size_weights_ ? trip.origin : -1}];
    demand.trips.push_back(static_cast<int>(t));
    for (const int move : trip.moves) demand.moves[move] += 1.0;
    const int last = trip.moves.empty() ? trip.origin : data.network.to[trip.moves.back()];
    if (data.ending == Ending::ByMove) demand.endings[last] += 1.0;
  }
  std::vector<TripEnds> ends;
  for (const auto& [key, demand] : demands)
    ends.push_back({.origin = original.trips[demand.trips.front()].origin, .destination = key.first});
  const Eigen::MatrixXd sizes = link_sizes_of(ends);
  if (sizes.size() > 0) largest_link_size_ = sizes.maxCoeff();
  std::vector<std::vector<bool>> matter;
  for (auto& [key, demand] : demands) {
    if (matter.size() % lane_count == 0) blocks_.emplace_back();
    std::vector<int> origins;
    for (const int t : demand.trips) origins.push_back(data.trips[t].origin);
    matter.push_back(relevant_links(data, key.first, origins));
    blocks_.back().demands.push_back(std::move(demand));
  }
  for (std::size_t b = 0; b < blocks_.size(); ++b) blocks_[b].problem = problem_of(ends, matter, sizes, b * lane_count);
}

// [L × ends], rows as in data_; empty without link size.
Eigen::MatrixXd NestedLikelihood::link_sizes_of(const std::vector<TripEnds>& ends) const {
  return link_size_weights_ ? link_sizes(*data_, *link_size_weights_, ends) : Eigen::MatrixXd();
}

// A lane for each of `ends` from `first` on, as many as there are.
NestedProblem NestedLikelihood::problem_of(const std::vector<TripEnds>& ends,
                                           const std::vector<std::vector<bool>>& matter, const Eigen::MatrixXd& sizes,
                                           std::size_t first) const {
  const std::size_t last = std::min(first + lane_count, ends.size());
  std::vector<int> destinations;
  for (std::size_t i = first; i < last; ++i) destinations.push_back(ends[i].destination);
  const auto begin = matter.begin() + static_cast<std::ptrdiff_t>(first);
  NestedProblem problem =
      nested_problem(ordered_, destinations, {begin, begin + static_cast<std::ptrdiff_t>(last - first)});
  if (sizes.size() == 0) return problem;
  problem.link_sizes.resize(pattern_->order.size());
  for (std::size_t i = first; i < last; ++i)
    for (std::size_t k = 0; k < pattern_->order.size(); ++k)
      problem.link_sizes[k][i - first] = sizes(pattern_->order[k], static_cast<Eigen::Index>(i));
  return problem;
}

std::unique_ptr<RouteModel> NestedLikelihood::of_trips(const RouteData& data) const {
  return std::unique_ptr<RouteModel>(new NestedLikelihood(data, threads_, link_size_weights_));
}

FeatureSummary NestedLikelihood::features() const {
  const RowMatrix& attributes = ordered_.network.attributes;
  const auto features = attributes.cols(), weights = static_cast<Eigen::Index>(names_.size());
  const auto scales = ordered_.scale_attributes.cols();
  FeatureSummary summary{.unit_costs = Eigen::VectorXd::Zero(weights),  // scales of 1: maxent
                         .largest = Eigen::VectorXd(weights),
                         .trip_squares = Eigen::VectorXd::Zero(weights)};
  summary.unit_costs.head(features) = unit_costs(attributes);
  summary.largest.head(features) = attributes.cwiseAbs().colwise().maxCoeff().transpose();
  summary.largest.tail(scales) = ordered_.scale_attributes.cwiseAbs().colwise().maxCoeff().transpose();
  const auto add_scale = [&](int link, double trips) {
    summary.trip_squares.tail(scales) += trips * ordered_.scale_attributes.row(link).transpose().cwiseAbs2();
  };
  double all_moves = 0.0, all_sizes = 0.0, square_sizes = 0.0;
  for (const Block& block : blocks_) {
    for (std::size_t lane = 0; lane < block.demands.size(); ++lane) {
      for (const auto& [move, trips] : block.demands[lane].moves) {
        summary.trip_squares.head(features) += trips * attributes.row(move).transpose().cwiseAbs2();
        add_scale(ordered_.network.from[move], trips);
        const double size = block.problem.link_size(ordered_.network.to[move])[lane];
        all_moves += trips;
        all_sizes += trips * size;
        square_sizes += trips * size * size;
      }
      for (const auto& [link, trips] : block.demands[lane].endings) add_scale(link, trips);
    }
  }
  if (link_size_weights_) {  // as LinkSizeModel
    summary.unit_costs(features) = all_sizes > 0.0 ? -all_moves / all_sizes : -1.0;
    summary.largest(features) = largest_link_size_;
    summary.trip_squares(features) = square_sizes;
  }
  return summary;
}

NestedUtilities NestedLikelihood::utilities(const Eigen::VectorXd& weights) const {
  check_size("weights", weights.size(), static_cast<std::int64_t>(names_.size()));
  for (const double weight : weights) check_finite("weight", weight);
  const auto features = ordered_.network.attributes.cols();
  return {.moves = ordered_.network.attributes * weights.head(features),
          .scales = (ordered_.scale_attributes * weights.tail(ordered_.scale_attributes.cols())).array().exp(),
          .link_size = link_size_weights_ ? weights(features) : 0.0};
}

bool NestedLikelihood::in_range(const NestedUtilities& utilities) const {
  return (utilities.moves.array().abs() <= largest_utility).all() &&
         std::abs(utilities.link_size) * largest_link_size_ <= largest_utility &&
         (utilities.scales.array() <= largest_scale).all() && (utilities.scales.array() >= 1.0 / largest_scale).all();
}

namespace {

bool has_choice(const NestedProblem& problem, int link, std::size_t lane) {
  return (problem.choice[link] >> lane & 1) != 0;
}
bool may_end(const NestedProblem& problem, int link, std::size_t lane) {
  return (problem.ending[link] >> lane & 1) != 0;
}

// The links of a lane at which a choice is made.
std::vector<bool> links_of_lane(const NestedProblem& problem, std::size_t lane) {
  std::vector<bool> result;
  for (int k = 0; k < problem.network->link_count(); ++k) result.push_back(has_choice(problem, k, lane));
  return result;
}

// log P of moves and endings at given values, of one lane.
class LogProbabilities {
 public:
  LogProbabilities(const NestedProblem& problem, const NestedUtilities& utilities, const Lanes& values,
                   std::size_t lane)
      : problem_(&problem), utilities_(&utilities), values_(&values), lane_(lane) {}

  double value(int link) const { return (*values_)[link][lane_]; }
  double of_move(int move) const {
    const int from = problem_->network->from[move], to = problem_->network->to[move];
    const double utility = utilities_->moves(move) + utilities_->link_size * problem_->link_size(to)[lane_];
    return (utility + value(to) - value(from)) / utilities_->scales(from);
  }
  double of_ending(int link) const { return -value(link) / utilities_->scales(link); }

 private:
  const NestedProblem* problem_;
  const NestedUtilities* utilities_;
  const Lanes* values_;
  std::size_t lane_;
};

// μ(k) times the entropy of the choice at each link [L].
Lanes scaled_entropies(const NestedProblem& problem, const NestedUtilities& utilities, const Lanes& values,
                       const Lanes& policy) {
  const RoadNetwork& network = *problem.network;
  Lanes result(values.size());
  for (int k = 0; k < network.link_count(); ++k) {
    if (problem.choice[k] == 0) continue;
    const Lane& here = values[k];
    Lane ending, entropy{};
    ending.fill(1.0);
    for (int m = network.first_move[k]; m < network.first_move[k + 1]; ++m) {
      const Lane& there = values[network.to[m]];
      const Lane& size = problem.link_size(network.to[m]);
      const Lane& p = policy[m];
      for (int lane = 0; lane < lane_count; ++lane) {
        ending[lane] -= p[lane];
        const double surprise = here[lane] - utilities.moves(m) - utilities.link_size * size[lane] - there[lane];
        entropy[lane] += p[lane] > 0.0 ? p[lane] * surprise : 0.0;
      }
    }
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      if (may_end(problem, k, lane)) entropy[lane] += ending[lane] * here[lane];
      if (has_choice(problem, k, lane)) result[k][lane] = entropy[lane];
    }
  }
  return result;
}

}  // namespace

// Σ over trips of log P has the slopes c in V, with V held as it were free; as V = T(V), where T has the slopes P, and
// slopes T_i in the weights, the slopes of the whole are those with V held plus λ · T_i, with λ = (I − P)⁻ᵀ c:
//     T_i(k) = Σ_a P(a | k) f_i(k → a) for θ,      μ(k) z_i(k) · (entropy of the choice at k) for ω.
void NestedLikelihood::add_value(const Block& block, NestedSolver& solver, BlockValue& value) const {
  const RoadNetwork& network = ordered_.network;
  const Lanes& policy = solver.policy();
  const Lanes entropies = scaled_entropies(block.problem, utilities_, block.trial, policy);
  Eigen::VectorXd uses = Eigen::VectorXd::Zero(network.move_count());
  Eigen::VectorXd scale_uses = Eigen::VectorXd::Zero(network.link_count());
  double link_size_use = 0.0;
  Lanes flows(block.trial.size());
  for (std::size_t lane = 0; lane < block.demands.size(); ++lane) {
    const LogProbabilities log_probability(block.problem, utilities_, block.trial, lane);
    for (const auto& [move, trips] : block.demands[lane].moves) {
      const int from = network.from[move];
      const double log_p = log_probability.of_move(move), share = trips / utilities_.scales(from);
      value.log_likelihood += trips * log_p;
      uses(move) += share;
      link_size_use += share * block.problem.link_size(network.to[move])[lane];
      scale_uses(from) -= trips * log_p;
      flows[network.to[move]][lane] += share;
      flows[from][lane] -= share;
    }
    for (const auto& [link, trips] : block.demands[lane].endings) {
      const double log_p = log_probability.of_ending(link);
      value.log_likelihood += trips * log_p;
      scale_uses(link) -= trips * log_p;
      flows[link][lane] -= trips / utilities_.scales(link);
    }
  }
  if (!solver.apply_inverse_transposed(flows)) {
    value.solved = false;
    return;
  }
  for (int m = 0; m < network.move_count(); ++m) {
    const Lane& size = block.problem.link_size(network.to[m]);
    double sum = 0.0, sizes = 0.0;
    for (int lane = 0; lane < lane_count; ++lane) {
      const double use = flows[network.from[m]][lane] * policy[m][lane];
      sum += use;
      sizes += use * size[lane];
    }
    uses(m) += sum;
    link_size_use += sizes;
  }
  for (int k = 0; k < network.link_count(); ++k)
    for (int lane = 0; lane < lane_count; ++lane) scale_uses(k) += flows[k][lane] * entropies[k][lane];
  value.gradient.resize(static_cast<Eigen::Index>(names_.size()));
  value.gradient.head(network.attributes.cols()) = network.attributes.transpose() * uses;
  if (link_size_weights_) value.gradient(network.attributes.cols()) = link_size_use;
  value.gradient.tail(ordered_.scale_attributes.cols()) = ordered_.scale_attributes.transpose() * scale_uses;
}

// With g = ∂ log P / ∂(θ, ω), which has mean 0 under P, and u = (0, z) at the link left:
//     g(k → a) = (f + ∂V(a) − ∂V(k)) / μ − u log P
//     ∂² log P = (∂²V(a) − ∂²V(k)) / μ − u gᵀ − g uᵀ − u uᵀ log P
// Differentiating Σ_a P g = 0 once more, ∂²V = P ∂²V + μ (u uᵀ · entropy + E[g gᵀ]): the first term of ∂² log P, summed
// over the trips, is c · ∂²V = λ · μ (…), c and λ as above.
void NestedLikelihood::add_curvature(const Block& block, NestedSolver& solver, BlockValue& value,
                                     LikelihoodCurvature& result) const {
  const RoadNetwork& network = ordered_.network;
  const auto features = network.attributes.cols(), scales = ordered_.scale_attributes.cols();
  const auto weights = static_cast<Eigen::Index>(names_.size());
  const Lanes& policy = solver.policy();
  const Lanes entropies = scaled_entropies(block.problem, utilities_, block.trial, policy);
  Lanes flows(block.trial.size());  // λ
  for (std::size_t lane = 0; lane < block.demands.size(); ++lane) {
    for (const auto& [move, trips] : block.demands[lane].moves) {
      const double share = trips / utilities_.scales(network.from[move]);
      flows[network.to[move]][lane] += share;
      flows[network.from[move]][lane] -= share;
    }
    for (const auto& [link, trips] : block.demands[lane].endings) flows[link][lane] -= trips / utilities_.scales(link);
  }
  value.solved = solver.apply_inverse_transposed(flows);

  std::vector<Lanes> slopes(names_.size());  // ∂V
  for (Eigen::Index i = 0; i < weights && value.solved; ++i) {
    Lanes& slope = slopes[i];
    slope.assign(block.trial.size(), {});
    if (i < features) {
      for (int m = 0; m < network.move_count(); ++m)
        for (int lane = 0; lane < lane_count; ++lane)
          slope[network.from[m]][lane] += policy[m][lane] * network.attributes(m, i);
    } else if (i < weights - scales) {
      for (int m = 0; m < network.move_count(); ++m)
        for (int lane = 0; lane < lane_count; ++lane)
          slope[network.from[m]][lane] += policy[m][lane] * block.problem.link_size(network.to[m])[lane];
    } else {
      for (int k = 0; k < network.link_count(); ++k)
        for (int lane = 0; lane < lane_count; ++lane)
          slope[k][lane] = entropies[k][lane] * ordered_.scale_attributes(k, i - (weights - scales));
    }
    value.solved = solver.apply_inverse(slope);
  }
  if (!value.solved) return;

  value.hessian = Eigen::MatrixXd::Zero(weights, weights);
  RowMatrix slope(network.link_count(), weights);  // of one lane
  Eigen::VectorXd g(weights), u = Eigen::VectorXd::Zero(weights);
  for (std::size_t lane = 0; lane < block.demands.size(); ++lane) {
    const Demand& demand = block.demands[lane];
    const LogProbabilities log_probability(block.problem, utilities_, block.trial, lane);
    for (int k = 0; k < network.link_count(); ++k)
      for (Eigen::Index i = 0; i < weights; ++i) slope(k, i) = slopes[i][k][lane];
    const auto leave = [&](int link) { u.tail(scales) = ordered_.scale_attributes.row(link).transpose(); };
    const auto move_score = [&](int m, double log_p) {
      const int from = network.from[m];
      leave(from);
      g = (slope.row(network.to[m]) - slope.row(from)).transpose() / utilities_.scales(from) - u * log_p;
      g.head(features) += network.attributes.row(m).transpose() / utilities_.scales(from);
      if (link_size_weights_) g(features) += block.problem.link_size(network.to[m])[lane] / utilities_.scales(from);
    };
    const auto ending_score = [&](int link, double log_p) {
      leave(link);
      g = -slope.row(link).transpose() / utilities_.scales(link) - u * log_p;
    };

    for (int k = 0; k < network.link_count(); ++k) {
      if (!has_choice(block.problem, k, lane)) continue;
      leave(k);
      value.hessian += flows[k][lane] * entropies[k][lane] * u * u.transpose();
      const double flow = flows[k][lane] * utilities_.scales(k);
      for (int m = network.first_move[k]; m < network.first_move[k + 1]; ++m) {
        const double p = policy[m][lane];
        if (p == 0.0) continue;
        move_score(m, log_probability.of_move(m));
        value.hessian += flow * p * g * g.transpose();
      }
      if (!may_end(block.problem, k, lane)) continue;
      const double log_p = log_probability.of_ending(k);
      ending_score(k, log_p);
      value.hessian += flow * std::exp(log_p) * g * g.transpose();
    }
    const auto add_observed = [&](double trips, double log_p) {
      value.hessian -= trips * (u * g.transpose() + g * u.transpose() + log_p * u * u.transpose());
    };
    for (const auto& [move, trips] : demand.moves) {
      const double log_p = log_probability.of_move(move);
      move_score(move, log_p);
      add_observed(trips, log_p);
    }
    for (const auto& [link, trips] : demand.endings) {
      const double log_p = log_probability.of_ending(link);
      ending_score(link, log_p);
      add_observed(trips, log_p);
    }
    for (const int t : demand.trips) {
      const Trip& trip = ordered_.trips[t];
      auto score = result.scores.row(t);
      double& log_likelihood = result.trip_log_likelihoods(t);
      int link = trip.origin;
      for (const int move : trip.moves) {
        const double log_p = log_probability.of_move(move);
        log_likelihood += log_p;
        move_score(move, log_p);
        score += g.transpose();
        link = network.to[move];
      }
      if (ordered_.ending != Ending::ByMove) continue;
      const double log_p = log_probability.of_ending(link);
      log_likelihood += log_p;
      ending_score(link, log_p);
      score += g.transpose();
    }
  }
}

// Blocks are begun in order, so that the first that fails is the same for any number of threads. The values to start
// from stay those of the last weights at which all went well, for the same reason.
template <class Work>
PathSumStatus NestedLikelihood::for_each_block(const Eigen::VectorXd& weights, std::vector<BlockValue>& values,
                                               const Work& work) {
  utilities_ = utilities(weights);
  values.assign(blocks_.size(), {});
  if (!in_range(utilities_)) return PathSumStatus::OutOfRange;
  std::optional<NestedGuess> guess;
  if (blocks_.front().values.empty()) guess.emplace(ordered_.network, utilities_);
  std::atomic<bool> failed = false;
  parallel_for(threads_, static_cast<std::ptrdiff_t>(blocks_.size()), 1, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t b = begin; b < end && !failed; ++b) {
      Block& block = blocks_[b];
      BlockValue& value = values[b];
      std::unique_ptr<NestedSolver> solver = workspaces_->take();
      const int before = solver->factorisations();
      block.trial = guess ? guess->values(block.problem) : block.values;
      value.solved = solver->solve(block.problem, utilities_, block.trial);
      if (value.solved) work(block, *solver, value);
      value.factorisations = solver->factorisations() - before;
      workspaces_->give_back(std::move(solver));
      if (!value.solved) failed = true;
    }
  });
  factorisations_ = 0;
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    factorisations_ += values[b].factorisations;
    if (values[b].solved) continue;
    stopped_at_ = b;
    return why_not(blocks_[b].problem, utilities_);
  }
  stopped_at_ = 0;
  for (Block& block : blocks_) block.values.swap(block.trial);
  return PathSumStatus::Finite;
}

SpectralRadius NestedLikelihood::radius_of_lane(const NestedProblem& problem, const NestedUtilities& at,
                                                std::size_t lane, const SpectralRadiusOptions& options) const {
  NestedUtilities own = at;
  if (link_size_weights_)
    for (int m = 0; m < ordered_.network.move_count(); ++m)
      own.moves(m) += at.link_size * problem.link_size(ordered_.network.to[m])[lane];
  return nested_radius(ordered_.network, pattern_, own, links_of_lane(problem, lane), options);
}

PathSumStatus NestedLikelihood::why_not(const NestedProblem& problem, const NestedUtilities& at) const {
  for (std::size_t lane = 0; lane < lane_count; ++lane)
    if (radius_of_lane(problem, at, lane).lower >= 1.0) return PathSumStatus::Divergent;
  return PathSumStatus::Inaccurate;
}

LikelihoodValue NestedLikelihood::evaluate(const Eigen::VectorXd& weights) {
  std::vector<BlockValue> values;
  LikelihoodValue result{
      .status = for_each_block(weights, values, [&](const Block& block, NestedSolver& solver, BlockValue& value) {
        add_value(block, solver, value);
      })};
  if (result.status != PathSumStatus::Finite) return result;
  result.gradient = Eigen::VectorXd::Zero(weights.size());
  for (const BlockValue& value : values) {
    result.log_likelihood += value.log_likelihood;
    result.gradient += value.gradient;
  }
  return result;
}

LikelihoodCurvature NestedLikelihood::curvature(const Eigen::VectorXd& weights) {
  const auto trips = static_cast<Eigen::Index>(ordered_.trips.size());
  LikelihoodCurvature result{.status = PathSumStatus::Finite};
  result.scores = RowMatrix::Zero(trips, weights.size());
  result.trip_log_likelihoods = Eigen::VectorXd::Zero(trips);
  std::vector<BlockValue> values;
  result.status = for_each_block(weights, values, [&](const Block& block, NestedSolver& solver, BlockValue& value) {
    add_curvature(block, solver, value, result);
  });
  if (result.status != PathSumStatus::Finite) return {.status = result.status};
  result.hessian = Eigen::MatrixXd::Zero(weights.size(), weights.size());
  for (const BlockValue& value : values) result.hessian += value.hessian;
  result.gradient = result.scores.colwise().sum().transpose();
  result.log_likelihood = result.trip_log_likelihoods.sum();
  return result;
}

// Without link size, and where trips end by a move of their own, a cycle that matters for any destination matters,
// whole, for one of them; else each destination closes the cycles through itself. Growths rise with utilities.
SpectralRadius NestedLikelihood::radius(const SpectralRadiusOptions& options) {
  if (!in_range(utilities_))
    return {.status = Status::Stalled, .lower = 0.0, .upper = std::numeric_limits<double>::infinity()};
  std::vector<bool> matter = relevant_links(ordered_);
  NestedUtilities greatest = utilities_;
  if (link_size_weights_) {
    const RoadNetwork& network = ordered_.network;
    matter.assign(matter.size(), false);
    for (int m = 0; m < network.move_count(); ++m) {
      double most = -std::numeric_limits<double>::infinity();
      for (const Block& block : blocks_)
        for (std::size_t lane = 0; lane < block.demands.size(); ++lane)
          if (has_choice(block.problem, network.from[m], lane))
            most = std::max(most, utilities_.link_size * block.problem.link_size(network.to[m])[lane]);
      greatest.moves(m) += most;
      if (std::isfinite(most)) matter[network.from[m]] = true;
    }
  }
  const SpectralRadius all = nested_radius(ordered_.network, pattern_, greatest, matter, options);
  if (!link_size_weights_ && (all.upper < 1.0 || ordered_.ending == Ending::ByMove)) return all;
  SpectralRadius greatest_own{.status = Status::Converged, .lower = 0.0, .upper = 0.0};
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    if (link_size_weights_ && b != stopped_at_) continue;
    for (std::size_t lane = 0; lane < blocks_[b].demands.size(); ++lane) {
      const SpectralRadius own = radius_of_lane(blocks_[b].problem, utilities_, lane, options);
      if (own.status != Status::Converged) greatest_own.status = own.status;
      greatest_own.lower = std::max(greatest_own.lower, own.lower);
      greatest_own.upper = std::max(greatest_own.upper, own.upper);
    }
  }
  if (link_size_weights_) {
    greatest_own.upper = all.upper;
    if (all.status != Status::Converged) greatest_own.status = all.status;
  }
  return greatest_own;
}

RoutePolicy NestedLikelihood::policy_of_lane(int destination, const NestedProblem& problem, const NestedUtilities& at,
                                             const Lanes& values, std::size_t lane) const {
  const LogProbabilities log_probability(problem, at, values, lane);
  constexpr double never = -std::numeric_limits<double>::infinity();
  Eigen::VectorXd moves = Eigen::VectorXd::Constant(ordered_.network.move_count(), never);
  Eigen::VectorXd ends = Eigen::VectorXd::Constant(ordered_.network.link_count(), never);
  for (int m = 0; m < ordered_.network.move_count(); ++m)
    if (has_choice(problem, ordered_.network.from[m], lane)) moves(original_move_[m]) = log_probability.of_move(m);
  for (const int link : ordered_.destinations[destination].links)
    ends(pattern_->order[link]) = log_probability.of_ending(link);
  return RoutePolicy(*data_, destination, std::move(moves), std::move(ends));
}

std::vector<RoutePolicy> NestedLikelihood::policies(const Eigen::VectorXd& weights,
                                                    const std::vector<TripEnds>& trips) {
  const NestedUtilities at = utilities(weights);
  const auto refuse = [](PathSumStatus status) {
    throw std::invalid_argument(fmt::format("weights: {}", describe(status)));
  };
  if (!in_range(at)) refuse(PathSumStatus::OutOfRange);
  std::map<std::pair<int, int>, std::size_t> place;  // by destination and, with link size, origin
  std::vector<std::size_t> place_of_trip;
  std::vector<TripEnds> ends;
  std::vector<std::vector<bool>> matter;
  for (const TripEnds& trip : trips) {
    const auto [found, is_new] =
        place.try_emplace({trip.destination, link_size_weights_ ? trip.origin : -1}, ends.size());
    place_of_trip.push_back(found->second);
    if (!is_new) continue;
    ends.push_back(trip);
    matter.push_back(
        reachable(ordered_.network, ordered_.destinations.at(trip.destination).links, Direction::Backward));
  }
  const Eigen::MatrixXd sizes = link_sizes_of(ends);
  const NestedGuess guess(ordered_.network, at);
  NestedSolver solver(ordered_.network, pattern_);
  std::vector<RoutePolicy> policies;
  for (std::size_t first = 0; first < ends.size(); first += lane_count) {
    const NestedProblem problem = problem_of(ends, matter, sizes, first);
    Lanes values = guess.values(problem);
    if (!solver.solve(problem, at, values)) refuse(why_not(problem, at));
    for (std::size_t i = first; i < std::min(first + lane_count, ends.size()); ++i)
      policies.push_back(policy_of_lane(ends[i].destination, problem, at, values, i - first));
  }
  std::vector<RoutePolicy> result;
  for (const std::size_t p : place_of_trip) result.push_back(policies[p]);
  return result;
}

}  // namespace softrl::irl
