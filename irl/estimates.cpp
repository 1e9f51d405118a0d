#include "irl/estimates.hpp"

#include <cmath>
#include <limits>

#include <Eigen/Eigenvalues>

namespace softrl::irl {
namespace {

constexpr double flat = 1e-6;

// A weight takes part in a direction (of unit length) if its share is above this.
constexpr double takes_part = 1e-3;

}  // namespace

Covariances covariances(const Eigen::MatrixXd& hessian, const RowMatrix& scores, const Eigen::VectorXd& scale) {
  const Eigen::Index n = hessian.rows();
  Covariances result{};
  result.condition_number = 1.0;
  if (n == 0) return result;
  const Eigen::VectorXd unit = scale.cwiseInverse();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(-(unit.asDiagonal() * hessian * unit.asDiagonal()));

  Eigen::VectorXd inverse_values(n);
  double least = std::numeric_limits<double>::infinity(), greatest = 0.0;
  for (Eigen::Index i = 0; i < n; ++i) {
    const double value = eigen.eigenvalues()(i);
    inverse_values(i) = value > flat ? 1.0 / value : 0.0;
    if (value > flat) {
      least = std::min(least, value);
      greatest = std::max(greatest, value);
      continue;
    }
    std::vector<int> members;
    for (Eigen::Index j = 0; j < n; ++j)
      if (std::abs(eigen.eigenvectors()(j, i)) > takes_part) members.push_back(static_cast<int>(j));
    result.flat_directions.push_back(std::move(members));
  }
  if (greatest > 0.0) result.condition_number = greatest / least;

  const Eigen::MatrixXd basis = unit.asDiagonal() * eigen.eigenvectors();
  result.inverse = basis * inverse_values.asDiagonal() * basis.transpose();
  result.covariance = result.inverse;
  result.robust_covariance = result.inverse * (scores.transpose() * scores) * result.inverse;
  for (const std::vector<int>& direction : result.flat_directions) {
    for (const int j : direction) {
      for (Eigen::MatrixXd* matrix : {&result.covariance, &result.robust_covariance}) {
        matrix->row(j).setConstant(std::numeric_limits<double>::quiet_NaN());
        matrix->col(j).setConstant(std::numeric_limits<double>::quiet_NaN());
      }
    }
  }
  return result;
}

}  // namespace softrl::irl
