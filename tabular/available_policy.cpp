#include "tabular/available_policy.hpp"

#include <cmath>

namespace softrl::tabular {

Eigen::VectorXd available_policy(const Mdp& mdp, const BaseMeasure& measure) {
  BaseMeasure available = measure;
  for (double& log_weight : available.log_weights) log_weight = std::isinf(log_weight) ? log_weight : 0.0;
  return base_policy(mdp, available);
}

}  // namespace softrl::tabular
