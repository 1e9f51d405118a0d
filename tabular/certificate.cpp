#include "tabular/certificate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace softrl::tabular {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double unit = std::numeric_limits<double>::epsilon() / 2.0;  // relative error of one operation

double largest_magnitude(const Mdp& mdp, double largest_value) {
  return mdp.largest_reward() + mdp.discount() * (1.0 + mdp.row_sum_error()) * largest_value;
}

}  // namespace

// With u the rounding unit, n the longest row, m the largest action set, B ≥ |r| + γ E|V| and Λ ≥ |log μ|. Log-sum-exp
// passes on the mean, under the Boltzmann policy, of the errors of its exponents; under it the mean of
// d = (max Q − Q)/α is at most log m + 2Λ, and that of max x − x at most log m:
//   Q            a dot product of n terms, a product, a sum     error ≤ (n + 2) u B
//   x            −d + log μ, three operations                   α error ≤ α u (3 (log m + 2Λ) + Λ)
//   exp(x−max x) the difference u (max x − x), exp 2u           α error ≤ α u (log m + 2)
//   Σ, log       m − 1 sums, the logarithm 2u of at most log m  α error ≤ α u (m − 1 + 2 log m)
//   Q + α(x+log) three more operations                          error ≤ u B + 3 α u (Λ + log m)
// Altogether (n + 3) u B + α u (m + 1 + 9 log m + 10 Λ); the larger constants below absorb terms of order u².
double backup_rounding_error_at(const Bellman& bellman, double magnitude) {
  const double n = bellman.mdp().longest_row(), m = std::max<double>(bellman.mdp().largest_action_set(), 1.0);
  const double weights = m + 3.0 + 10.0 * std::log(m) + 11.0 * bellman.largest_log_weight();
  return unit * (n + 5.0) * magnitude + unit * weights * bellman.temperature();
}

// As above, with (n + m + 4) u B for the expected value, (m + 4) u |D| for the
// divergence, whose terms add up to at most log m + Λ.
double policy_backup_rounding_error_at(const Bellman& bellman, double magnitude) {
  const double n = bellman.mdp().longest_row(), m = std::max<double>(bellman.mdp().largest_action_set(), 1.0);
  const double divergence = std::log(m) + 1.0 + bellman.largest_log_weight();
  return 2.0 * unit * (n + m + 6.0) * magnitude + 2.0 * unit * (m + 6.0) * divergence * bellman.temperature();
}

double backup_rounding_error(const Bellman& bellman, double largest_value) {
  return backup_rounding_error_at(bellman, largest_magnitude(bellman.mdp(), largest_value));
}

double policy_backup_rounding_error(const Bellman& bellman, double largest_value) {
  return policy_backup_rounding_error_at(bellman, largest_magnitude(bellman.mdp(), largest_value));
}

double change_rounding_error(const Bellman& bellman, const Sweep& sweep) {
  return backup_rounding_error(bellman, sweep.largest_value) +
         bellman.mdp().discount() * bellman.mdp().row_sum_error() * sweep.largest_value + 2.0 * unit * sweep.residual();
}

// U = W + c in states that are not terminal is a supersolution once c ≥ η + f max(d + c) for the backup's rounding
// error η, d = W − V with its 0 in terminal states, and f = γ Σ P(s'|s,a) as stored: TU ≤ T(V + max(d + c)) ≤ W + η + f
// max(d + c).
Gap macqueen_porteus(const Bellman& bellman, const Sweep& sweep) {
  const Mdp& mdp = bellman.mdp();
  if (sweep.largest_change < sweep.smallest_change) return {0.0, 0.0};  // nothing but terminal states
  const double slack = mdp.row_sum_error() + 4.0 * unit;
  const double most = mdp.discount() * (1.0 + slack), least = mdp.discount() * (1.0 - slack);
  if (!(most < 1.0)) return {-infinity, infinity};

  const double error = backup_rounding_error(bellman, sweep.largest_value) + 2.0 * unit * sweep.residual();
  const auto bound = [&](double change) {
    const double d = mdp.has_terminal_states() ? std::max(change, 0.0) : change;
    const double c = std::max((error + most * d) / (1.0 - most), (error + least * d) / (1.0 - least));
    return c + 8.0 * unit * std::abs(c);
  };
  return {-bound(-sweep.smallest_change), bound(sweep.largest_change)};
}

}  // namespace softrl::tabular
