#include "irl/maximise_in_box.hpp"

#include <stdexcept>

#include <Eigen/Eigenvalues>

namespace softrl::irl {
namespace {

constexpr double least_curvature = 1e-12;  // of the scaled −H, relative to its greatest: flatter directions are cut
constexpr double sufficient_share = 1e-4;  // of the gain that the slope promises
constexpr int most_halvings = 60;

// (−H)⁻¹ g with the sizes of the eigenvalues, so that it is an ascent even where H is not negative definite.
Eigen::VectorXd newton_step(const Eigen::VectorXd& gradient, const Eigen::MatrixXd& hessian) {
  const Eigen::VectorXd size = hessian.diagonal().cwiseAbs().cwiseSqrt();
  const Eigen::VectorXd unit = (size.array() > 0.0).select(size.cwiseInverse(), 1.0);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(unit.asDiagonal() * hessian * unit.asDiagonal());
  const Eigen::VectorXd sizes = solver.eigenvalues().cwiseAbs();
  const Eigen::VectorXd curved = sizes.cwiseMax(least_curvature * sizes.maxCoeff());
  const Eigen::VectorXd along = solver.eigenvectors().transpose() * unit.cwiseProduct(gradient);
  return unit.cwiseProduct(solver.eigenvectors() * (curved.array() > 0.0).select(along.cwiseQuotient(curved), along));
}

}  // namespace

BoxMaximum maximise_in_box(const Objective& value, const std::function<Curvature(const Eigen::VectorXd&)>& curvature,
                           const Eigen::VectorXd& start, const BoxOptions& options) {
  const Eigen::Index n = start.size();
  BoxMaximum result{.maximum = {}, .at_bound = std::vector<bool>(static_cast<std::size_t>(n), false)};
  Maximum& maximum = result.maximum;
  maximum.weights = start;
  if (n == 0) return result;
  const auto objective = [&](const Eigen::VectorXd& weights) {
    ++maximum.evaluations;
    const auto found = value(weights);
    if (!found) ++maximum.infeasible_trials;
    return found;
  };
  const auto start_value = objective(start);
  if (!start_value) throw std::invalid_argument("the function must be defined at the start");
  double best = start_value->value;
  Eigen::VectorXd& x = maximum.weights;
  for (;;) {
    const Curvature here = curvature(x);
    ++maximum.evaluations;
    std::vector<int> free;
    for (int j = 0; j < static_cast<int>(n); ++j) {
      const double slope = here.gradient(j);
      result.at_bound[j] = (x(j) == options.lower(j) && slope <= 0.0) || (x(j) == options.upper(j) && slope >= 0.0);
      if (!result.at_bound[j]) free.push_back(j);
    }
    if (free.empty()) return result;
    Eigen::VectorXd step = Eigen::VectorXd::Zero(n);
    step(free) = newton_step(here.gradient(free), here.hessian(free, free));
    if (0.5 * step.dot(here.gradient) <= options.tolerance) return result;
    if (maximum.iterations == options.max_iterations) {
      maximum.iteration_limit = true;
      return result;
    }
    bool better = false;
    for (int halving = 0; halving < most_halvings && !better; ++halving) {
      const Eigen::VectorXd trial =
          (x + std::ldexp(1.0, -halving) * step).cwiseMax(options.lower).cwiseMin(options.upper);
      if (!trial.allFinite()) continue;
      const auto found = objective(trial);
      if (!found || !(found->value >= best + sufficient_share * here.gradient.dot(trial - x))) continue;
      better = found->value > best;
      if (!better) return result;  // no more to gain than rounding
      best = found->value;
      x = trial;
    }
    if (!better) return result;
    ++maximum.iterations;
    if (options.progress) options.progress(maximum.iterations, best, x);
  }
}

}  // namespace softrl::irl
