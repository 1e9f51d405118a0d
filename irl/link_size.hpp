// Recursive logit with link size (Fosgerau, Frejinger and Karlström 2013): a model for routes that share links.
//
//     u_od(k → a) = θ · f(k → a) + θ_LS LS_od(a)
//
// Link size LS_od(a) is how often a trip from o to d is expected on link a by the model without it, at given weights.
// Every pair of origin and destination has path sums of its own: eight are solved for at once, each in a lane of the
// processor's vectors.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "irl/lane_lu.hpp"
#include "irl/path_sum.hpp"
#include "irl/route_model.hpp"
#include "irl/trips.hpp"

namespace softrl::irl {

// LS [L × trips] at the weights [K] of the model without it: the expected number of times that a trip with these two
// ends is on each link, its origin counted. Throws std::invalid_argument if the path sum is not finite, or a trip's
// destination cannot be reached.
Eigen::MatrixXd link_sizes(const RouteData& data, const Eigen::VectorXd& weights, const std::vector<TripEnds>& trips);

class LinkSizeModel final : public RouteModel {
 public:
  // `data` must outlive this object. `weights` [K] are those of link size. The results are the same for any number of
  // `threads`; 0: one for each core. Throws std::invalid_argument if there are no trips, and as link_sizes.
  LinkSizeModel(const RouteData& data, Eigen::VectorXd weights, int threads = 1);

  const RouteData& data() const override { return *data_; }
  const std::vector<std::string>& weight_names() const override { return names_; }  // the last is link_size
  FeatureSummary features() const override;

  LikelihoodValue evaluate(const Eigen::VectorXd& weights) override;
  LikelihoodCurvature curvature(const Eigen::VectorXd& weights) override;  // The Hessian is negative semidefinite.
  std::unique_ptr<RouteModel> of_trips(const RouteData& data) const override;

  // The greatest over pairs of origin and destination. Its bounds are the lower one of a pair (that which diverges, if
  // the weights last evaluated are not feasible) and the upper one of the greatest weight that a move has for any pair.
  SpectralRadius radius(const SpectralRadiusOptions& options = {}) override;

  bool origin_matters() const override { return true; }
  std::vector<RoutePolicy> policies(const Eigen::VectorXd& weights, const std::vector<TripEnds>& trips) override;

 private:
  struct Block;

  int feature_count() const { return static_cast<int>(names_.size()); }
  Eigen::RowVectorXd features_of(int move, int pair) const;
  // [moves], with the link sizes [L] of a pair, and by place exp of them without link sizes.
  Eigen::VectorXd utilities(const Eigen::VectorXd& weights, const Eigen::Ref<const Eigen::VectorXd>& sizes) const;
  std::vector<double> base_of(const PathSum& path_sum, const Eigen::VectorXd& weights) const;
  PathSumStatus solve(const Eigen::VectorXd& weights, const std::vector<double>& base, int first, Block& block,
                      std::optional<PathSum>& own) const;
  template <class Result, class Add>
  PathSumStatus solve_all(const Eigen::VectorXd& weights, std::vector<Result>& groups, const Add& add);

  const RouteData* data_;
  int threads_;
  Eigen::VectorXd link_size_weights_;
  std::vector<std::string> names_;
  std::vector<TripEnds> pairs_;
  std::vector<double> trips_;              // [pairs] how many
  std::vector<std::vector<bool>> closed_;  // [pairs] the links that no path of the pair leaves [L]
  std::vector<int> pair_of_trip_;
  Eigen::MatrixXd sizes_;    // [L × pairs]
  RowMatrix trip_features_;  // [trips × K] sums over the moves of each trip
  PathSum path_sum_;
  std::optional<PathSum> whole_;  // of all links, for policies, once there are any
  Eigen::VectorXd weights_;       // last evaluated
  int infeasible_pair_ = -1;
};

}  // namespace softrl::irl
