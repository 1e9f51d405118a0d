#include "softrl/operators.hpp"

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

// max over available i of q_i/α + log μ_i, or of q_i itself at α = 0. NaN wins, so that it is never lost.
double peak(std::span<const double> q, double temperature, std::span<const double> log_weights) {
  double result = -infinity;
  for (std::size_t i = 0; i < q.size(); ++i) {
    if (!available(log_weights, i)) continue;
    const double x = temperature > 0.0 ? q[i] / temperature + log_weight(log_weights, i) : q[i];
    if (std::isnan(x)) return x;
    result = std::max(result, x);
  }
  return result;
}

// π_i before normalisation, at most 1 for a finite peak. At α = 0 only maximisers keep their weight.
double unnormalised(std::span<const double> q, double temperature, std::span<const double> log_weights, std::size_t i,
                    double top) {
  if (!available(log_weights, i)) return 0.0;
  const double log_mu = log_weight(log_weights, i);
  if (temperature == 0.0) return q[i] == top ? std::exp(log_mu) : 0.0;
  const double x = q[i] / temperature + log_mu;
  return x == top ? 1.0 : std::exp(x - top);  // x == top also when both are infinite, where x − top would be NaN
}

}  // namespace

double log_sum_exp(std::span<const double> x, std::span<const double> log_weights) {
  return soft_value(x, 1.0, log_weights);
}

double soft_value(std::span<const double> q, double temperature, std::span<const double> log_weights) {
  assert(temperature >= 0.0);
  assert(log_weights.empty() || log_weights.size() == q.size());
  const double top = peak(q, temperature, log_weights);
  if (temperature == 0.0 || !std::isfinite(top)) return top;
  double sum = 0.0;
  for (std::size_t i = 0; i < q.size(); ++i) sum += unnormalised(q, temperature, log_weights, i, top);
  return temperature * (top + std::log(sum));
}

double boltzmann_policy(std::span<const double> q, double temperature, std::span<const double> log_weights,
                        std::span<double> policy) {
  assert(temperature >= 0.0);
  assert(policy.size() == q.size() && (log_weights.empty() || log_weights.size() == q.size()));
  const double top = peak(q, temperature, log_weights);
  double sum = 0.0;
  for (std::size_t i = 0; i < q.size(); ++i) {
    policy[i] = top == -infinity ? 0.0 : unnormalised(q, temperature, log_weights, i, top);
    sum += policy[i];
  }
  if (sum > 0.0) {
    for (double& p : policy) p /= sum;
  } else if (std::isnan(sum)) {
    for (double& p : policy) p = sum;
  }
  if (temperature == 0.0 || !std::isfinite(top)) return top;
  return temperature * (top + std::log(sum));
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
