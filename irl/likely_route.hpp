// The most likely routes of a model of route choice to its destination, exactly and not move by move.
//
//     log P(route) = Σ log P(move | link) + log P(end | last link)
//     best(k)      = the greatest log P of a way from k to the end: a shortest path on −log P
//
// A prefix of a route from `origin` that has reached k has no continuation likelier than its own log P + best(k), and
// one as likely. Growing the prefix of the greatest such value first therefore ends routes in the order of log P.
#pragma once
#include <vector>

#include "irl/road_network.hpp"
#include "softrl/policy.hpp"
#include "softrl/status.hpp"

namespace softrl::irl {

struct LikelyRoutesOptions {
  int count = 1;                   // ≥ 1 routes wanted.
  bool loops = true;               // Whether a route may pass a link twice, as it may in the maxent model.
  int max_expansions = 1'000'000;  // ≥ 1 prefixes grown. With loops a route takes no more than there are links.
};

struct LikelyRoute {
  std::vector<int> moves;  // Indices of the network's moves, in order.
  double log_prob;         // In nats.
};

struct LikelyRoutes {
  Status status;  // Converged, or IterationLimit: there may be more routes than were found before `max_expansions`.
  std::vector<LikelyRoute> routes;  // The most likely ones, likeliest first; fewer than `count` if there are no more.
  int expansions;                   // Prefixes grown.
};

// The search for routes from any origin: what is behind every link is found once.
class LikelyRouteSearch {
 public:
  // `policy` as RoutePolicy: observations are links, actions the positions of a move among those out of a link, or
  // out_degree(link) to end. `network` must outlive this object. Throws std::invalid_argument if a log_prob of the
  // policy is NaN or above 0 (by more than rounding).
  LikelyRouteSearch(const RoadNetwork& network, const DiscretePolicy& policy);

  // Of routes whose log_prob is the same to the last bit any may come first, the same in every run. Throws
  // std::invalid_argument if an option or `origin` is out of range.
  LikelyRoutes from(int origin, const LikelyRoutesOptions& options = {}) const;

 private:
  const RoadNetwork* network_;
  std::vector<double> move_log_probs_;  // [M]
  std::vector<double> end_log_probs_;   // [L]
  std::vector<double> best_;            // [L] best(k); −∞ where there is no end
  std::vector<int> rank_;               // [L] position of k in the order in which best was found
};

// From one origin. Throws as both of the above.
LikelyRoutes likely_routes(const RoadNetwork& network, const DiscretePolicy& policy, int origin,
                           const LikelyRoutesOptions& options = {});

}  // namespace softrl::irl
