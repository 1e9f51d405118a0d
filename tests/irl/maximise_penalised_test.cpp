#include "irl/maximise_penalised.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace softrl::irl {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// −½ (θ − target)ᵀ C (θ − target)
struct Paraboloid {
  Eigen::Matrix3d c = Eigen::Vector3d(4.0, 1.0, 0.25).asDiagonal();
  Eigen::Vector3d target{2.0, -0.3, -8.0};

  Maximum maximise(PenalisedOptions options, const Eigen::Vector3d& start) const {
    if (options.lower.size() == 0) options.lower.setConstant(3, -infinity);
    if (options.upper.size() == 0) options.upper.setConstant(3, infinity);
    return maximise_penalised(
        [this](const Eigen::VectorXd& theta) -> std::optional<ValueAndGradient> {
          const Eigen::VectorXd step = theta - target;
          return ValueAndGradient{.value = -0.5 * step.dot(c * step), .gradient = -c * step};
        },
        [this](const Eigen::VectorXd& theta) { return Curvature{.gradient = -c * (theta - target), .hessian = -c}; },
        start, options);
  }
};

// Of independent weights: c t / (c + l2 m²) of the target t shrunk by l1 m / c, and exactly 0 within that; wherever the
// search starts, also at 0 and on the wrong side. Bounds cut the result.
TEST(MaximisePenalised, HasClosedForms) {
  const Paraboloid paraboloid;
  const Eigen::Vector3d m(0.1, 2.0, 0.5), lower(0.5, -infinity, -6.0);
  for (const double l1 : {0.0, 0.1, 0.4, 100.0}) {
    for (const Eigen::Vector3d& start :
         {Eigen::Vector3d(1, 1, 1), Eigen::Vector3d(1, 0, 0), Eigen::Vector3d(3, -1, -5)}) {
      for (const bool bounded : {false, true}) {
        const double l2 = 0.5;
        PenalisedOptions options{.penalty = {.l1 = l1, .l2 = l2}, .sizes = m, .lower = {}, .upper = {}, .scale = {}};
        if (bounded) options.lower = lower;
        const Maximum maximum = paraboloid.maximise(options, start);
        EXPECT_FALSE(maximum.iteration_limit);
        for (int j = 0; j < 3; ++j) {
          const double c = paraboloid.c(j, j), t = paraboloid.target(j);
          const double shrunk = std::copysign(std::max(0.0, std::abs(t) - l1 * m(j) / c), t);
          double expected = c * shrunk / (c + l2 * m(j) * m(j));
          if (bounded) expected = std::max(expected, lower(j));
          EXPECT_NEAR(maximum.weights(j), expected, 1e-6) << l1 << " " << start.transpose() << " " << bounded;
          EXPECT_EQ(maximum.weights(j) == 0.0, expected == 0.0);
        }
      }
    }
  }
}

// Of weights that belong together the conditions of a maximum hold: where a weight is not 0 the slope is the penalty's,
// where it is 0 the slope is no greater.
TEST(MaximisePenalised, MeetsTheConditionsOfAMaximum) {
  Paraboloid paraboloid;
  paraboloid.c << 4.0, 1.8, -0.2, 1.8, 1.0, 0.1, -0.2, 0.1, 0.5;
  const Eigen::Vector3d m(1.0, 0.5, 2.0);
  bool some_zero = false;
  for (double l1 = 0.01; l1 < 10.0; l1 *= 2.0) {
    const Maximum maximum = paraboloid.maximise(
        {.penalty = {.l1 = l1}, .sizes = m, .lower = {}, .upper = {}, .scale = {}}, Eigen::Vector3d(-1, -1, -1));
    const Eigen::Vector3d slope = -paraboloid.c * (maximum.weights - paraboloid.target);
    for (int j = 0; j < 3; ++j) {
      const double weight = maximum.weights(j);
      if (weight == 0.0) {
        some_zero = true;
        EXPECT_LE(std::abs(slope(j)), l1 * m(j) + 1e-4);
      } else {
        EXPECT_NEAR(slope(j), std::copysign(l1 * m(j), weight), 1e-4);
      }
    }
  }
  EXPECT_TRUE(some_zero);
}

}  // namespace
}  // namespace softrl::irl
