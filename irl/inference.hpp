// What estimates with their errors say: tests against 0, confidence intervals, correlations, fit statistics.
//
//     z = θ / σ      p = 2 Φ(−|z|)      interval = θ ± σ Φ⁻¹((1 + confidence) / 2)
//     ρ² = 1 − L / L₀      adjusted ρ² = 1 − (L − K) / L₀      AIC = 2K − 2L      BIC = K log n − 2L
//
// Errors are normal for large samples only; so are these p-values and intervals.
#pragma once
#include <Eigen/Core>

namespace softrl::irl {

struct WeightInference {
  double t_value;       // Called so by custom: the distribution is the normal one.
  double p_value;       // Two-sided, of a weight that is 0.
  double lower, upper;  // Of the confidence interval.
};

// All NaN unless `std_error` is positive. Throws std::invalid_argument unless `confidence`
// is in (0, 1).
WeightInference infer(double weight, double std_error, double confidence);

// [K × K] from a covariance; NaN where a variance is 0 (a fixed weight) or NaN.
Eigen::MatrixXd correlations(const Eigen::MatrixXd& covariance);

struct FitStatistics {
  double rho_squared, adjusted_rho_squared;  // NaN if the null model explains everything: L₀ = 0.
  double aic, bic;                           // In twice the nats; the smaller the better.
};

// `estimated` weights K (degrees of freedom, which under a penalty are no whole number) from n = `observations` ≥ 1.
FitStatistics fit_statistics(double log_likelihood, double null_log_likelihood, double estimated, int observations);

}  // namespace softrl::irl
