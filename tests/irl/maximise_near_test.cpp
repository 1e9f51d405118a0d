#include "irl/maximise_near.hpp"

#include <cmath>
#include <stdexcept>

#include <Eigen/LU>
#include <gtest/gtest.h>

namespace softrl::irl {
namespace {

// −½ (θ − target)ᵀ A (θ − target)
const Eigen::Matrix3d a = (Eigen::Matrix3d() << 4.0, 1.0, 0.0, 1.0, 2.0, -0.5, 0.0, -0.5, 0.25).finished();
const Eigen::Vector3d target(2.0, -0.3, -8.0);

ValueAndGradient paraboloid(const Eigen::VectorXd& theta) {
  const Eigen::VectorXd step = theta - target;
  return {.value = -0.5 * step.dot(a * step), .gradient = -(a * step)};
}

TEST(MaximiseNear, TakesOneStepWithTheRightHessian) {
  const Eigen::Vector3d start = Eigen::Vector3d::Zero();
  const Maximum maximum = maximise_near(paraboloid, start, paraboloid(start), {.inverse = a.inverse()});
  EXPECT_LT((maximum.weights - target).norm(), 1e-12);
  EXPECT_EQ(maximum.iterations, 1);
  EXPECT_EQ(maximum.evaluations, 2);
  EXPECT_FALSE(maximum.iteration_limit);
}

// Of a quadratic in K variables BFGS knows the Hessian after few more than K steps, whatever it started from.
TEST(MaximiseNear, LearnsTheHessian) {
  const Eigen::Vector3d start(5.0, 5.0, 5.0);
  const Maximum maximum =
      maximise_near(paraboloid, start, paraboloid(start), {.inverse = Eigen::Matrix3d::Identity(), .tolerance = 1e-20});
  EXPECT_LT((maximum.weights - target).norm(), 1e-8);
  EXPECT_LE(maximum.iterations, 30);
}

// log x − x is defined for x > 0 only, and 1 is best; the slope at 3 is −2/3, so that a full step with B = 9 is to −3.
TEST(MaximiseNear, StepsBackIntoTheDomain) {
  const auto value = [](const Eigen::VectorXd& x) {
    return ValueAndGradient{.value = std::log(x(0)) - x(0), .gradient = Eigen::VectorXd::Constant(1, 1.0 / x(0) - 1.0)};
  };
  const Objective objective = [&](const Eigen::VectorXd& x) -> std::optional<ValueAndGradient> {
    if (x(0) <= 0.0) return std::nullopt;
    return value(x);
  };
  const Eigen::VectorXd start = Eigen::VectorXd::Constant(1, 3.0);
  const Maximum maximum = maximise_near(objective, start, value(start),
                                        {.inverse = Eigen::MatrixXd::Constant(1, 1, 9.0), .tolerance = 1e-16});
  EXPECT_NEAR(maximum.weights(0), 1.0, 1e-7);
  EXPECT_GE(maximum.infeasible_trials, 1);
}

// With 1e8 added, values show no gain below 1e-8; the gradient does, and steps that leave a fifth of the way reach
// 1e-14.
TEST(MaximiseNear, GoesOnByTheGradientWhereValuesDoNotTell) {
  const Objective objective = [](const Eigen::VectorXd& theta) -> std::optional<ValueAndGradient> {
    ValueAndGradient at = paraboloid(theta);
    at.value += 1e8;
    return at;
  };
  const Eigen::Vector3d start = Eigen::Vector3d::Zero();
  const Maximum maximum =
      maximise_near(objective, start, *objective(start), {.inverse = 0.8 * a.inverse(), .tolerance = 1e-14});
  EXPECT_LE(0.5 * (maximum.weights - target).dot(a * (maximum.weights - target)), 1e-13);
  EXPECT_FALSE(maximum.iteration_limit);
  EXPECT_LE(maximum.iterations, 30);
}

TEST(MaximiseNear, StopsAtTheLimitAndWhenTheObserverThrows) {
  const Eigen::Vector3d start = Eigen::Vector3d::Zero();
  NearOptions options{.inverse = 0.1 * Eigen::Matrix3d::Identity(), .max_iterations = 1};
  double told = 0.0;
  options.progress = [&](int, double value, const Eigen::VectorXd&) { told = value; };
  const Maximum maximum = maximise_near(paraboloid, start, paraboloid(start), options);
  EXPECT_TRUE(maximum.iteration_limit);
  EXPECT_EQ(maximum.iterations, 1);
  EXPECT_EQ(told, paraboloid(maximum.weights).value);
  options.progress = [](int, double, const Eigen::VectorXd&) { throw std::runtime_error("stop"); };
  EXPECT_THROW(maximise_near(paraboloid, start, paraboloid(start), options), std::runtime_error);
}

}  // namespace
}  // namespace softrl::irl
