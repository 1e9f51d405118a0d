// The best path from every link to a destination: what a traveller of hard preferences drives, and what path sums are
// scaled by where they leave the range of double precision (docs/math.md 4.5). With u(k) the utility of the best path
// from k, the sums z(k) / exp(u(k)) lie near 1.
#pragma once
#include <optional>
#include <vector>

#include <Eigen/Core>

#include "irl/road_network.hpp"

namespace softrl::irl {

struct BestPaths {
  Eigen::VectorXd utility;  // [L] u(k): the greatest utility of a path from k that ends, −∞ if there is none.
  std::vector<int> move;    // [L] the first move of such a path; −1 if it ends at once, or there is none.
  std::vector<int> order;   // The links that have a path, each behind the link that its move leads to.
};

// The best paths that end on one of `ends`. `utilities` [moves] are finite; no path drives on from a link that is
// `closed` [L] (default: none). Of paths of the same utility any may be taken, the same in every run. None if a cycle
// of positive utility leads to `ends`: there is no best path then. Dijkstra's algorithm if no utility is positive; if
// `until` is a link, it stops when that one's path is known, and links worse than it may have none. Else sweeps over
// all moves (Bellman and Ford).
std::optional<BestPaths> best_paths(const RoadNetwork& network, const IncomingMoves& incoming,
                                    const Eigen::VectorXd& utilities, const std::vector<int>& ends,
                                    const std::vector<bool>& closed = {}, int until = -1);

// The utilities alone [L].
std::optional<Eigen::VectorXd> best_utilities(const RoadNetwork& network, const Eigen::VectorXd& utilities,
                                              const std::vector<int>& ends, const std::vector<bool>& closed);

// The moves of the best path from `origin`, whose utility must not be −∞.
std::vector<int> moves_of_best_path(const RoadNetwork& network, const BestPaths& paths, int origin);

}  // namespace softrl::irl
