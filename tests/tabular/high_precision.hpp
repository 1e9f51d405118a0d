// The soft Bellman backup in 50 decimal digits: the oracle for what double precision certifies.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include <Eigen/Core>
#include <boost/multiprecision/cpp_bin_float.hpp>

#include "tabular/base_measure.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

using Precise = boost::multiprecision::cpp_bin_float_50;
using PreciseVector = std::vector<Precise>;

inline PreciseVector precise(const Eigen::VectorXd& values) { return {values.begin(), values.end()}; }

inline PreciseVector precise_backup(const Mdp& mdp, double temperature, const BaseMeasure& measure,
                                    const PreciseVector& values) {
  PreciseVector next = values;
  for (Index s = 0; s < mdp.states(); ++s) {
    if (mdp.is_terminal(s)) continue;
    PreciseVector q, log_mu;
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      const double log_weight = measure.log_weights.size() == 0 ? 0.0 : measure.log_weights(k);
      if (std::isinf(log_weight)) continue;
      Precise expectation = 0;
      const auto successors = mdp.successors(k);
      for (std::size_t t = 0; t < successors.size(); ++t)
        expectation += Precise(mdp.deterministic() ? 1.0 : mdp.probabilities(k)[t]) *
                       values[static_cast<std::size_t>(successors[t])];
      q.push_back(Precise(mdp.reward(k)) + Precise(mdp.discount()) * expectation);
      log_mu.emplace_back(log_weight);
    }
    const Precise top = *std::max_element(q.begin(), q.end());
    auto& value = next[static_cast<std::size_t>(s)];
    if (temperature == 0.0) {
      value = top;
      continue;
    }
    Precise sum = 0;
    for (std::size_t i = 0; i < q.size(); ++i) sum += exp((q[i] - top) / temperature + log_mu[i]);
    value = top + temperature * log(sum);
  }
  return next;
}

// The fixed point, to about 1e-25 where sweeps shrink the error by 0.9 or better.
inline PreciseVector precise_solution(const Mdp& mdp, double temperature, const BaseMeasure& measure = {}) {
  PreciseVector values(static_cast<std::size_t>(mdp.states()), Precise(0));
  for (const auto& [state, value] : mdp.terminal()) values[static_cast<std::size_t>(state)] = value;
  for (int sweep = 0; sweep < 5000; ++sweep) {
    const PreciseVector next = precise_backup(mdp, temperature, measure, values);
    Precise change = 0;
    for (std::size_t s = 0; s < next.size(); ++s) change = std::max(change, Precise(abs(next[s] - values[s])));
    values = next;
    if (change < Precise("1e-26")) return values;
  }
  throw std::logic_error("the precise solution did not converge");
}

// E_π[r − α log π + γ E[V]] in states that are not terminal.
inline PreciseVector precise_policy_backup(const Mdp& mdp, const Eigen::VectorXd& policy, double temperature,
                                           const PreciseVector& values) {
  PreciseVector next = values;
  for (Index s = 0; s < mdp.states(); ++s) {
    if (mdp.is_terminal(s)) continue;
    auto& value = next[static_cast<std::size_t>(s)] = 0;
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      if (policy(k) == 0.0) continue;
      Precise expectation = 0;
      const auto successors = mdp.successors(k);
      for (std::size_t t = 0; t < successors.size(); ++t)
        expectation += Precise(mdp.deterministic() ? 1.0 : mdp.probabilities(k)[t]) *
                       values[static_cast<std::size_t>(successors[t])];
      const Precise p(policy(k));
      value += p * (Precise(mdp.reward(k)) - Precise(temperature) * log(p) + Precise(mdp.discount()) * expectation);
    }
  }
  return next;
}

// V_π by repeating that, for a discount at most 1/2.
inline PreciseVector precise_policy_value(const Mdp& mdp, const Eigen::VectorXd& policy, double temperature) {
  PreciseVector values(static_cast<std::size_t>(mdp.states()), Precise(0));
  for (const auto& [state, value] : mdp.terminal()) values[static_cast<std::size_t>(state)] = value;
  for (int sweep = 0; sweep < 150; ++sweep) values = precise_policy_backup(mdp, policy, temperature, values);
  return values;
}

// max_s (a − b) and max_s |a − b|, rounded to double only at the end.
inline double largest_excess(const PreciseVector& a, const PreciseVector& b) {
  Precise result = -1e300;
  for (std::size_t s = 0; s < a.size(); ++s) result = std::max(result, Precise(a[s] - b[s]));
  return static_cast<double>(result);
}
inline double largest_distance(const PreciseVector& a, const PreciseVector& b) {
  return std::max(largest_excess(a, b), largest_excess(b, a));
}

}  // namespace softrl::tabular
