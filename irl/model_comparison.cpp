#include "irl/model_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <fmt/format.h>

namespace softrl::irl {
namespace {

// In nats: what searches that have converged may leave of a log-likelihood.
constexpr double search_error = 1e-6;

FittedWeight find(const std::vector<FittedWeight>& weights, const std::string& name) {
  const auto at = std::find_if(weights.begin(), weights.end(), [&](const FittedWeight& w) { return w.name == name; });
  return at == weights.end() ? FittedWeight{.name = name, .value = 0.0, .estimated = false} : *at;
}

auto estimated_in(const std::vector<FittedWeight>& weights) {
  return std::count_if(weights.begin(), weights.end(), [](const FittedWeight& w) { return w.estimated; });
}

}  // namespace

LikelihoodRatioTest likelihood_ratio_test(double restricted_log_likelihood, double full_log_likelihood,
                                          int degrees_of_freedom) {
  if (degrees_of_freedom < 1)
    throw std::invalid_argument(fmt::format("degrees of freedom must be at least 1, got {}", degrees_of_freedom));
  for (const double value : {restricted_log_likelihood, full_log_likelihood})
    if (!std::isfinite(value))
      throw std::invalid_argument(fmt::format("a log-likelihood must be finite, got {}", value));
  const double gain = full_log_likelihood - restricted_log_likelihood;
  if (gain < -search_error)
    throw std::invalid_argument(
        fmt::format("the model with more weights has the lower log-likelihood, {} against {}: they are not nested",
                    full_log_likelihood, restricted_log_likelihood));
  const double statistic = std::max(0.0, 2.0 * gain);
  const boost::math::chi_squared_distribution<double> chi_squared(degrees_of_freedom);
  return {.statistic = statistic,
          .degrees_of_freedom = degrees_of_freedom,
          .p_value = boost::math::cdf(boost::math::complement(chi_squared, statistic))};
}

VuongTest vuong_test(const Eigen::VectorXd& first, const Eigen::VectorXd& second) {
  if (first.size() == 0 || first.size() != second.size())
    throw std::invalid_argument(
        fmt::format("a comparison needs the same trips, got {} and {}", first.size(), second.size()));
  const Eigen::ArrayXd difference = (first - second).array();
  const double mean = difference.mean();
  const double deviation = std::sqrt((difference - mean).square().mean());
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (!(deviation > search_error)) return {.statistic = nan, .p_value = nan};
  const double statistic = std::sqrt(static_cast<double>(difference.size())) * mean / deviation;
  const boost::math::normal_distribution<double> normal;
  return {.statistic = statistic, .p_value = 2.0 * boost::math::cdf(normal, -std::abs(statistic))};
}

bool may_nest(const std::string& restricted_family, const std::string& full_family) {
  return restricted_family == full_family || (restricted_family == "maxent" && full_family == "nested");
}

bool is_nested(const std::vector<FittedWeight>& restricted, const std::vector<FittedWeight>& full) {
  if (estimated_in(restricted) >= estimated_in(full)) return false;
  for (const FittedWeight& weight : restricted)
    if (weight.estimated && !find(full, weight.name).estimated) return false;
  const auto agree_where_fixed = [&](const std::vector<FittedWeight>& weights) {
    return std::all_of(weights.begin(), weights.end(), [&](const FittedWeight& weight) {
      const FittedWeight of_full = find(full, weight.name);
      return of_full.estimated || of_full.value == find(restricted, weight.name).value;
    });
  };
  return agree_where_fixed(restricted) && agree_where_fixed(full);
}

}  // namespace softrl::irl
