// The log-likelihood of observed trips, with exact first and second derivatives (docs/math.md 4.1, 4.5).
//
//     L(θ) = Σ_trips ( θ · f_trip − log z_d(o) )        o the trip's origin, d its destination
//     ∇L   = Σ_trips ( f_trip − E[f | o → d] )
//
// One factorisation serves all destinations. The gradient costs one transposed solve per destination, however many
// features there are: x = (I − M)⁻ᵀ Σ_o n_o e_o / z(o) is the flow, and move (k → a) is expected x(k) M(k,a) z(a)
// times. The Hessian costs K more solves per destination.
#pragma once
#include <vector>

#include <Eigen/Core>

#include "irl/path_sum.hpp"
#include "irl/trips.hpp"

namespace softrl::irl {

struct LikelihoodValue {
  PathSumStatus status;           // The rest is meaningful only if Finite.
  double log_likelihood = 0.0;    // Sum over trips, in nats.
  Eigen::VectorXd gradient = {};  // [K]
};

struct LikelihoodCurvature {
  PathSumStatus status;  // As above.
  double log_likelihood = 0.0;
  Eigen::VectorXd gradient = {};
  Eigen::MatrixXd hessian = {};  // [K × K] of L; negative semidefinite.
  RowMatrix scores = {};         // [trips × K] each trip's own gradient; they sum to `gradient`.
};

class Likelihood {
 public:
  // `data` must outlive this object. Throws std::invalid_argument if it has no trips.
  explicit Likelihood(const RouteData& data);

  LikelihoodValue evaluate(const Eigen::VectorXd& weights);
  LikelihoodCurvature curvature(const Eigen::VectorXd& weights);

  // At the weights last evaluated: below 1 where the path sums are finite. For Ending::OnEntering it is that of the
  // network in which one may drive on from a destination, if that is below 1; else, since no trip does, the greatest
  // over destinations of the network without the moves out of that one.
  SpectralRadius radius(const SpectralRadiusOptions& options = {});

  const RouteData& data() const { return *data_; }

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
  };
  // What a block of destinations contributes: path sums y, flows x, log z.
  struct Block {
    PathSumStatus status = PathSumStatus::Finite;
    std::vector<int> demands = {};
    Eigen::MatrixXd path_sums = {}, flows = {};  // [L × demands]
    double log_path_sum = 0.0;                   // Σ n_o log z(o)
  };
  PathSumStatus set_weights(const Eigen::VectorXd& weights);
  Block solve_block(std::size_t first);
  int destination_link(const Demand& demand) const { return data_->destinations[demand.destination].links.front(); }

  const RouteData* data_;
  Eigen::VectorXd feature_totals_;
  std::vector<Demand> demands_;
  std::vector<int> demand_of_trip_;
  PathSum path_sum_;
  Eigen::VectorXd weights_;  // last evaluated
  // Ending::OnEntering where the path sums are finite only because trips end: every destination has its own M, without
  // the moves out of it, and its own factorisation.
  bool factorise_each_ = false;
};

}  // namespace softrl::irl
