#include "irl/bundle_minimum.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/Cholesky>

namespace softrl::irl {

BundleMinimum minimise_bundle(double lambda, const std::vector<Cut>& cuts, const RowMatrix& bounds) {
  constexpr int most_steps = 100;
  const Eigen::Index features = cuts.front().slope.size(), variables = features + 1;
  const auto cut_count = static_cast<Eigen::Index>(cuts.size()), rows = cut_count + bounds.rows();
  Eigen::MatrixXd c = Eigen::MatrixXd::Zero(rows, variables);  // c z ≤ d
  Eigen::VectorXd d = Eigen::VectorXd::Zero(rows);
  for (Eigen::Index j = 0; j < cut_count; ++j) {
    c.row(j).head(features) = cuts[j].slope.transpose();
    c(j, features) = -1.0;
    d(j) = -cuts[j].offset;
  }
  c.bottomLeftCorner(bounds.rows(), features) = bounds;
  Eigen::VectorXd hessian = Eigen::VectorXd::Constant(variables, lambda), gradient = Eigen::VectorXd::Zero(variables);
  hessian(features) = 0.0;
  gradient(features) = 1.0;

  Eigen::VectorXd z = Eigen::VectorXd::Zero(variables);
  Eigen::VectorXd slack = Eigen::VectorXd::Ones(rows), dual = Eigen::VectorXd::Ones(rows) / static_cast<double>(rows);
  for (int step = 0; step < most_steps; ++step) {
    const Eigen::VectorXd stationarity = hessian.cwiseProduct(z) + gradient + c.transpose() * dual;
    const Eigen::VectorXd feasibility = c * z + slack - d;
    const double mu = slack.dot(dual) / static_cast<double>(rows);
    if (mu <= 1e-14 && stationarity.norm() <= 1e-12 && feasibility.norm() <= 1e-12) break;
    const Eigen::VectorXd ratio = dual.cwiseQuotient(slack);
    Eigen::MatrixXd normal = c.transpose() * ratio.asDiagonal() * c;
    normal.diagonal() += hessian;
    const Eigen::LDLT<Eigen::MatrixXd> factors(normal);
    Eigen::VectorXd slack_step, dual_step, z_step;
    const auto solve = [&](const Eigen::VectorXd& complementarity) {
      z_step = factors.solve(-stationarity -
                             c.transpose() * (ratio.cwiseProduct(feasibility) - complementarity.cwiseQuotient(slack)));
      slack_step = -feasibility - c * z_step;
      dual_step = -(complementarity + dual.cwiseProduct(slack_step)).cwiseQuotient(slack);
    };
    const auto longest = [&](double share) {
      double length = 1.0;
      for (Eigen::Index i = 0; i < rows; ++i) {
        if (slack_step(i) < 0.0) length = std::min(length, -share * slack(i) / slack_step(i));
        if (dual_step(i) < 0.0) length = std::min(length, -share * dual(i) / dual_step(i));
      }
      return length;
    };
    solve(slack.cwiseProduct(dual));
    const double reach = longest(1.0);
    const double ahead = (slack + reach * slack_step).dot(dual + reach * dual_step) / static_cast<double>(rows);
    const double centring = std::pow(ahead / mu, 3) * mu;
    const Eigen::VectorXd corrected =
        (slack.cwiseProduct(dual) + slack_step.cwiseProduct(dual_step)).array() - centring;
    solve(corrected);
    const double length = longest(0.995);
    if (!z_step.allFinite() || !dual_step.allFinite() || length < 1e-12) break;  // as exact as rounding lets it be
    z += length * z_step;
    slack += length * slack_step;
    dual += length * dual_step;
  }
  dual /= dual.head(cut_count).sum();
  const Eigen::VectorXd sum = c.leftCols(features).transpose() * dual;
  return {.x = z.head(features),
          .shares = dual.head(cut_count),
          .lower_bound = -d.dot(dual) - 0.5 * sum.squaredNorm() / lambda};
}

}  // namespace softrl::irl
