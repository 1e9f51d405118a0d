#include "irl/sparse_lu.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

SparseRows nonzeros(const Eigen::MatrixXd& m) {
  SparseRows rows;
  for (int i = 0; i < m.rows(); ++i) {
    for (int j = 0; j < m.cols(); ++j)
      if (m(i, j) != 0.0) rows.column.push_back(j);
    rows.start.push_back(rows.places());
  }
  return rows;
}
bool factorise(SparseLu& lu, const Eigen::MatrixXd& m) {
  const SparseRows rows = nonzeros(m);
  const auto [ordered, source] = in_order(rows, *lu.pattern());
  WideValues values(rows.places());
  for (int i = 0; i < rows.rows(); ++i)
    for (int p = ordered.start[i]; p < ordered.start[i + 1]; ++p)
      values.set(p, Wide::of(m(lu.pattern()->order[i], lu.pattern()->order[ordered.column[p]])));
  return lu.factorise(ordered, values);
}
SparseLu empty_lu(const Eigen::MatrixXd& m) {
  return SparseLu(std::make_shared<const LuPattern>(lu_pattern(nonzeros(m))));
}
Eigen::MatrixXd inverse_by(const SparseLu& lu, bool transposed) {
  const int n = lu.pattern()->size();
  Eigen::MatrixXd result(n, n);
  for (int first = 0; first < n; first += WideBlock::columns) {
    WideBlock b(n);
    const int count = std::min(WideBlock::columns, n - first);
    for (int c = 0; c < count; ++c) b.set(lu.pattern()->position[first + c], c, Wide::of(1.0));
    if (transposed) {
      lu.solve_transposed(b);
    } else {
      lu.solve(b);
    }
    for (int c = 0; c < count; ++c)
      for (int i = 0; i < n; ++i) result(i, first + c) = to_double(b.get(lu.pattern()->position[i], c));
  }
  return result;
}

// A random sparse M ≥ 0 of the given spectral radius.
Eigen::MatrixXd example(int n, double radius, std::uint64_t seed) {
  Random random(seed, "matrix");
  Eigen::MatrixXd m = Eigen::MatrixXd::Zero(n, n);
  for (int i = 0; i < n; ++i) m(i, (i + 1) % n) = random.uniform(0.1, 1.0);  // a ring: irreducible
  for (int extra = 0; extra < 2 * n; ++extra) m(random.below(n), random.below(n)) = random.uniform();
  return m * (radius / m.eigenvalues().cwiseAbs().maxCoeff());
}

TEST(SparseLu, SolvesAsTheDenseInverseDoes) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Eigen::MatrixXd m = example(20, 0.9, seed);
    SparseLu lu = empty_lu(m);
    ASSERT_TRUE(factorise(lu, m)) << "seed " << seed;
    const Eigen::MatrixXd inverse = (Eigen::MatrixXd::Identity(20, 20) - m).inverse();
    EXPECT_LT((inverse_by(lu, false) - inverse).cwiseAbs().maxCoeff(), 1e-11 * inverse.maxCoeff()) << "seed " << seed;
    EXPECT_LT((inverse_by(lu, true) - inverse.transpose()).cwiseAbs().maxCoeff(), 1e-11 * inverse.maxCoeff()) << seed;
  }
}

// All pivots are positive exactly if the spectral radius of M is below 1, also in a second factorisation and after a
// failed one.
TEST(SparseLu, PivotsAreAllPositiveExactlyBelowRadiusOne) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SparseLu lu = empty_lu(example(15, 1.0, seed));
    for (const double radius : {0.5, 1.0 - 1e-9, 1.0 + 1e-9, 3.0, 0.999, 1.001, 0.1})
      EXPECT_EQ(factorise(lu, example(15, radius, seed)), radius < 1.0) << "seed " << seed << ' ' << radius;
  }
}

// With D⁻¹ M D for a diagonal D, entry (i, j) of the inverse is that without D, times d_j / d_i: the same to all digits
// whatever the size of D, here up to e^±3000, so that entries which share a block and a row differ by as much.
TEST(SparseLu, ScalingByADiagonalOfAnySizeChangesNothing) {
  const int n = 30;
  for (const double size : {1.0, 100.0, 300.0, 3000.0}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Eigen::MatrixXd m = example(n, 0.8, seed);
      Random random(seed, "diagonal");
      std::vector<double> log_d;
      for (int i = 0; i < n; ++i) log_d.push_back(random.uniform(-size, size));
      SparseLu lu = empty_lu(m);
      const LuPattern& pattern = *lu.pattern();
      const auto [rows, source] = in_order(nonzeros(m), pattern);
      WideValues values(rows.places());
      for (int i = 0; i < n; ++i)
        for (int p = rows.start[i]; p < rows.start[i + 1]; ++p) {
          const int a = pattern.order[i], b = pattern.order[rows.column[p]];
          values.set(p, Wide::of(m(a, b)) * wide_exp(log_d[b]) / wide_exp(log_d[a]));
        }
      ASSERT_TRUE(lu.factorise(rows, values));
      const Eigen::MatrixXd inverse = (Eigen::MatrixXd::Identity(n, n) - m).inverse();
      for (const bool transposed : {false, true}) {
        WideBlock b(n);
        for (int c = 0; c < WideBlock::columns; ++c) b.set(pattern.position[c], c, Wide::of(1.0));
        transposed ? lu.solve_transposed(b) : lu.solve(b);
        for (int c = 0; c < WideBlock::columns; ++c)
          for (int i = 0; i < n; ++i) {
            const Wide back = b.get(pattern.position[i], c) * wide_exp(log_d[transposed ? c : i]) /
                              wide_exp(log_d[transposed ? i : c]);
            const double expected = transposed ? inverse(c, i) : inverse(i, c);
            EXPECT_NEAR(to_double(back) / expected, 1.0, 1e-11) << size << " seed " << seed << ' ' << i << ' ' << c;
          }
      }
    }
  }
}

// A chain 0 → 1 → … → n−1 of factor ε has (I − M)⁻¹(0, k) = ε^k, from 1 to 1e-1000000 and 1e+1000000.
TEST(SparseLu, EntriesAreAccurateOverAnyRange) {
  const int n = 10'001;
  SparseRows rows;
  for (int i = 0; i < n; ++i) {
    if (i + 1 < n) rows.column.push_back(i + 1);
    rows.start.push_back(rows.places());
  }
  SparseLu lu(std::make_shared<const LuPattern>(lu_pattern(rows)));
  const auto [ordered, source] = in_order(rows, *lu.pattern());
  for (const double factor : {1e-100, 1e100}) {
    WideValues values(rows.places());
    for (int p = 0; p < rows.places(); ++p) values.set(p, Wide::of(factor));
    ASSERT_TRUE(lu.factorise(ordered, values));
    WideBlock x(n);
    x.set(lu.pattern()->position[n - 1], 3, Wide::of(1.0));
    lu.solve(x);
    for (int i = 0; i < n; ++i) {
      const double expected = std::log(factor) * (n - 1 - i);
      EXPECT_NEAR(log_abs(x.get(lu.pattern()->position[i], 3)), expected, 1e-12 * (1.0 + std::abs(expected))) << i;
      EXPECT_EQ(x.get(lu.pattern()->position[i], 2).mantissa, 0.0);
    }
  }
}

}  // namespace
}  // namespace softrl::irl
