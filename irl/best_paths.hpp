// The best path from every link to a destination: what path sums are scaled by where they leave the range of double
// precision (docs/math.md 4.5). With u(k) the utility of the best path from k, the sums z(k) / exp(u(k)) lie near 1.
#pragma once
#include <optional>
#include <vector>

#include <Eigen/Core>

#include "irl/road_network.hpp"

namespace softrl::irl {

// u(k) [L]: the greatest utility of a path from k that ends on one of `ends`, −∞ if there is none. `utilities` [moves]
// are finite; no path drives on from a link that is `closed` [L]. None if a cycle of positive utility leads to `ends`:
// there is no best path then. By sweeps over all moves (Bellman and Ford).
std::optional<Eigen::VectorXd> best_utilities(const RoadNetwork& network, const Eigen::VectorXd& utilities,
                                              const std::vector<int>& ends, const std::vector<bool>& closed);

}  // namespace softrl::irl
