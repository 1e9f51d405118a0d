// Expected flows of a demand over the links of a network, one transposed solve per destination (docs/math.md 4.5).
#pragma once
#include <vector>

#include <Eigen/Core>

#include "irl/demand.hpp"
#include "irl/route_model.hpp"
#include "softrl/progress.hpp"

namespace softrl::irl {

struct LinkFlows {
  Eigen::VectorXd links;    // [L] expected number of times a link is driven, by all trips; its first link counts.
  Eigen::VectorXd moves;    // [M] the same of moves.
  Eigen::VectorXd started;  // [L] trips that start on the link
  Eigen::VectorXd ended;    // [L] and that end on it.
  double demand;            // Trips; the sum of `ended` is the same up to rounding.
  // What should be 0 and is so up to rounding, in trips:
  double link_imbalance;  // The greatest |moves in + started − moves out − ended| of a link.
  double
      intersection_imbalance;  // The greatest |Σ (links − ended) there ending − Σ (links − started) there beginning|.
};

// Where links meet. A move tells that the link it leaves ends where the link it enters begins.
struct Intersections {
  int count;
  std::vector<int> begins, ends;  // [L] at which one a link does
};
Intersections intersections(const RoadNetwork& network);

// Throws std::invalid_argument as for_each_policy and LinkVisits do.
LinkFlows link_flows(RouteModel& model, const Eigen::VectorXd& weights, const std::vector<Demand>& demand,
                     const ProgressObserver& progress = {});

}  // namespace softrl::irl
