#include "irl/estimates.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <Eigen/Eigenvalues>
#include <fmt/format.h>

namespace softrl::irl {
namespace {

// A weight takes part in a direction (of unit length) if its share is above this.
constexpr double takes_part = 1e-3;

// What rounding may do to a log-likelihood, relative to its size: many times what it has been seen to do.
constexpr double evaluation_error = 1e-9;

// Directions that span the same space as the columns of `basis` [K × any], which is orthonormal, and in which few
// weights take part: each has one that takes part in no other (Gauss-Jordan elimination).
Eigen::MatrixXd sparse_basis(Eigen::MatrixXd basis) {
  std::vector<Eigen::Index> left;
  for (Eigen::Index i = 0; i < basis.cols(); ++i) left.push_back(i);
  while (!left.empty()) {
    Eigen::Index weight = 0, chosen = 0;
    basis(Eigen::indexing::all, left).cwiseAbs().maxCoeff(&weight, &chosen);
    const Eigen::Index pivot = left[static_cast<std::size_t>(chosen)];
    left.erase(left.begin() + chosen);
    for (Eigen::Index i = 0; i < basis.cols(); ++i)
      if (i != pivot) basis.col(i) -= basis(weight, i) / basis(weight, pivot) * basis.col(pivot);
  }
  return basis.colwise().normalized();
}

// Whether the log-likelihood falls on the way back along a flat direction [free], to where the weights have none of it
// if that is feasible.
bool rises_for_ever(const SearchEnd& end, const Eigen::VectorXd& direction) {
  if (!end.log_likelihood) return false;
  const auto here = end.log_likelihood(end.weights);
  const double along = direction.dot(end.scale.cwiseProduct(end.weights(end.free)));
  for (const double share : {1.0, 0.5, 0.1}) {
    Eigen::VectorXd trial = end.weights;
    trial(end.free) -= share * along * direction.cwiseQuotient(end.scale);
    if (const auto back = end.log_likelihood(trial))
      return here && *back < *here - evaluation_error * (1.0 + std::abs(*here));
  }
  return false;
}

std::string names_of(const SearchEnd& end, const std::vector<int>& weights) {
  std::vector<std::string> names;
  for (const int j : weights) names.push_back(end.names[static_cast<std::size_t>(j)]);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string of_flat_direction(const SearchEnd& end, const std::vector<int>& weights) {
  if (weights.size() > 1)
    return fmt::format(
        "the {} do not determine {} one by one, only a combination of them. Leave one out, or fix one, or give weights "
        "an L2 penalty",
        end.observations, names_of(end, weights));
  return fmt::format(
      "the {} do not determine {}: the likelihood does not depend on it{}; the search left it at {:.6g}. Leave it out, "
      "or fix it",
      end.observations, names_of(end, weights), end.log_likelihood ? "" : ", or rises for ever as it grows",
      end.weights(weights.front()));
}

std::string of_runaways(const SearchEnd& end, const std::vector<int>& weights) {
  std::vector<std::string> values;
  for (const int j : weights) values.push_back(fmt::format("{:.6g}", end.weights(j)));
  const bool one = weights.size() == 1;
  return fmt::format(
      "the {0} do not determine {1}: the likelihood rises for ever as {2}, with which all {0} agree (they are "
      "separable); the search left {3} at {4}. Give weights an L2 penalty, leave {3} out, or fix {3}",
      end.observations, names_of(end, weights), one ? "its size grows" : "their sizes grow", one ? "it" : "them",
      fmt::join(values, ", "));
}

}  // namespace

Covariances covariances(const Eigen::MatrixXd& hessian, const RowMatrix& scores, const Eigen::VectorXd& scale,
                        const Eigen::MatrixXd& score_variance, double flat) {
  const Eigen::Index n = hessian.rows();
  Covariances result{};
  result.condition_number = 1.0;
  if (n == 0) return result;
  const Eigen::VectorXd unit = scale.cwiseInverse();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(-(unit.asDiagonal() * hessian * unit.asDiagonal()));

  flat = std::max(flat, 1e-15 * static_cast<double>(n) * eigen.eigenvalues().cwiseAbs().maxCoeff());
  Eigen::VectorXd inverse_values(n);
  std::vector<Eigen::Index> flat_columns;
  double least = std::numeric_limits<double>::infinity(), greatest = 0.0;
  for (Eigen::Index i = 0; i < n; ++i) {
    const double value = eigen.eigenvalues()(i);
    inverse_values(i) = value > flat ? 1.0 / value : 0.0;
    if (value > flat) {
      least = std::min(least, value);
      greatest = std::max(greatest, value);
      continue;
    }
    flat_columns.push_back(i);
  }
  const Eigen::MatrixXd directions = sparse_basis(eigen.eigenvectors()(Eigen::indexing::all, flat_columns));
  result.flat_basis = directions;
  for (Eigen::Index i = 0; i < directions.cols(); ++i) {
    std::vector<int> members;
    for (Eigen::Index j = 0; j < n; ++j)
      if (std::abs(directions(j, i)) > takes_part) members.push_back(static_cast<int>(j));
    result.flat_directions.push_back(std::move(members));
  }
  if (greatest > 0.0) result.condition_number = greatest / least;

  const Eigen::MatrixXd basis = unit.asDiagonal() * eigen.eigenvectors();
  result.inverse = basis * inverse_values.asDiagonal() * basis.transpose();
  result.covariance =
      score_variance.size() == 0 ? result.inverse : Eigen::MatrixXd(result.inverse * score_variance * result.inverse);
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

Estimates estimate(const SearchEnd& end) {
  const std::vector<int>& free = end.free;
  const Covariances errors = covariances(
      end.hessian(free, free), end.scores(Eigen::indexing::all, free), end.scale,
      end.score_variance.size() == 0 ? Eigen::MatrixXd() : Eigen::MatrixXd(end.score_variance(free, free)), end.flat);
  Estimates result{};
  const Eigen::VectorXd slope = end.gradient(free);
  result.remaining_gain = 0.5 * slope.dot(errors.inverse * slope);
  result.condition_number = errors.condition_number;
  result.estimated.assign(end.names.size(), false);
  for (const int j : free) result.estimated[static_cast<std::size_t>(j)] = true;

  const auto expanded = [&](const Eigen::MatrixXd& of_free) {
    Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(end.weights.size(), end.weights.size());
    matrix(free, free) = of_free;
    for (const int j : end.held) {
      matrix.row(j).setConstant(std::numeric_limits<double>::quiet_NaN());
      matrix.col(j).setConstant(std::numeric_limits<double>::quiet_NaN());
    }
    return matrix;
  };
  result.covariance = expanded(errors.covariance);
  result.robust_covariance = expanded(errors.robust_covariance);

  result.identified = static_cast<int>(free.size() - errors.flat_directions.size());

  std::vector<int> runaways;  // weights of directions along which the likelihood rises for ever
  for (std::size_t d = 0; d < errors.flat_directions.size(); ++d) {
    std::vector<int> members;
    for (const int i : errors.flat_directions[d]) members.push_back(free[static_cast<std::size_t>(i)]);
    for (const int j : members) result.estimated[static_cast<std::size_t>(j)] = false;
    if (rises_for_ever(end, errors.flat_basis.col(static_cast<Eigen::Index>(d))))
      runaways.insert(runaways.end(), members.begin(), members.end());
    else
      result.warnings.push_back(of_flat_direction(end, members));
  }
  std::sort(runaways.begin(), runaways.end());
  runaways.erase(std::unique(runaways.begin(), runaways.end()), runaways.end());
  if (!runaways.empty()) result.warnings.push_back(of_runaways(end, runaways));
  return result;
}

}  // namespace softrl::irl
