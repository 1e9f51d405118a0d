#include "irl/sweeps.hpp"

#include <numeric>
#include <vector>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

// Two rows that lead to each other with weight a: x = 1 / (1 − a) for b = 1. Right to the tolerance, however slowly the
// sweeps converge, by the certificate alone.
TEST(Sweep, OfTwoRowsHasAClosedForm) {
  SparseRows rows;
  rows.start = {0, 1, 2};
  rows.column = {1, 0};
  for (const double a : {0.0, 0.1, 0.5, 0.9, 0.99, 0.999}) {
    for (const double tolerance : {1e-3, 1e-6, 1e-10}) {
      std::vector<double> x{1.0, 1.0};
      ASSERT_EQ(sweep(rows, {a, a}, {0, 1}, x, {.tolerance = tolerance, .max_sweeps = 100'000}), Status::Converged)
          << a;
      EXPECT_NEAR(x[0] * (1.0 - a), 1.0, tolerance) << a;
      EXPECT_NEAR(x[1] * (1.0 - a), 1.0, tolerance) << a;
    }
  }
  for (const double a : {1.0, 1.001, 2.0, 1e200}) {
    std::vector<double> x{1.0, 1.0};
    EXPECT_EQ(sweep(rows, {a, a}, {0, 1}, x), Status::Stalled) << a;
  }
  std::vector<double> x{1.0, 1.0};
  EXPECT_EQ(sweep(rows, {0.999, 0.999}, {0, 1}, x, {.max_sweeps = 3}), Status::IterationLimit);
}

TEST(Sweep, AgreesWithADenseSolution) {
  const int n = 20;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed, "matrix");
    Eigen::MatrixXd m = Eigen::MatrixXd::Zero(n, n);
    for (int k = 0; k < 3 * n; ++k) m(random.below(n), random.below(n)) = random.uniform();
    const double radius = m.eigenvalues().cwiseAbs().maxCoeff();
    if (radius > 0.0) m *= 0.9 / radius;
    SparseRows rows;
    std::vector<double> a, x;
    Eigen::VectorXd b(n);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        if (m(i, j) == 0.0) continue;
        rows.column.push_back(j);
        a.push_back(m(i, j));
      }
      rows.start.push_back(rows.places());
      b(i) = random.below(4) == 0 ? random.uniform() : 0.0;
      x.push_back(b(i));
    }
    std::vector<int> order(n);
    std::iota(order.begin(), order.end(), 0);
    ASSERT_EQ(sweep(rows, a, order, x), Status::Converged) << "seed " << seed;
    const Eigen::VectorXd expected = (Eigen::MatrixXd::Identity(n, n) - m).lu().solve(b);
    for (int i = 0; i < n; ++i) EXPECT_NEAR(x[i], expected(i), 2e-10 * expected(i) + 1e-14) << "seed " << seed;
  }
}

}  // namespace
}  // namespace softrl::irl
