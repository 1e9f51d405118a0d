// The soft operators (docs/math.md 1): the one definition behind a row of a table and a batch of sampled actions.
//
//     V(Q)   = α log Σ_a μ(a) exp(Q(a)/α)              soft value
//     π_Q(a) = μ(a) exp((Q(a) − V(Q))/α)               Boltzmann policy
//     D(π)   = Σ_a π(a) log(π(a)/μ(a))                 divergence; −entropy for the counting measure
//     V(Q)   = E_π_Q[Q] − α D(π_Q) = max_π { E_π[Q] − α D(π) }
//
// μ is given by its logarithms. An empty span is the counting measure μ = 1 (entropy bonus); log π̄(a) is the KL penalty
// to π̄; −log q(a_j) − log K makes V the importance-sampled value over K draws a_j ~ q. log μ = −∞ marks an action that
// is not available: it has probability 0 and never yields NaN, whatever its Q.
//
// α = 0 is the exact limit: the maximum over available actions, and the policy in proportion to μ on the maximisers.
// Where no action is available the value is −∞ and the policy is all zeros. NaN in, NaN out. Spans that must have the
// same length are checked by assertions. The maximum of Q is subtracted before the division by α, so nothing overflows
// on the way to a value that is finite.
#pragma once
#include <span>

#include <Eigen/Core>

namespace softrl {

inline std::span<const double> as_span(const Eigen::VectorXd& v) {
  return {v.data(), static_cast<std::size_t>(v.size())};
}
inline std::span<double> as_span(Eigen::VectorXd& v) { return {v.data(), static_cast<std::size_t>(v.size())}; }

// log Σ_i w_i exp(x_i); −∞ for an empty span, +∞ if a term of positive weight is +∞.
double log_sum_exp(std::span<const double> x, std::span<const double> log_weights = {});

// V(Q), in the units of Q. `temperature` ≥ 0 in the same units.
double soft_value(std::span<const double> q, double temperature, std::span<const double> log_weights = {});

// Writes π_Q into `policy` and returns V(Q). `policy` may be the storage of `q` itself.
double boltzmann_policy(std::span<const double> q, double temperature, std::span<const double> log_weights,
                        std::span<double> policy);

// −Σ p log p, in nats; 0 log 0 = 0.
double entropy(std::span<const double> p);

// Σ p log(p/q), in nats; +∞ where p > 0 = q.
double kl_divergence(std::span<const double> p, std::span<const double> q);

// D(π) = Σ π (log π − log μ), in nats: −entropy(π) for an empty `log_weights`; +∞ where π > 0 = μ.
double divergence(std::span<const double> policy, std::span<const double> log_weights = {});

}  // namespace softrl
