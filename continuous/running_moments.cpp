#include "continuous/running_moments.hpp"

#include "softrl/check.hpp"

namespace softrl::continuous {

RunningMoments RunningMoments::zero(Eigen::Index size) {
  return {.count = 0.0, .mean = Eigen::VectorXd::Zero(size), .squares = Eigen::VectorXd::Zero(size)};
}

void RunningMoments::add(const Eigen::Ref<const RowMatrix>& rows) {
  check_size("row of moments", rows.cols(), mean.size());
  if (rows.rows() == 0) return;
  const auto n = static_cast<double>(rows.rows());
  const Eigen::RowVectorXd mean_of_rows = rows.colwise().mean();
  const Eigen::VectorXd shift = mean_of_rows.transpose() - mean;
  const double total = count + n;
  mean += shift * (n / total);
  squares +=
      (rows.rowwise() - mean_of_rows).colwise().squaredNorm().transpose() + shift.cwiseAbs2() * (count * n / total);
  count = total;
}

Eigen::VectorXd RunningMoments::deviation() const {
  constexpr double least_variance = 1e-8;
  if (count < 2.0) return Eigen::VectorXd::Ones(mean.size());
  return (squares.array() / count + least_variance).sqrt().matrix();
}

}  // namespace softrl::continuous
