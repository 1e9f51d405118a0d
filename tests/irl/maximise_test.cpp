#include "irl/maximise.hpp"

#include <cmath>
#include <stdexcept>

#include <gtest/gtest.h>

namespace softrl::irl {
namespace {

// −½ Σ c (θ − target)²
const Eigen::Vector3d curvature(4.0, 1.0, 0.25), target(2.0, -0.3, -8.0);

std::optional<ValueAndGradient> paraboloid(const Eigen::VectorXd& theta) {
  const Eigen::VectorXd step = theta - target;
  return ValueAndGradient{.value = -0.5 * step.dot(curvature.cwiseProduct(step)),
                          .gradient = -curvature.cwiseProduct(step)};
}

TEST(Maximise, FindsTheTopOfAParaboloid) {
  const Maximum maximum = maximise(paraboloid, Eigen::Vector3d::Zero(), {});
  EXPECT_LT((maximum.weights - target).norm(), 1e-6);
  EXPECT_FALSE(maximum.iteration_limit);
  EXPECT_EQ(maximum.infeasible_trials, 0);
}

// With l2 each coordinate's maximum is c t / (c + l2); with l1 it is t shrunk by l1 / c, and exactly 0 within that.
TEST(Maximise, PenaltiesShrinkAsTheClosedFormsSay) {
  const Maximum ridge = maximise(paraboloid, Eigen::Vector3d::Zero(), {.penalty = {.l2 = 0.5}});
  const Maximum lasso = maximise(paraboloid, Eigen::Vector3d::Ones(), {.penalty = {.l1 = 0.4}});
  const Maximum both = maximise(paraboloid, Eigen::Vector3d::Ones(), {.penalty = {.l1 = 0.4, .l2 = 0.5}, .unit = 7.0});
  for (int j = 0; j < 3; ++j) {
    const double c = curvature(j), t = target(j);
    EXPECT_NEAR(ridge.weights(j), c * t / (c + 0.5), 1e-6);
    const double shrunk = std::copysign(std::max(0.0, std::abs(t) - 0.4 / c), t);
    EXPECT_NEAR(lasso.weights(j), shrunk, 1e-6);
    EXPECT_NEAR(both.weights(j), c * shrunk / (c + 0.5), 1e-6);
  }
  EXPECT_EQ(lasso.weights(1), 0.0);
}

// Entropy-like: log θ − θ is defined for θ > 0 only, and 1 is best. A first step from 0.01 overshoots.
TEST(Maximise, StepsBackIntoTheDomain) {
  const Objective objective = [](const Eigen::VectorXd& theta) -> std::optional<ValueAndGradient> {
    const double x = 5.0 - theta(0);
    if (x <= 0.0) return std::nullopt;
    return ValueAndGradient{.value = std::log(x) - x, .gradient = Eigen::VectorXd::Constant(1, 1.0 - 1.0 / x)};
  };
  const Maximum maximum = maximise(objective, Eigen::VectorXd::Constant(1, 4.99), {});
  EXPECT_NEAR(maximum.weights(0), 4.0, 1e-6);
  const Maximum far =
      maximise(objective, Eigen::VectorXd::Constant(1, -1e4), {.scale = Eigen::VectorXd::Constant(1, 1e-9)});
  EXPECT_GT(far.infeasible_trials, 0);
  EXPECT_LT(far.weights(0), 5.0);
}

TEST(Maximise, StopsAtTheLimitAndWhenTheObserverThrows) {
  std::vector<double> values;
  const Maximum maximum = maximise(
      paraboloid, Eigen::Vector3d::Zero(),
      {.max_iterations = 1, .progress = [&](int, double value, const Eigen::VectorXd&) { values.push_back(value); }});
  EXPECT_TRUE(maximum.iteration_limit);
  ASSERT_EQ(values.size(), 1u);
  EXPECT_NEAR(values[0], paraboloid(maximum.weights)->value, 1e-12);
  EXPECT_THROW(maximise(paraboloid, Eigen::Vector3d::Zero(),
                        {.progress = [](int, double, const Eigen::VectorXd&) { throw std::runtime_error("stop"); }}),
               std::runtime_error);
}

}  // namespace
}  // namespace softrl::irl
