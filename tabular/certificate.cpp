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

// docs/rounding.md 2.
double backup_rounding_error_at(const Bellman& bellman, double magnitude) {
  const double n = bellman.mdp().longest_row(), m = std::max<double>(bellman.mdp().largest_action_set(), 1.0);
  const double weights = m + 4.0 + 14.0 * std::log(m) + 13.0 * bellman.largest_log_weight();
  return unit * (n + 5.0) * magnitude + unit * weights * bellman.temperature() + std::numeric_limits<double>::min();
}

// docs/rounding.md 3.
double policy_backup_rounding_error_at(const Bellman& bellman, double magnitude) {
  const double n = bellman.mdp().longest_row(), m = std::max<double>(bellman.mdp().largest_action_set(), 1.0);
  const double divergence = std::log(m) + 1.0 + bellman.largest_log_weight();
  return 2.0 * unit * (n + m + 6.0) * magnitude + 2.0 * unit * (m + 6.0) * divergence * bellman.temperature() +
         std::numeric_limits<double>::min();
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

// docs/rounding.md 4.
Gap macqueen_porteus(const Bellman& bellman, const Sweep& sweep) {
  const Mdp& mdp = bellman.mdp();
  if (sweep.largest_change < sweep.smallest_change) return {0.0, 0.0};  // nothing but terminal states
  const double slack = mdp.row_sum_error() + 4.0 * unit;
  const double most = mdp.discount() * (1.0 + slack), least = mdp.discount() * (1.0 - slack);
  if (!(most < 1.0)) return {-infinity, infinity};

  const double error = change_rounding_error(bellman, sweep);
  const auto bound = [&](double change) {
    const double d = mdp.has_terminal_states() ? std::max(change, 0.0) : change;
    const double c = std::max((error + most * d) / (1.0 - most), (error + least * d) / (1.0 - least));
    return c + 8.0 * unit * std::abs(c);
  };
  return {-bound(-sweep.smallest_change), bound(sweep.largest_change)};
}

Centred centre(const Gap& gap, double largest_value) {
  const double middle = 0.5 * (gap.lower + gap.upper);
  const double rounding = unit * (largest_value + std::abs(middle));  // of W + middle
  return {.middle = middle,
          .lower_gap = rounded_up(middle - gap.lower + rounding),
          .upper_gap = rounded_up(gap.upper - middle + rounding)};
}

double rounded_up(double x) { return x * (1.0 + 8.0 * unit); }

}  // namespace softrl::tabular
