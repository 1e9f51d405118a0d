#include "irl/lu_pattern.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

SparseRows random_rows(int n, std::uint64_t seed) {
  Random random(seed, "pattern");
  SparseRows rows;
  for (int i = 0; i < n; ++i) {
    std::vector<int> columns;
    for (int k = 0; k < 3; ++k) columns.push_back(static_cast<int>(random.below(n)));
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    rows.column.insert(rows.column.end(), columns.begin(), columns.end());
    rows.start.push_back(rows.places());
  }
  return rows;
}

// Gaussian elimination on what may be nonzero, in the order of the pattern.
TEST(LuPattern, HoldsWhatEliminationFillsIn) {
  const int n = 25;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const SparseRows rows = random_rows(n, seed);
    const LuPattern pattern = lu_pattern(rows);
    std::vector<std::vector<bool>> nonzero(n, std::vector<bool>(n, false));
    const SparseRows ordered = in_order(rows, pattern).rows;
    for (int i = 0; i < n; ++i) {
      EXPECT_EQ(pattern.position[pattern.order[i]], i);
      nonzero[i][i] = true;
      for (int p = ordered.start[i]; p < ordered.start[i + 1]; ++p) nonzero[i][ordered.column[p]] = true;
    }
    for (int j = 0; j < n; ++j)
      for (int i = j + 1; i < n; ++i)
        for (int k = j + 1; k < n; ++k) nonzero[i][k] = nonzero[i][k] || (nonzero[i][j] && nonzero[j][k]);
    for (int i = 0; i < n; ++i) {
      std::vector<int> lower, upper;
      for (int j = 0; j < n; ++j)
        if (nonzero[i][j] && i != j) (j < i ? lower : upper).push_back(j);
      const auto row = [&](const SparseRows& triangle) {
        return std::vector<int>(triangle.column.begin() + triangle.start[i],
                                triangle.column.begin() + triangle.start[i + 1]);
      };
      EXPECT_EQ(row(pattern.lower), lower) << "seed " << seed;
      EXPECT_EQ(row(pattern.upper), upper) << "seed " << seed;
    }
    // Whatever substitution of row j enters, forward with either triangle, is an ancestor of j.
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < i; ++j) {
        if (!nonzero[i][j] && !nonzero[j][i]) continue;
        int k = j;
        while (k >= 0 && k != i) k = pattern.parent[k];
        EXPECT_EQ(k, i) << "seed " << seed;
      }
    }
  }
}

TEST(LuPattern, TransposesKnowWhereEntriesCameFrom) {
  const SparseRows rows = random_rows(25, 7);
  const auto [transposed, source] = transpose(rows, 25);
  const auto row_of = [&](int place) {
    return std::upper_bound(rows.start.begin(), rows.start.end(), place) - rows.start.begin() - 1;
  };
  ASSERT_EQ(transposed.places(), rows.places());
  for (int i = 0; i < 25; ++i) {
    for (int p = transposed.start[i]; p < transposed.start[i + 1]; ++p) {
      EXPECT_EQ(rows.column[source[p]], i);
      EXPECT_EQ(row_of(source[p]), transposed.column[p]);
    }
  }
}

}  // namespace
}  // namespace softrl::irl
