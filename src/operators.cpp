#include "softrl/operators.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace softrl {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool available(std::span<const double> log_weights, std::size_t i) {
  return log_weights.empty() || log_weights[i] != -infinity;
}

double log_weight(std::span<const double> log_weights, std::size_t i) {
  return log_weights.empty() ? 0.0 : log_weights[i];
}

// The largest of the terms μ_i exp(q_i/α). With q subtracted before the division by α, and then the largest exponent,
// no finite Q overflows and the sum of terms is at least 1. NaN wins, so that it is never lost.
struct Peak {
  double q = -infinity;   // max of q_i over available i.
  double exponent = 0.0;  // max of the exponents below; 0 without log weights.
};

// (q_i − q)/α + log μ_i with q = max q_j. At α = 0 only maximisers keep a finite one.
double exponent(double q, double peak, double temperature, double log_mu) {
  if (q == peak) return log_mu;  // also when both are infinite, where their difference would be NaN
  return temperature == 0.0 ? -infinity : (q - peak) / temperature + log_mu;
}

Peak find_peak(std::span<const double> q, double temperature, std::span<const double> log_weights) {
  Peak peak;
  for (std::size_t i = 0; i < q.size(); ++i) {
    if (!available(log_weights, i)) continue;
    if (std::isnan(q[i])) return {.q = q[i], .exponent = q[i]};
    peak.q = std::max(peak.q, q[i]);
  }
  if (log_weights.empty() || peak.q == -infinity) return peak;
  peak.exponent = -infinity;
  for (std::size_t i = 0; i < q.size(); ++i) {
    if (!available(log_weights, i)) continue;
    const double x = exponent(q[i], peak.q, temperature, log_weights[i]);
    if (std::isnan(x)) return {.q = x, .exponent = x};
    peak.exponent = std::max(peak.exponent, x);
  }
  return peak;
}

// π_i before normalisation, at most 1.
double unnormalised(std::span<const double> q, double temperature, std::span<const double> log_weights, std::size_t i,
                    const Peak& peak) {
  if (!available(log_weights, i)) return 0.0;
  const double x = exponent(q[i], peak.q, temperature, log_weight(log_weights, i));
  return x == peak.exponent ? 1.0 : std::exp(x - peak.exponent);
}

// α log Σ_i μ_i exp(q_i/α), given the sum of the terms relative to the largest.
double value_at(const Peak& peak, double temperature, double sum) {
  if (temperature == 0.0 || !std::isfinite(peak.q)) return peak.q;
  return peak.q + temperature * (peak.exponent + std::log(sum));
}

}  // namespace

double log_sum_exp(std::span<const double> x, std::span<const double> log_weights) {
  return soft_value(x, 1.0, log_weights);
}

double soft_value(std::span<const double> q, double temperature, std::span<const double> log_weights) {
  assert(temperature >= 0.0);
  assert(log_weights.empty() || log_weights.size() == q.size());
  const Peak peak = find_peak(q, temperature, log_weights);
  if (temperature == 0.0 || !std::isfinite(peak.q)) return peak.q;
  double sum = 0.0;
  for (std::size_t i = 0; i < q.size(); ++i) sum += unnormalised(q, temperature, log_weights, i, peak);
  return value_at(peak, temperature, sum);
}

double boltzmann_policy(std::span<const double> q, double temperature, std::span<const double> log_weights,
                        std::span<double> policy) {
  assert(temperature >= 0.0);
  assert(policy.size() == q.size() && (log_weights.empty() || log_weights.size() == q.size()));
  const Peak peak = find_peak(q, temperature, log_weights);
  double sum = 0.0;
  for (std::size_t i = 0; i < q.size(); ++i) {
    policy[i] = peak.q == -infinity ? 0.0 : unnormalised(q, temperature, log_weights, i, peak);
    sum += policy[i];
  }
  if (sum > 0.0) {
    for (double& p : policy) p /= sum;
  } else if (std::isnan(sum)) {
    for (double& p : policy) p = sum;
  }
  return value_at(peak, temperature, sum);
}

double entropy(std::span<const double> p) { return -divergence(p); }

double kl_divergence(std::span<const double> p, std::span<const double> q) {
  assert(p.size() == q.size());
  double result = 0.0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p[i] != 0.0) result += p[i] * (std::log(p[i]) - std::log(q[i]));
  }
  return result;
}

double divergence(std::span<const double> policy, std::span<const double> log_weights) {
  assert(log_weights.empty() || log_weights.size() == policy.size());
  double result = 0.0;
  for (std::size_t i = 0; i < policy.size(); ++i) {
    if (policy[i] != 0.0) result += policy[i] * (std::log(policy[i]) - log_weight(log_weights, i));
  }
  return result;
}

}  // namespace softrl
