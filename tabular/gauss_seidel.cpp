#include "tabular/gauss_seidel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "tabular/iterate.hpp"
#include "tabular/sweep_in_place.hpp"

namespace softrl::tabular {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// After a sweep in place, TV − V lies between γ min(0, least change) and γ max(0, largest change), because every state
// was computed from values that have since changed by 0 or by their change. Below discount 1 that foretells the
// MacQueen-Porteus bounds.
double promised_bound(const Sweep& sweep, double discount) {
  const double spread = std::max(sweep.largest_change, 0.0) - std::min(sweep.smallest_change, 0.0);
  return 0.5 * discount * discount / (1.0 - discount) * spread;
}

}  // namespace

Solution gauss_seidel(const Mdp& mdp, const SolverOptions& options) {
  Bellman bellman(mdp, options.temperature, options.base_measure, options.threads);
  bool forward = true;
  // A promise that was not kept is not believed again before the changes have become much smaller.
  double believed_below = mdp.discount() < 1.0 ? infinity : options.tolerance;
  return iterate(bellman, Method::GaussSeidel, options, [&](Iterate& at) {
    if (at.iterations == 0) return Move::Certify;  // the start values
    if (at.certified) {
      move_to_midpoint(bellman, at);
      std::swap(at.values, at.next);
    }
    at.sweep = sweep_in_place(bellman, at.values, forward);
    forward = !forward;
    const double residual = at.sweep.residual();
    if (!std::isfinite(residual)) return Move::Last;
    if (residual > believed_below) return Move::Continue;
    if (mdp.discount() < 1.0 && promised_bound(at.sweep, mdp.discount()) > options.tolerance) return Move::Continue;
    believed_below = 0.25 * residual;
    return Move::Certify;
  });
}

}  // namespace softrl::tabular
