#include "irl/lane_lu.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace softrl::irl {
namespace {

std::vector<int> reached_rows(const LuPattern& pattern, const Lanes& b) {
  std::vector<bool> nonzero(b.size());
  for (std::size_t i = 0; i < b.size(); ++i)
    nonzero[i] = std::any_of(b[i].begin(), b[i].end(), [](double x) { return x != 0.0; });
  return softrl::irl::reached_rows(pattern, std::move(nonzero));
}

}  // namespace

LaneLu::LaneLu(std::shared_ptr<const LuPattern> pattern)
    : pattern_(std::move(pattern)),
      lower_(pattern_->lower.column.size()),
      upper_(pattern_->upper.column.size()),
      inverse_pivots_(pattern_->order.size()),
      row_(pattern_->order.size()) {}

LaneFactors LaneLu::factors() {
  const auto triangle = [](const SparseRows& rows, Lanes& values) {
    return LaneTriangle{rows.start.data(), rows.column.data(), numbers_of(values)};
  };
  return {pattern_->size(), triangle(pattern_->lower, lower_), triangle(pattern_->upper, upper_),
          numbers_of(inverse_pivots_)};
}

unsigned LaneLu::factorise(const SparseRows& rows, const Lanes& m) {
  return lu_kernels().factorise(view(rows, m), numbers_of(row_), factors());
}

void LaneLu::solve(Lanes& b) {
  const std::vector<int> rows = reached_rows(*pattern_, b);
  lu_kernels().solve(factors(), rows.data(), static_cast<int>(rows.size()), numbers_of(b));
}

void LaneLu::solve_transposed(Lanes& b) {
  const std::vector<int> rows = reached_rows(*pattern_, b);
  lu_kernels().solve_transposed(factors(), rows.data(), static_cast<int>(rows.size()), numbers_of(b));
}

unsigned lanes_not_solved(const SparseRows& rows, const Lanes& m, bool transposed, const Lanes& x, const Lanes& b,
                          double tolerance, double size) {
  Lanes sum = b;
  const auto add = transposed ? lu_kernels().add_transposed_product : lu_kernels().add_product;
  add(view(rows, m), rows.rows(), numbers_of(x), numbers_of(sum));
  unsigned failed = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (int c = 0; c < lane_count; ++c)
      if (!(std::abs(x[i][c] - sum[i][c]) <= tolerance * (std::abs(x[i][c]) + std::abs(sum[i][c]) + size)))
        failed |= 1u << c;
  return failed;
}

}  // namespace softrl::irl
