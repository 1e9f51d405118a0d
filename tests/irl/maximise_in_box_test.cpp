#include "irl/maximise_in_box.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// −½ (x − c)ᵀ A (x − c) for a random positive definite A.
struct Quadratic {
  Eigen::MatrixXd a;
  Eigen::VectorXd centre;

  Quadratic(int n, std::uint64_t seed) : a(n, n), centre(n) {
    Random random(seed, "quadratic");
    for (int i = 0; i < n; ++i) {
      centre(i) = random.uniform(-2.0, 2.0);
      for (int j = 0; j < n; ++j) a(i, j) = random.uniform(-1.0, 1.0);
    }
    a = a * a.transpose() + 0.1 * Eigen::MatrixXd::Identity(n, n);
  }
  Eigen::VectorXd slope(const Eigen::VectorXd& x) const { return -a * (x - centre); }
  std::optional<ValueAndGradient> operator()(const Eigen::VectorXd& x) const {
    return ValueAndGradient{.value = 0.5 * (x - centre).dot(slope(x)), .gradient = slope(x)};
  }
  Curvature curvature(const Eigen::VectorXd& x) const { return {.gradient = slope(x), .hessian = -a}; }
};

// The maximum of a concave function in a box is where its slope is 0, or pushes against a bound (Karush, Kuhn, Tucker).
TEST(MaximiseInBox, FindsThePointWhereEverySlopeIsZeroOrPushesAgainstABound) {
  int held = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const int n = 1 + static_cast<int>(seed % 8);
    const Quadratic f(n, seed);
    const BoxOptions options{.lower = Eigen::VectorXd::Constant(n, -1.0), .upper = Eigen::VectorXd::Constant(n, 0.5)};
    const BoxMaximum found = maximise_in_box(
        f, [&](const Eigen::VectorXd& x) { return f.curvature(x); }, Eigen::VectorXd::Zero(n), options);
    const Eigen::VectorXd& x = found.maximum.weights;
    const Eigen::VectorXd slope = f.slope(x);
    for (int j = 0; j < n; ++j) {
      ASSERT_TRUE(x(j) >= -1.0 && x(j) <= 0.5) << "seed " << seed;
      const bool outward = (x(j) == -1.0 && slope(j) <= 0.0) || (x(j) == 0.5 && slope(j) >= 0.0);
      EXPECT_EQ(found.at_bound[j], outward) << "seed " << seed;
      held += outward ? 1 : 0;
      EXPECT_NEAR(outward ? 0.0 : slope(j), 0.0, 1e-4) << "seed " << seed;
    }
    EXPECT_FALSE(found.maximum.iteration_limit);
  }
  EXPECT_GT(held, 100);
}

TEST(MaximiseInBox, WithoutBoundsIsNewtonsMethod) {
  const Quadratic f(5, 1);
  const BoxMaximum found = maximise_in_box(
      f, [&](const Eigen::VectorXd& x) { return f.curvature(x); }, Eigen::VectorXd::Zero(5),
      {.lower = Eigen::VectorXd::Constant(5, -infinity), .upper = Eigen::VectorXd::Constant(5, infinity)});
  EXPECT_LE(found.maximum.iterations, 2);
  EXPECT_TRUE(found.maximum.weights.isApprox(f.centre, 1e-9));
}

// log(1 − x) − 50 (x − 3)² has no value from 1 on, where Newton steps from 0 lead.
TEST(MaximiseInBox, StepsBackFromWhereThereIsNoValue) {
  const auto value = [](const Eigen::VectorXd& x) -> std::optional<ValueAndGradient> {
    if (x(0) >= 1.0) return std::nullopt;
    return ValueAndGradient{.value = std::log(1.0 - x(0)) - 50.0 * (x(0) - 3.0) * (x(0) - 3.0),
                            .gradient = Eigen::VectorXd::Constant(1, -1.0 / (1.0 - x(0)) - 100.0 * (x(0) - 3.0))};
  };
  const auto curvature = [&](const Eigen::VectorXd& x) {
    return Curvature{.gradient = value(x)->gradient,
                     .hessian = Eigen::MatrixXd::Constant(1, 1, -std::pow(1.0 - x(0), -2.0) - 100.0)};
  };
  BoxOptions options{.lower = Eigen::VectorXd::Constant(1, -2.0), .upper = Eigen::VectorXd::Constant(1, 5.0)};
  const BoxMaximum found = maximise_in_box(value, curvature, Eigen::VectorXd::Zero(1), options);
  EXPECT_GT(found.maximum.infeasible_trials, 0);
  // 1 / (1 − x) = 100 (3 − x), a quadratic equation of 1 − x.
  EXPECT_NEAR(found.maximum.weights(0), 2.0 - std::sqrt(1.0 + 0.01), 1e-6);
  options.max_iterations = 1;
  EXPECT_TRUE(maximise_in_box(value, curvature, Eigen::VectorXd::Zero(1), options).maximum.iteration_limit);
  EXPECT_THROW(maximise_in_box(value, curvature, Eigen::VectorXd::Constant(1, 2.0), options), std::invalid_argument);
}

}  // namespace
}  // namespace softrl::irl
