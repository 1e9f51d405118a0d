#include "irl/nested_guess.hpp"

#include <vector>

namespace softrl::irl {

NestedGuess::NestedGuess(const RoadNetwork& network, const NestedUtilities& utilities)
    : scale_(utilities.scales.mean()),
      path_sum_(network, std::vector<bool>(network.links.size(), true), PathSolver::Direct),
      finite_(path_sum_.set_utilities(utilities.moves / scale_) == PathSumStatus::Finite) {}

// Paths that drive on behind a destination that trips end on entering multiply all path sums by the same.
Lanes NestedGuess::values(const NestedProblem& problem) const {
  if (!finite_) return {};
  static_assert(WideBlock::columns == lane_count);
  const int links = problem.network->link_count();
  WideBlock sums = path_sum_.zero_block();
  for (int k = 0; k < links; ++k)
    for (int lane = 0; lane < lane_count; ++lane)
      if ((problem.ending[k] >> lane & 1) != 0 || problem.fixed[k][lane] == 0.0)
        sums.set(path_sum_.row(k), lane, Wide::of(1.0));
  if (!path_sum_.solve(sums)) return {};
  Lanes values = problem.fixed;
  Lane at_end{};
  for (int k = 0; k < links; ++k)
    for (int lane = 0; lane < lane_count; ++lane)
      if (problem.fixed[k][lane] == 0.0) at_end[lane] = log_abs(sums.get(path_sum_.row(k), lane));
  for (int k = 0; k < links; ++k)
    for (int lane = 0; lane < lane_count; ++lane)
      if ((problem.choice[k] >> lane & 1) != 0)
        values[k][lane] = scale_ * (log_abs(sums.get(path_sum_.row(k), lane)) - at_end[lane]);
  return values;
}

}  // namespace softrl::irl
