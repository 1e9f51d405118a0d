#include "continuous/ornstein_uhlenbeck.hpp"

namespace softrl::continuous {

RowMatrix OrnsteinUhlenbeck::add_to(const RowMatrix& actions, Random& random) {
  if (!on()) return actions;
  for (double& noise : x.reshaped<Eigen::RowMajor>()) noise = (1.0 - theta) * noise + sigma * random.normal();
  return (actions + x).cwiseMax(-1.0).cwiseMin(1.0);
}

}  // namespace softrl::continuous
