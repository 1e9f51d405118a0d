// The nested recursive logit of Mai, Fosgerau and Frejinger (2015), see docs/nested_logit.md: each link k has a scale
// of its own, μ(k) = exp(ω · z(k)) with attributes z of that link, so that utilities of routes that share links may be
// correlated. Where all scales are 1 it is maxent (likelihood.hpp), or LinkSizeModel (link_size.hpp).
//
//     V(k) = μ(k) log( Σ_a exp((θ · f(k → a) + V(a)) / μ(k))  + 1 where a trip may end )
//     P(a | k) = exp((θ · f(k → a) + V(a) − V(k)) / μ(k))        log P(trip) = Σ over its moves, and its end
//
// With link size, f has one more entry, LS(a), and each pair of origin and destination has values of its own.
//
// The gradient costs one transposed solve per destination (or pair), however many weights there are; the Hessian one
// solve per destination and weight. The log-likelihood is not concave: a maximum that a search finds may be one of
// several.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "irl/lane_lu.hpp"
#include "irl/nested_values.hpp"
#include "irl/route_model.hpp"

namespace softrl::irl {

class NestedLikelihood final : public RouteModel {
 public:
  // The weights are θ, of the network's features, and then ω, of `data.scales`. `data` must outlive this object.
  // `threads` ≥ 0, 0 for all cores. Throws std::invalid_argument if there are no trips or no scales.
  explicit NestedLikelihood(const RouteData& data, int threads = 1);
  // With link size: behind θ comes its weight. `link_size_weights` [K] are those that link sizes are computed at.
  // Throws also as link_sizes.
  NestedLikelihood(const RouteData& data, Eigen::VectorXd link_size_weights, int threads = 1);
  ~NestedLikelihood() override;

  const RouteData& data() const override { return *data_; }
  const std::vector<std::string>& weight_names() const override { return names_; }
  FeatureSummary features() const override;
  std::unique_ptr<RouteModel> of_trips(const RouteData& data) const override;

  // A search starts from the values of the last weights: results do not depend on them beyond rounding, the time does.
  LikelihoodValue evaluate(const Eigen::VectorXd& weights) override;
  LikelihoodCurvature curvature(const Eigen::VectorXd& weights) override;

  // As in nested_radius.hpp. With link size the greatest over pairs, with bounds as wide as those of LinkSizeModel: the
  // lower one of eight pairs (among which is one that diverges, if the weights last evaluated are not feasible), the
  // upper one of the greatest utility that a move has for any pair.
  SpectralRadius radius(const SpectralRadiusOptions& options = {}) override;

  bool origin_matters() const override { return link_size_weights_.has_value(); }
  std::vector<RoutePolicy> policies(const Eigen::VectorXd& weights, const std::vector<TripEnds>& trips) override;

  // Sum over blocks of eight destinations (or pairs) of the number of systems that were factorised by the last
  // evaluation, for diagnosis.
  int factorisations() const { return factorisations_; }

 private:
  struct Demand;
  struct Block;
  struct BlockValue;
  class Workspaces;

  NestedLikelihood(const RouteData& data, int threads, std::optional<Eigen::VectorXd> link_size_weights);

  NestedUtilities utilities(const Eigen::VectorXd& weights) const;
  bool in_range(const NestedUtilities& utilities) const;
  Eigen::MatrixXd link_sizes_of(const std::vector<TripEnds>& ends) const;
  NestedProblem problem_of(const std::vector<TripEnds>& ends, const std::vector<std::vector<bool>>& matter,
                           const Eigen::MatrixXd& sizes, std::size_t first) const;
  SpectralRadius radius_of_lane(const NestedProblem& problem, const NestedUtilities& at, std::size_t lane,
                                const SpectralRadiusOptions& options = {}) const;
  PathSumStatus why_not(const NestedProblem& problem, const NestedUtilities& at) const;
  RoutePolicy policy_of_lane(int destination, const NestedProblem& problem, const NestedUtilities& at,
                             const Lanes& values, std::size_t lane) const;
  template <class Work>
  PathSumStatus for_each_block(const Eigen::VectorXd& weights, std::vector<BlockValue>& values, const Work& work);
  void add_value(const Block& block, NestedSolver& solver, BlockValue& value) const;
  void add_curvature(const Block& block, NestedSolver& solver, BlockValue& value, LikelihoodCurvature& result) const;

  const RouteData* data_;
  int threads_;
  std::optional<Eigen::VectorXd> link_size_weights_;
  std::vector<std::string> names_;
  std::shared_ptr<const LuPattern> pattern_;
  RouteData ordered_;               // the same data with links in the order of elimination
  std::vector<int> original_move_;  // [M] the moves of `ordered_` in `data_`
  std::vector<Block> blocks_;
  std::unique_ptr<Workspaces> workspaces_;
  NestedUtilities utilities_;   // at the weights last evaluated
  std::size_t stopped_at_ = 0;  // the block that had no values there, if one had not
  double largest_link_size_ = 0.0;
  int factorisations_ = 0;
};

}  // namespace softrl::irl
