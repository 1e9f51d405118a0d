// Between a task's box of actions and the agents' [−1, 1]^d.
#pragma once
#include <string>

#include <Eigen/Core>

#include "softrl/environment.hpp"

namespace softrl::continuous {

class PolicyGraph;

class ActionScale {
 public:
  // Throws std::invalid_argument unless the box has finite bounds, low below high.
  explicit ActionScale(const BoxSpace& box);

  Eigen::Index size() const { return centre_.size(); }
  Eigen::VectorXd to_box(const Eigen::VectorXd& unit) const { return centre_ + half_width_.cwiseProduct(unit); }
  Eigen::VectorXd to_unit(const Eigen::VectorXd& action) const { return (action - centre_).cwiseQuotient(half_width_); }
  std::string to_box(PolicyGraph& graph, const std::string& unit) const;      // The same of the value of that name.
  double log_half_widths() const { return half_width_.array().log().sum(); }  // log |det ∂action/∂unit|

 private:
  Eigen::VectorXd centre_, half_width_;  // [d]
};

}  // namespace softrl::continuous
