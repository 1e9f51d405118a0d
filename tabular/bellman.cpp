#include "tabular/bellman.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "softrl/check.hpp"
#include "softrl/operators.hpp"

namespace softrl::tabular {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class Span>
Span row_of(const Mdp& mdp, Index state, Span per_pair) {
  return per_pair.subspan(static_cast<std::size_t>(mdp.first_pair(state)),
                          static_cast<std::size_t>(mdp.action_count(state)));
}

}  // namespace

double Sweep::residual() const {
  return largest_change < smallest_change ? 0.0 : std::max(std::abs(smallest_change), std::abs(largest_change));
}

Bellman::Bellman(const Mdp& mdp, double temperature, const BaseMeasure& measure)
    : mdp_(mdp),
      temperature_(temperature),
      measure_(measure),
      row_(static_cast<std::size_t>(mdp.largest_action_set())) {
  check_at_least("temperature", temperature, 0.0);
  check_base_measure(mdp, measure);
  for (const double log_weight : measure.log_weights) {
    if (std::isfinite(log_weight)) largest_log_weight_ = std::max(largest_log_weight_, std::abs(log_weight));
  }
}

std::span<const double> Bellman::log_weights(Index state) const {
  if (measure_.log_weights.size() == 0) return {};
  return row_of(mdp_, state, as_span(measure_.log_weights));
}

Eigen::VectorXd Bellman::start_values(const Eigen::VectorXd& initial) const {
  Eigen::VectorXd values = initial;
  if (initial.size() == 0) values.setZero(mdp_.states());
  check_size("initial_values", values.size(), mdp_.states());
  for (const double value : values) check_finite("initial_values", value);
  for (const auto& [state, value] : mdp_.terminal()) values(state) = value;
  return values;
}

double Bellman::backup(Index state, const Eigen::VectorXd& values) {
  const auto v = as_span(values);
  const Index first = mdp_.first_pair(state);
  const std::span q(row_.data(), static_cast<std::size_t>(mdp_.action_count(state)));
  for (Index i = 0; i < mdp_.action_count(state); ++i)
    q[static_cast<std::size_t>(i)] = mdp_.reward(first + i) + mdp_.discount() * mdp_.expectation(first + i, v);
  return soft_value(q, temperature_, log_weights(state));
}

Sweep Bellman::optimal_sweep(const Eigen::VectorXd& values, Eigen::VectorXd& next) {
  Sweep sweep{.smallest_change = infinity, .largest_change = -infinity, .largest_value = 0.0};
  for (Index s = 0; s < mdp_.states(); ++s) {
    sweep.largest_value = std::max(sweep.largest_value, std::abs(values(s)));
    if (mdp_.is_terminal(s)) {
      next(s) = values(s);
      continue;
    }
    next(s) = backup(s, values);
    const double change = next(s) - values(s);
    sweep.smallest_change = std::min(sweep.smallest_change, change);
    sweep.largest_change = std::max(sweep.largest_change, change);
  }
  return sweep;
}

Eigen::VectorXd Bellman::action_values(const Eigen::VectorXd& values) const {
  check_size("values", values.size(), mdp_.states());
  const auto v = as_span(values);
  Eigen::VectorXd q(mdp_.pairs());
  for (Index k = 0; k < mdp_.pairs(); ++k) q(k) = mdp_.reward(k) + mdp_.discount() * mdp_.expectation(k, v);
  return q;
}

Eigen::VectorXd Bellman::state_values(const Eigen::VectorXd& q) const {
  check_size("action values", q.size(), mdp_.pairs());
  Eigen::VectorXd values = start_values({});
  for (Index s = 0; s < mdp_.states(); ++s) {
    if (!mdp_.is_terminal(s)) values(s) = soft_value(row_of(mdp_, s, as_span(q)), temperature_, log_weights(s));
  }
  return values;
}

Eigen::VectorXd Bellman::boltzmann(const Eigen::VectorXd& q) const {
  check_size("action values", q.size(), mdp_.pairs());
  Eigen::VectorXd policy(mdp_.pairs());
  for (Index s = 0; s < mdp_.states(); ++s)
    boltzmann_policy(row_of(mdp_, s, as_span(q)), temperature_, log_weights(s), row_of(mdp_, s, as_span(policy)));
  return policy;
}

Eigen::VectorXd Bellman::policy_values(const Eigen::VectorXd& policy, const Eigen::VectorXd& q) const {
  check_size("policy", policy.size(), mdp_.pairs());
  check_size("action values", q.size(), mdp_.pairs());
  Eigen::VectorXd values = start_values({});
  for (Index s = 0; s < mdp_.states(); ++s) {
    if (mdp_.is_terminal(s)) continue;
    const auto row = row_of(mdp_, s, as_span(policy));
    const auto q_row = row_of(mdp_, s, as_span(q));
    double sum = 0.0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i] > 0.0) sum += row[i] * q_row[i];
    }
    values(s) = temperature_ == 0.0 ? sum : sum - temperature_ * divergence(row, log_weights(s));
  }
  return values;
}

}  // namespace softrl::tabular
