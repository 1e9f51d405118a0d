#include "continuous/trained_policy.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "softrl/check.hpp"

namespace softrl::continuous {

std::string TrainedPolicy::describe(PolicyGraph&, const std::string&, const std::string&) const {
  throw std::invalid_argument("this policy cannot be written as operations on arrays");
}

double BestAction::log_prob(const Eigen::VectorXd& observation, const Eigen::VectorXd& action) const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return action == policy_->best(observation) ? infinity : -infinity;
}

void check_vector(std::string_view name, const Eigen::VectorXd& values, Eigen::Index size) {
  check_size(name, values.size(), size);
  for (const double value : values) check_finite(name, value);
}

double log_standard_normal(const Eigen::VectorXd& x) {
  return -0.5 * (x.squaredNorm() + static_cast<double>(x.size()) * std::log(2.0 * std::numbers::pi));
}

}  // namespace softrl::continuous
