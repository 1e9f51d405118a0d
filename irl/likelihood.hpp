// The log-likelihood of observed trips, with exact first and second derivatives (docs/math.md 4.1, 4.5).
//
//     L(θ) = Σ_trips ( θ · f_trip − log z_d(o) )        o the trip's origin, d its destination
//     ∇L   = Σ_trips ( f_trip − E[f | o → d] )
//
// One factorisation serves all destinations wherever that will do. The gradient costs one transposed solve per
// destination, however many features there are: x = (I − M)⁻ᵀ Σ_o n_o e_o / z(o) is the flow, and move (k → a) is
// expected x(k) M(k,a) z(a) times. The Hessian costs K more solves per destination.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include <Eigen/Core>

#include "irl/path_sum.hpp"
#include "irl/route_model.hpp"
#include "irl/trips.hpp"

namespace softrl::irl {

class Likelihood final : public RouteModel {
 public:
  // `data` must outlive this object. The results are the same for any number of `threads`; 0: one for each core. Throws
  // std::invalid_argument if there are no trips.
  explicit Likelihood(const RouteData& data, int threads = 1, PathSolver solver = PathSolver::Auto);

  const RouteData& data() const override { return *data_; }
  const std::vector<std::string>& weight_names() const override { return data_->network.features; }
  FeatureSummary features() const override { return summarise_features(*data_); }

  LikelihoodValue evaluate(const Eigen::VectorXd& weights) override;
  LikelihoodCurvature curvature(const Eigen::VectorXd& weights) override;  // The Hessian is negative semidefinite.
  std::unique_ptr<RouteModel> of_trips(const RouteData& data) const override;

  // At the weights last evaluated: below 1 where the path sums are finite. It is that of the links that matter for any
  // destination, if that is below 1; else, for Ending::OnEntering, the greatest over destinations of the links that
  // matter for that one, without the moves out of it.
  SpectralRadius radius(const SpectralRadiusOptions& options = {}) override;

  bool origin_matters() const override { return false; }
  std::vector<RoutePolicy> policies(const Eigen::VectorXd& weights, const std::vector<TripEnds>& trips) override;

 private:
  // Trips to one destination that start on the same link share their path sum.
  struct Origin {
    int link;
    double trips;
  };
  struct Demand {
    int destination;
    double trips;
    std::vector<Origin> origins;
    int first_pair;  // of destination and origin, among those of all demands
  };
  // Up to eight demands, a column each: path sums y, and flows x of the trips until they reach the destination.
  struct Block {
    std::vector<int> demands = {};
    WideBlock sums, flows;
    std::vector<PathSum::Swept> swept = {};  // a column each, if there are no factors
  };

  std::vector<Eigen::VectorXd> values_of(const Eigen::VectorXd& utilities, const std::vector<int>& destinations);
  LikelihoodValue value_at(const Eigen::VectorXd& weights);
  LikelihoodCurvature curvature_at(const Eigen::VectorXd& weights);
  template <class Result, class Add>
  PathSumStatus solve_all(const Eigen::VectorXd& weights, std::vector<Result>& groups, const Add& add);
  PathSumStatus solve(const PathSum& path_sum, Block& block) const;
  PathSumStatus sweep(const PathSum& path_sum, Block& block) const;
  PathSumStatus sweep_along(const PathSum& path_sum, const Block& block, const Eigen::MatrixXd& by_place,
                            std::vector<double>& chances, std::vector<double>& rest) const;
  std::vector<bool> closed_links(const Demand& demand) const;
  Wide divisor(const PathSum& path_sum, const Block& block, int column) const;
  PathSumStatus set_own_weights(PathSum& path_sum, const Eigen::VectorXd& weights, const Demand& demand) const;
  bool each_may_succeed(PathSumStatus shared) const;
  int destination_link(const Demand& demand) const { return data_->destinations[demand.destination].links.front(); }

  const RouteData* data_;
  int threads_;
  PathSolver solver_;
  RowMatrix trip_features_;         // [trips × K] sums over the moves of each trip
  Eigen::VectorXd feature_totals_;  // [K] and over all trips
  std::vector<Demand> demands_;
  int pairs_ = 0;
  std::vector<int> pair_of_trip_;
  PathSum path_sum_;
  Eigen::VectorXd weights_;  // last evaluated
  // What policies are of: all links, with the utilities last asked for, and whether that has factors.
  std::optional<PathSum> everywhere_;
  Eigen::VectorXd everywhere_utilities_;
  bool everywhere_finite_ = false;
  // Every destination has its own M, of the links that matter for it alone, and its own factorisation: where the path
  // sums are finite only because trips end on entering their destination. Slower, so that the factors for all are tried
  // first.
  bool factorise_each_ = false;
};

}  // namespace softrl::irl
