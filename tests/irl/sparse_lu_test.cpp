#include "irl/sparse_lu.hpp"

#include <cmath>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

struct Example {
  Eigen::MatrixXd dense;  // I − M
  std::vector<int> row_start{0}, column;
  std::vector<double> values;
};

// I − M for a random sparse M ≥ 0 of the given spectral radius.
Example example(int n, double radius, std::uint64_t seed) {
  Random random(seed, "matrix");
  Eigen::MatrixXd m = Eigen::MatrixXd::Zero(n, n);
  for (int i = 0; i < n; ++i) m(i, (i + 1) % n) = random.uniform(0.1, 1.0);  // a ring: irreducible
  for (int extra = 0; extra < 2 * n; ++extra) m(random.below(n), random.below(n)) = random.uniform();
  m *= radius / m.eigenvalues().cwiseAbs().maxCoeff();
  Example result;
  result.dense = Eigen::MatrixXd::Identity(n, n) - m;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      if (m(i, j) == 0.0 && i != j) continue;
      result.column.push_back(j);
      result.values.push_back(result.dense(i, j));
    }
    result.row_start.push_back(static_cast<int>(result.column.size()));
  }
  return result;
}

TEST(SparseLu, SolvesAsTheDenseInverseDoes) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Example a = example(20, 0.9, seed);
    SparseLu lu(a.row_start, a.column);
    ASSERT_TRUE(lu.factorise(a.values)) << "seed " << seed;
    Eigen::MatrixXd x = Eigen::MatrixXd::Identity(20, 20), y = x;
    lu.solve(x);
    lu.solve_transposed(y);
    const Eigen::MatrixXd inverse = a.dense.inverse();
    EXPECT_LT((x - inverse).cwiseAbs().maxCoeff(), 1e-11 * inverse.maxCoeff()) << "seed " << seed;
    EXPECT_LT((y - inverse.transpose()).cwiseAbs().maxCoeff(), 1e-11 * inverse.maxCoeff()) << "seed " << seed;
  }
}

// All pivots are positive exactly if the spectral radius of M is below 1, also in a second factorisation and after a
// failed one.
TEST(SparseLu, PivotsAreAllPositiveExactlyBelowRadiusOne) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SparseLu lu(example(15, 1.0, seed).row_start, example(15, 1.0, seed).column);
    for (const double radius : {0.5, 1.0 - 1e-9, 1.0 + 1e-9, 3.0, 0.999, 1.001, 0.1})
      EXPECT_EQ(lu.factorise(example(15, radius, seed).values), radius < 1.0) << "seed " << seed << ' ' << radius;
  }
}

// A chain 0 → 1 → … → n−1 of factor ε has (I − M)⁻¹(0, k) = ε^k: every entry is right, far below what is normwise
// small.
TEST(SparseLu, EntriesAreAccurateOverHundredsOfOrdersOfMagnitude) {
  const int n = 30;
  const double factor = 1e-10;
  std::vector<int> row_start{0}, column;
  std::vector<double> values;
  for (int i = 0; i < n; ++i) {
    column.push_back(i);
    values.push_back(1.0);
    if (i + 1 < n) {
      column.push_back(i + 1);
      values.push_back(-factor);
    }
    row_start.push_back(static_cast<int>(column.size()));
  }
  SparseLu lu(row_start, column);
  ASSERT_TRUE(lu.factorise(values));
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(n, 1);
  x(n - 1, 0) = 1.0;
  lu.solve(x);
  for (int i = 0; i < n; ++i) EXPECT_NEAR(std::log10(x(i, 0)), -10.0 * (n - 1 - i), 1e-9) << i;
}

}  // namespace
}  // namespace softrl::irl
