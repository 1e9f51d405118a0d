#include "tabular/advantage.hpp"

#include <cmath>
#include <limits>

#include "softrl/check.hpp"
#include "softrl/operators.hpp"
#include "tabular/visitation.hpp"

namespace softrl::tabular {
namespace {

constexpr double unit = std::numeric_limits<double>::epsilon() / 2.0;

void check_values(const Mdp& mdp, const Eigen::VectorXd& values, double values_error) {
  check_size("values", values.size(), mdp.states());
  for (const double value : values) check_finite("values", value);
  if (!(values_error >= 0.0)) check_at_least("values_error", values_error, 0.0);  // +∞ is allowed: nothing is known
}

}  // namespace

// A dot product of n terms, a product, two sums: n + 3 roundings of at most |r| + γ E|V| + |V|.
Advantage advantage(const Mdp& mdp, const Eigen::VectorXd& values, double values_error) {
  check_values(mdp, values, values_error);
  Advantage result{
      .error_bound = 0.0, .action_values = Eigen::VectorXd(mdp.pairs()), .advantages = Eigen::VectorXd(mdp.pairs())};
  for (Index s = 0; s < mdp.states(); ++s) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      result.action_values(k) = mdp.reward(k) + mdp.discount() * mdp.expectation(k, as_span(values));
      result.advantages(k) = result.action_values(k) - values(s);
    }
  }
  const double factor = mdp.discount() * (1.0 + mdp.row_sum_error());
  const double largest = values.size() == 0 ? 0.0 : values.cwiseAbs().maxCoeff();
  const double rounding = unit * (mdp.longest_row() + 4.0) * (mdp.largest_reward() + (factor + 1.0) * largest);
  result.error_bound = ((1.0 + factor) * values_error + rounding) * (1.0 + 8.0 * unit);
  return result;
}

// A dot product of S terms.
AverageValue average_value(const Mdp& mdp, const Eigen::VectorXd& values, double values_error,
                           const Eigen::VectorXd& start) {
  check_values(mdp, values, values_error);
  const Eigen::VectorXd weights = start_distribution(mdp, start);
  const double rounding = unit * (mdp.states() + 2.0) * weights.dot(values.cwiseAbs());
  return {.value = weights.dot(values),
          .error_bound = (weights.sum() * values_error + rounding) * (1.0 + unit * (mdp.states() + 8.0))};
}

}  // namespace softrl::tabular
