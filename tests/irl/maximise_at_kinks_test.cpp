#include "irl/maximise_at_kinks.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <Eigen/QR>
#include <gtest/gtest.h>

#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

Eigen::MatrixXd random_rotation(Eigen::Index n, Random& random) {
  const Eigen::MatrixXd square = Eigen::MatrixXd::NullaryExpr(n, n, [&] { return random.uniform(-1.0, 1.0); });
  return Eigen::HouseholderQR<Eigen::MatrixXd>(square).householderQ();
}

// −½ |y − c|² − λ · |y| in the rotated variables y = R x: its maximum is c drawn to 0 by λ, with a kink in each
// variable that is 0 there (soft thresholding). At x the slope is within about the radius of what the tolerance allows.
TEST(MaximiseAtKinks, FindsSoftThresholds) {
  int kinks = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed, "kinks");
    const Eigen::Index n = 1 + static_cast<Eigen::Index>(seed % 8);
    const Eigen::MatrixXd rotation = random_rotation(n, random);
    const Eigen::VectorXd c = Eigen::VectorXd::NullaryExpr(n, [&] { return random.uniform(-3.0, 3.0); });
    const Eigen::VectorXd lambda = Eigen::VectorXd::NullaryExpr(n, [&] { return random.uniform(0.5, 3.0); });
    const Objective f = [&](const Eigen::VectorXd& x) -> std::optional<ValueAndGradient> {
      const Eigen::VectorXd y = rotation * x;
      return ValueAndGradient{.value = -0.5 * (y - c).squaredNorm() - lambda.dot(y.cwiseAbs()),
                              .gradient = rotation.transpose() * (c - y - lambda.cwiseProduct(y.cwiseSign()))};
    };
    const Eigen::VectorXd best = c.cwiseSign().cwiseProduct((c.cwiseAbs() - lambda).cwiseMax(Eigen::VectorXd::Zero(n)));
    kinks += static_cast<int>((best.array() == 0.0).count());
    const Eigen::VectorXd start = Eigen::VectorXd::NullaryExpr(n, [&] { return random.uniform(-3.0, 3.0); });
    int told = 0;
    const Maximum found = maximise_at_kinks(f, start, Eigen::MatrixXd::Identity(n, n),
                                            {.progress = [&](int move, double value, const Eigen::VectorXd& x) {
                                              EXPECT_EQ(move, ++told);
                                              EXPECT_EQ(value, f(x)->value);
                                            }});
    ASSERT_TRUE(found.remaining_gain) << "seed " << seed;
    EXPECT_LE(*found.remaining_gain, 1e-8) << "seed " << seed;
    EXPECT_FALSE(found.iteration_limit);
    EXPECT_EQ(found.iterations, told);
    // F is strongly concave with modulus 1, and its slopes within the radius combine to one of at most the radius.
    EXPECT_NEAR((rotation * found.weights - best).norm(), 0.0, 3.0 * std::sqrt(2e-8)) << "seed " << seed;
  }
  EXPECT_GT(kinks, 60);
}

// The greater of two hills: the valley between them is stationary for no ascent, whichever side it sets out from.
TEST(MaximiseAtKinks, LeavesAValley) {
  const Objective f = [](const Eigen::VectorXd& x) -> std::optional<ValueAndGradient> {
    const double top = x(0) >= 0.0 ? 1.0 : -1.0;
    return ValueAndGradient{.value = -0.5 * (x(0) - top) * (x(0) - top),
                            .gradient = Eigen::VectorXd::Constant(1, top - x(0))};
  };
  for (const double start : {-1e-9, 0.0, 1e-9}) {
    const Maximum found = maximise_at_kinks(f, Eigen::VectorXd::Constant(1, start), Eigen::MatrixXd::Identity(1, 1));
    EXPECT_NEAR(std::abs(found.weights(0)), 1.0, 1e-3);
    EXPECT_LE(*found.remaining_gain, 1e-8);
  }
}

// Where it ends before slopes balance, what remains is that of the slope there.
TEST(MaximiseAtKinks, SaysThatItEndedEarly) {
  const Objective f = [](const Eigen::VectorXd& x) -> std::optional<ValueAndGradient> {
    if (x(0) > 0.5) return std::nullopt;
    return ValueAndGradient{.value = x(0), .gradient = Eigen::VectorXd::Ones(1)};
  };
  const Eigen::MatrixXd one = Eigen::MatrixXd::Identity(1, 1);
  const Maximum at_edge = maximise_at_kinks(f, Eigen::VectorXd::Zero(1), one);
  EXPECT_GT(at_edge.infeasible_trials, 0);
  EXPECT_LE(at_edge.weights(0), 0.5);
  EXPECT_EQ(*at_edge.remaining_gain, 0.5);
  const Maximum cut = maximise_at_kinks(f, Eigen::VectorXd::Constant(1, -9.0), one, {.max_iterations = 1});
  EXPECT_TRUE(cut.iteration_limit);
  EXPECT_THROW(maximise_at_kinks(f, one, one), std::invalid_argument);
}

}  // namespace
}  // namespace softrl::irl
