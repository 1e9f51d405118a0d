#include "irl/lu_pattern.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <numeric>
#include <stdexcept>

#include <fmt/format.h>
#include <klu.h>

namespace softrl::irl {
namespace {

// KLU takes columns. Rows are what we have, so it factorises the transpose, PAᵀPᵀ = LU, and we have PAPᵀ = UᵀLᵀ: its
// columns of U are our rows of the lower triangle, and its columns of L those of the upper one.
struct Klu {
  klu_common common;
  klu_symbolic* symbolic = nullptr;
  klu_numeric* numeric = nullptr;

  Klu() {
    klu_defaults(&common);
    common.ordering = 0;  // AMD
    common.btf = 0;       // permuting to block triangular form would move the diagonal away
    common.scale = 0;
    common.tol = 0.0;  // always take the diagonal
  }
  ~Klu() {
    klu_free_numeric(&numeric, &common);
    klu_free_symbolic(&symbolic, &common);
  }
  Klu(const Klu&) = delete;
  Klu& operator=(const Klu&) = delete;

  void check(bool done) const {
    if (!done) throw std::runtime_error(fmt::format("KLU cannot factorise the matrix: status {}", common.status));
  }
};

// The columns without their diagonal, sorted.
SparseRows strict(const std::vector<int>& start, const std::vector<int>& index) {
  SparseRows result;
  for (int i = 0; i + 1 < static_cast<int>(start.size()); ++i) {
    std::copy_if(index.begin() + start[i], index.begin() + start[i + 1], std::back_inserter(result.column),
                 [&](int j) { return j != i; });
    std::sort(result.column.begin() + result.start.back(), result.column.end());
    result.start.push_back(result.places());
  }
  return result;
}

// Liu's algorithm, on the union of the pattern and its transpose.
std::vector<int> elimination_tree(const LuPattern& pattern) {
  std::vector<int> parent(pattern.order.size(), -1), ancestor(pattern.order.size(), -1);
  for (int i = 0; i < pattern.size(); ++i) {
    for (const SparseRows* rows : {&pattern.lower, &pattern.upper_transposed.rows}) {
      for (int p = rows->start[i]; p < rows->start[i + 1]; ++p) {
        for (int k = rows->column[p]; k != i;) {  // up to the root, which i becomes the parent of
          const int next = ancestor[k];
          ancestor[k] = i;
          if (next < 0) parent[k] = i;
          k = next < 0 ? i : next;
        }
      }
    }
  }
  return parent;
}

}  // namespace

Rearranged transpose(const SparseRows& rows, int columns) {
  Rearranged result;
  result.rows.start.assign(columns + 1, 0);
  for (const int j : rows.column) ++result.rows.start[j + 1];
  for (int j = 0; j < columns; ++j) result.rows.start[j + 1] += result.rows.start[j];
  std::vector<int> next(result.rows.start.begin(), result.rows.start.end() - 1);
  result.rows.column.resize(rows.column.size());
  result.source.resize(rows.column.size());
  for (int i = 0; i < rows.rows(); ++i) {
    for (int p = rows.start[i]; p < rows.start[i + 1]; ++p) {
      const int q = next[rows.column[p]]++;
      result.rows.column[q] = i;
      result.source[q] = p;
    }
  }
  return result;
}

LuPattern lu_pattern(const SparseRows& rows) {
  return *lu_pattern_within(rows, std::numeric_limits<double>::infinity());
}

std::optional<LuPattern> lu_pattern_within(const SparseRows& rows, double most) {
  // Any values do, as long as no pivot is 0: a diagonal that dominates.
  std::vector<int> start{0}, index;
  std::vector<double> values;
  const int n = rows.rows();
  for (int i = 0; i < n; ++i) {
    index.push_back(i);
    values.push_back(1.0);
    for (int p = rows.start[i]; p < rows.start[i + 1]; ++p) {
      if (rows.column[p] == i) continue;
      index.push_back(rows.column[p]);
      values.push_back(-0.5 / (rows.start[i + 1] - rows.start[i]));
    }
    start.push_back(static_cast<int>(index.size()));
  }
  Klu klu;
  klu.symbolic = klu_analyze(n, start.data(), index.data(), &klu.common);
  klu.check(klu.symbolic != nullptr);
  if (klu.symbolic->lnz + klu.symbolic->unz > most) return std::nullopt;
  klu.numeric = klu_factor(start.data(), index.data(), values.data(), klu.symbolic, &klu.common);
  klu.check(klu.numeric != nullptr && klu.common.status == KLU_OK && klu.common.noffdiag == 0);

  LuPattern result;
  result.order.resize(n);
  std::vector<int> l_start(n + 1), l_index(klu.numeric->lnz), u_start(n + 1), u_index(klu.numeric->unz);
  values.resize(std::max(l_index.size(), u_index.size()));  // KLU gives no places without values; these go unused
  klu.check(klu_extract(klu.numeric, klu.symbolic, l_start.data(), l_index.data(), values.data(), u_start.data(),
                        u_index.data(), values.data(), nullptr, nullptr, nullptr, result.order.data(), nullptr, nullptr,
                        nullptr, &klu.common) != 0);
  result.position.resize(n);
  for (int i = 0; i < n; ++i) result.position[result.order[i]] = i;
  result.lower = strict(u_start, u_index);
  result.upper = strict(l_start, l_index);
  result.lower_transposed = transpose(result.lower, n);
  result.upper_transposed = transpose(result.upper, n);
  result.parent = elimination_tree(result);
  return result;
}

LuPattern no_elimination(int n) {
  LuPattern result;
  result.order.resize(n);
  std::iota(result.order.begin(), result.order.end(), 0);
  result.position = result.order;
  result.parent.assign(n, -1);
  for (SparseRows* rows : {&result.lower, &result.upper, &result.lower_transposed.rows, &result.upper_transposed.rows})
    rows->start.assign(n + 1, 0);
  return result;
}

std::vector<int> reached_rows(const LuPattern& pattern, std::vector<bool> nonzero) {
  std::vector<int> rows;
  rows.reserve(nonzero.size());
  for (int i = 0; i < pattern.size(); ++i) {
    if (!nonzero[i]) continue;
    rows.push_back(i);
    if (pattern.parent[i] >= 0) nonzero[pattern.parent[i]] = true;
  }
  return rows;
}

Rearranged in_order(const SparseRows& rows, const LuPattern& pattern) {
  Rearranged result;
  for (const int i : pattern.order) {
    for (int p = rows.start[i]; p < rows.start[i + 1]; ++p) {
      result.rows.column.push_back(pattern.position[rows.column[p]]);
      result.source.push_back(p);
    }
    result.rows.start.push_back(result.rows.places());
  }
  return result;
}

}  // namespace softrl::irl
