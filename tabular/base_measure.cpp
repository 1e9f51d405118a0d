#include "tabular/base_measure.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>

#include "softrl/check.hpp"
#include "softrl/operators.hpp"

namespace softrl::tabular {

BaseMeasure BaseMeasure::kl_to(const Mdp& mdp, const Eigen::VectorXd& policy) {
  check_policy(mdp, policy);
  return {.log_weights = policy.array().log()};
}

void check_base_measure(const Mdp& mdp, const BaseMeasure& measure) {
  if (measure.log_weights.size() == 0) return;
  check_size("base measure", measure.log_weights.size(), mdp.pairs());
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (Index s = 0; s < mdp.states(); ++s) {
    bool available = mdp.is_terminal(s);
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      const double log_weight = measure.log_weights(k);
      if (!(log_weight < infinity))
        throw std::invalid_argument(
            fmt::format("base measure: log weight of state {}, action {} must be below +inf, got {}", s,
                        mdp.action(k, s), log_weight));
      available = available || log_weight > -infinity;
    }
    if (!available)
      throw std::invalid_argument(fmt::format("base measure: no action of state {} has a positive weight", s));
  }
}

void check_policy(const Mdp& mdp, const Eigen::VectorXd& policy) {
  check_size("policy", policy.size(), mdp.pairs());
  for (Index s = 0; s < mdp.states(); ++s) {
    if (mdp.is_terminal(s)) continue;
    const auto row = policy.segment(mdp.first_pair(s), mdp.action_count(s));
    if (!((row.array() >= 0.0).all() && std::abs(row.sum() - 1.0) <= 1e-9))
      throw std::invalid_argument(fmt::format(
          "policy: probabilities of state {} must be non-negative and sum to 1, got sum {:.12g}", s, row.sum()));
  }
}

Eigen::VectorXd base_policy(const Mdp& mdp, const BaseMeasure& measure) {
  check_base_measure(mdp, measure);
  Eigen::VectorXd policy = Eigen::VectorXd::Zero(mdp.pairs());
  for (Index s = 0; s < mdp.states(); ++s) {
    const auto first = static_cast<std::size_t>(mdp.first_pair(s)),
               count = static_cast<std::size_t>(mdp.action_count(s));
    const auto weights = measure.log_weights.size() == 0 ? std::span<const double>()
                                                         : as_span(measure.log_weights).subspan(first, count);
    const auto row = as_span(policy).subspan(first, count);  // all zeros: equal values leave the base measure itself
    boltzmann_policy(row, 1.0, weights, row);
  }
  return policy;
}

}  // namespace softrl::tabular
