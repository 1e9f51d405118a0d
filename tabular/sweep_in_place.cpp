#include "tabular/sweep_in_place.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace softrl::tabular {

Sweep sweep_in_place(Bellman& bellman, Eigen::VectorXd& values, bool forward) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Mdp& mdp = bellman.mdp();
  Sweep sweep{.smallest_change = infinity, .largest_change = -infinity, .largest_value = 0.0};
  for (Index i = 0; i < mdp.states(); ++i) {
    const Index s = forward ? i : mdp.states() - 1 - i;
    sweep.largest_value = std::max(sweep.largest_value, std::abs(values(s)));
    if (mdp.is_terminal(s)) continue;
    const double value = bellman.backup(s, values);
    const double change = value - values(s);
    sweep.smallest_change = std::min(sweep.smallest_change, change);
    sweep.largest_change = std::max(sweep.largest_change, change);
    values(s) = value;
  }
  return sweep;
}

void sweep_to_and_fro(Bellman& bellman, Eigen::VectorXd& values) {
  sweep_in_place(bellman, values, false);
  sweep_in_place(bellman, values, true);
}

}  // namespace softrl::tabular
