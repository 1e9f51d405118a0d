#include "irl/best_paths.hpp"

#include <limits>

namespace softrl::irl {

std::optional<Eigen::VectorXd> best_utilities(const RoadNetwork& network, const Eigen::VectorXd& utilities,
                                              const std::vector<int>& ends, const std::vector<bool>& closed) {
  Eigen::VectorXd best = Eigen::VectorXd::Constant(network.link_count(), -std::numeric_limits<double>::infinity());
  for (const int link : ends) best(link) = 0.0;
  // Without such a cycle a best path meets no link twice, so that as many sweeps as links find it.
  for (int sweep = 0; sweep <= network.link_count(); ++sweep) {
    bool changed = false;
    for (int m = network.move_count() - 1; m >= 0; --m) {
      const int from = network.from[m];
      const double utility = utilities(m) + best(network.to[m]);
      if (closed[from] || !(utility > best(from))) continue;
      best(from) = utility;
      changed = true;
    }
    if (!changed) return best;
  }
  return std::nullopt;
}

}  // namespace softrl::irl
