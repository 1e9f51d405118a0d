#include "irl/penalty.hpp"

#include <algorithm>
#include <cmath>

#include "irl/estimates.hpp"

namespace softrl::irl {

Penalised penalised(const Penalty& penalty, const Eigen::VectorXd& sizes, const Eigen::VectorXd& weights,
                    const Eigen::VectorXd& gradient, const Eigen::MatrixXd& hessian, const std::vector<int>& varying,
                    const Eigen::VectorXd& scale, double flat) {
  Penalised result{.gradient = gradient - sizes.cwiseProduct(penalty.slope(sizes.cwiseProduct(weights))),
                   .hessian = hessian,
                   .free = {},
                   .newton = {},
                   .gain = 0.0,
                   .held_gain = 0.0};
  result.hessian.diagonal() -= penalty.l2 * sizes.cwiseAbs2();
  for (const int j : varying) {
    if (penalty.l1 == 0.0 || weights(j) != 0.0) {
      result.free.push_back(j);
    } else if (const double excess = std::abs(result.gradient(j)) - penalty.l1 * sizes(j); excess > 0.0) {
      result.held_gain += 0.5 * excess * excess / std::max(-result.hessian(j, j), 1e-6 * scale(j) * scale(j));
    }
  }
  const std::vector<int>& free = result.free;
  const RowMatrix no_scores(0, static_cast<Eigen::Index>(free.size()));
  const Eigen::VectorXd slope = result.gradient(free);
  result.newton = covariances(result.hessian(free, free), no_scores, scale(free), {}, flat).inverse * slope;
  result.gain = 0.5 * result.newton.dot(slope);
  return result;
}

}  // namespace softrl::irl
