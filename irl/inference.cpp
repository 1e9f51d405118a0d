#include "irl/inference.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <boost/math/distributions/normal.hpp>
#include <fmt/format.h>

namespace softrl::irl {

WeightInference infer(double weight, double std_error, double confidence) {
  if (!(confidence > 0.0 && confidence < 1.0))
    throw std::invalid_argument(fmt::format("confidence must be between 0 and 1, got {}", confidence));
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (!(std_error > 0.0)) return {.t_value = nan, .p_value = nan, .lower = nan, .upper = nan};
  const boost::math::normal_distribution<double> normal;
  const double t = weight / std_error;
  const double reach = std_error * boost::math::quantile(boost::math::complement(normal, 0.5 * (1.0 - confidence)));
  return {.t_value = t,
          .p_value = 2.0 * boost::math::cdf(normal, -std::abs(t)),
          .lower = weight - reach,
          .upper = weight + reach};
}

Eigen::MatrixXd correlations(const Eigen::MatrixXd& covariance) {
  const Eigen::VectorXd errors = covariance.diagonal().cwiseSqrt();
  Eigen::MatrixXd result(covariance.rows(), covariance.cols());
  for (Eigen::Index i = 0; i < covariance.rows(); ++i) {
    for (Eigen::Index j = 0; j < covariance.cols(); ++j) {
      result(i, j) = errors(i) > 0.0 && errors(j) > 0.0 ? (i == j ? 1.0 : covariance(i, j) / errors(i) / errors(j))
                                                        : std::numeric_limits<double>::quiet_NaN();
    }
  }
  return result;
}

FitStatistics fit_statistics(double log_likelihood, double null_log_likelihood, double estimated, int observations) {
  const bool choices = null_log_likelihood < 0.0;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  return {.rho_squared = choices ? 1.0 - log_likelihood / null_log_likelihood : nan,
          .adjusted_rho_squared = choices ? 1.0 - (log_likelihood - estimated) / null_log_likelihood : nan,
          .aic = 2.0 * estimated - 2.0 * log_likelihood,
          .bic = estimated * std::log(static_cast<double>(observations)) - 2.0 * log_likelihood};
}

}  // namespace softrl::irl
