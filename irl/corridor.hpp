// Maxent over the reasonably good paths alone, as Ziebart 2008 trained it: between an origin o and a destination d only
// links count that lie on a path at most `detour` times as costly as the cheapest one,
//
//     cost(o → k) + cost(k → d)  ≤  detour · cost(o → d)
//
// and the links of the trips observed between them. Path sums are then sums over paths inside this corridor, so that
// every pair of origin and destination has a problem of its own, a small one. A trip that leaves the corridor of its
// pair, as one that was not among those observed may, has probability 0. Where a trip may end on its origin the
// cheapest path costs nothing, and only links of observed trips and such as cost nothing are beside it.
#pragma once
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <Eigen/Core>

#include "irl/best_paths.hpp"
#include "irl/likelihood.hpp"
#include "irl/route_model.hpp"
#include "irl/trips.hpp"

namespace softrl::irl {

// Finds corridors. Costs are those of the moves.
class Corridors {
 public:
  // `costs` [M] ≥ 0, `detour` ≥ 1. `data` must outlive this object. Throws std::invalid_argument otherwise.
  Corridors(const RouteData& data, const Eigen::VectorXd& costs, double detour);

  // Whether each link [L] is in the corridor, but for what observed trips add. Remembers the costs from and to links.
  std::vector<bool> links(const TripEnds& ends);

 private:
  const RouteData* data_;
  Eigen::VectorXd utilities_;  // −costs
  double detour_;
  IncomingMoves incoming_;
  RoadNetwork reversed_;  // Its one feature is the utility.
  IncomingMoves reversed_incoming_;
  std::map<int, Eigen::VectorXd> from_, to_;  // By origin, by destination: −cost [L]
};

class CorridorLikelihood final : public RouteModel {
 public:
  // As Corridors. Throws std::invalid_argument, too, if there are no trips.
  CorridorLikelihood(const RouteData& data, const Eigen::VectorXd& costs, double detour);

  const RouteData& data() const override { return *data_; }
  const std::vector<std::string>& weight_names() const override { return data_->network.features; }
  FeatureSummary features() const override { return summarise_features(*data_); }
  LikelihoodValue evaluate(const Eigen::VectorXd& weights) override;
  LikelihoodCurvature curvature(const Eigen::VectorXd& weights) override;
  SpectralRadius radius(const SpectralRadiusOptions& options = {}) override;  // The greatest of all pairs.
  bool origin_matters() const override { return true; }
  std::vector<RoutePolicy> policies(const Eigen::VectorXd& weights, const std::vector<TripEnds>& trips) override;

  int trips_outside() const { return trips_outside_; }  // That only their own links keep in their corridor.
  double mean_links() const;                            // Of a corridor, over pairs.

 private:
  // A pair of origin and destination: the network of its corridor with its trips. The destination is number 0.
  struct Pair {
    std::vector<int> links, moves;  // Of the whole network, in the order of the corridor's.
    RouteData data;
    std::vector<int> trips;                  // Their indices in the whole data.
    std::unique_ptr<Likelihood> likelihood;  // Null without trips or moves: nothing is chosen then.
  };
  Pair make_pair(const TripEnds& ends, const std::vector<int>& trips);

  const RouteData* data_;
  Corridors corridors_;
  Eigen::VectorXd weights_;  // Last evaluated.
  int trips_outside_ = 0;
  std::map<std::pair<int, int>, std::unique_ptr<Pair>> pairs_;  // By destination and origin. Likelihoods stay in place.
};

}  // namespace softrl::irl
