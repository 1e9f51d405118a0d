#include "irl/lane_lu.hpp"

#include <memory>
#include <vector>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

constexpr int n = 20;

// A ring with other places at random.
SparseRows random_places(std::uint64_t seed) {
  Random random(seed, "places");
  Eigen::MatrixXi present = Eigen::MatrixXi::Zero(n, n);
  for (int i = 0; i < n; ++i) present(i, (i + 1) % n) = 1;
  for (int extra = 0; extra < 2 * n; ++extra) present(random.below(n), random.below(n)) = 1;
  SparseRows rows;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j)
      if (present(i, j) != 0) rows.column.push_back(j);
    rows.start.push_back(rows.places());
  }
  return rows;
}

struct Example {
  SparseRows rows;  // in the order of elimination
  std::shared_ptr<const LuPattern> pattern;
  std::vector<Eigen::MatrixXd> dense;  // M of each lane, in that order
  Lanes values;
};

// Eight random matrices of the given spectral radii.
Example example(const std::array<double, lane_count>& radii, std::uint64_t seed) {
  const SparseRows places = random_places(seed);
  Example result;
  result.pattern = std::make_shared<const LuPattern>(lu_pattern(places));
  result.rows = in_order(places, *result.pattern).rows;
  result.values.resize(result.rows.column.size());
  Random random(seed, "values");
  for (int c = 0; c < lane_count; ++c) {
    Eigen::MatrixXd m = Eigen::MatrixXd::Zero(n, n);
    for (int i = 0; i < n; ++i)
      for (int p = result.rows.start[i]; p < result.rows.start[i + 1]; ++p)
        m(i, result.rows.column[p]) = random.uniform(0.1, 1.0);
    m *= radii[c] / m.eigenvalues().cwiseAbs().maxCoeff();
    for (int i = 0; i < n; ++i)
      for (int p = result.rows.start[i]; p < result.rows.start[i + 1]; ++p)
        result.values[p][c] = m(i, result.rows.column[p]);
    result.dense.push_back(m);
  }
  return result;
}

TEST(LaneLu, SolvesEveryLaneAsItsDenseInverseDoes) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Example a = example({0.9, 0.5, 0.99, 0.1, 0.7, 0.3, 0.95, 0.8}, seed);
    LaneLu lu(a.pattern);
    ASSERT_EQ(lu.factorise(a.rows, a.values), 0u);
    Random random(seed, "right-hand sides");
    for (const bool transposed : {false, true}) {
      Lanes b(n);
      for (int k = 0; k < 3; ++k)  // sparse, so that substitution skips rows
        for (int c = 0; c < lane_count; ++c) b[random.below(n)][c] = random.uniform();
      Lanes x = b;
      transposed ? lu.solve_transposed(x) : lu.solve(x);
      EXPECT_EQ(lanes_not_solved(a.rows, a.values, transposed, x, b, 1e-12, 0.0), 0u) << "seed " << seed;
      for (int c = 0; c < lane_count; ++c) {
        Eigen::VectorXd right(n);
        for (int i = 0; i < n; ++i) right(i) = b[i][c];
        Eigen::MatrixXd matrix = Eigen::MatrixXd::Identity(n, n) - a.dense[c];
        if (transposed) matrix.transposeInPlace();
        const Eigen::VectorXd expected = matrix.lu().solve(right);
        for (int i = 0; i < n; ++i) EXPECT_NEAR(x[i][c], expected(i), 1e-10 * (1.0 + expected.maxCoeff()));
      }
      x[3][2] *= 1.0 + 1e-6;
      EXPECT_EQ(lanes_not_solved(a.rows, a.values, transposed, x, b, 1e-9, 0.0), 1u << 2);
    }
  }
}

// A lane fails exactly where its spectral radius is not below 1, and the others are none the worse for it.
TEST(LaneLu, KnowsTheLanesWhoseRadiusIsNotBelowOne) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Example a = example({0.9, 1.0 + 1e-9, 0.99, 3.0, 1.0 - 1e-9, 0.3, 1.01, 0.8}, seed);
    LaneLu lu(a.pattern);
    EXPECT_EQ(lu.factorise(a.rows, a.values), 0b01001010u) << "seed " << seed;
    Lanes b(n);
    for (Lane& row : b) row.fill(1.0);
    Lanes x = b;
    lu.solve(x);
    EXPECT_EQ(lanes_not_solved(a.rows, a.values, false, x, b, 1e-6, 0.0) & 0b10100101u, 0u) << "seed " << seed;
    const Example good = example({0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5}, seed);
    EXPECT_EQ(lu.factorise(good.rows, good.values), 0u) << "after a failed one";
  }
}

}  // namespace
}  // namespace softrl::irl
