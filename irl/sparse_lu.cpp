#include "irl/sparse_lu.hpp"

#include <algorithm>
#include <utility>

namespace softrl::irl {

// lu_kernels.cpp, compiled for each of these.
namespace any_processor {
extern const LuKernels kernels;
}
namespace avx2 {
extern const LuKernels kernels;
}
namespace avx512 {
extern const LuKernels kernels;
}

const LuKernels& lu_kernels() {
#ifdef SOFTRL_X86_KERNELS
  static const LuKernels& fastest =
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") ? avx512::kernels
      : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")        ? avx2::kernels
                                                                               : any_processor::kernels;
  return fastest;
#else
  return any_processor::kernels;
#endif
}

namespace {

void copy_from(const WideValues& values, const std::vector<int>& source, WideValues& transposed) {
  for (std::size_t p = 0; p < source.size(); ++p) {
    transposed.mantissa[p] = values.mantissa[source[p]];
    transposed.exponent[p] = values.exponent[source[p]];
  }
}

}  // namespace

void WideBlock::clear() {
  for (Mantissas& row : mantissas_) row.fill(0.0);
  for (Exponents& row : exponents_) row.fill(Wide::nothing);
}

std::vector<bool> WideBlock::nonzero_rows() const {
  std::vector<bool> result(mantissas_.size());
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = std::any_of(mantissas_[i].begin(), mantissas_[i].end(), [](double m) { return m != 0.0; });
  return result;
}

SparseLu::SparseLu(std::shared_ptr<const LuPattern> pattern)
    : pattern_(std::move(pattern)),
      lower_(pattern_->lower.places()),
      upper_(pattern_->upper.places()),
      lower_transposed_(pattern_->lower.places()),
      upper_transposed_(pattern_->upper.places()),
      inverse_pivots_(pattern_->order.size()) {}

// Row by row. With M in the row to begin with, eliminating column j adds (the entry there) · U(j, ·) to what is right
// of it. Products accumulate without being normalised: there are fewer than 2¹⁰⁰ of them, each below 2²⁵⁶.
bool SparseLu::factorise(const SparseRows& rows, const WideValues& m) {
  const SparseRows &lower = pattern_->lower, &upper = pattern_->upper;
  std::vector<double> mantissa(pattern_->order.size(), 0.0);
  std::vector<int> exponent(pattern_->order.size(), Wide::nothing);
  const auto take = [&](int column) {
    return Wide::of(std::exchange(mantissa[column], 0.0), std::exchange(exponent[column], Wide::nothing));
  };
  for (int i = 0; i < pattern_->size(); ++i) {
    for (int p = rows.start[i]; p < rows.start[i + 1]; ++p) {
      mantissa[rows.column[p]] = m.mantissa[p];
      exponent[rows.column[p]] = m.exponent[p];
    }
    for (int p = lower.start[i]; p < lower.start[i + 1]; ++p) {
      const int j = lower.column[p];
      const Wide entry = take(j);
      lower_.set(p, entry);
      if (entry.mantissa == 0.0) continue;
      for (int q = upper.start[j]; q < upper.start[j + 1]; ++q) {
        const int k = upper.column[q];
        const double product = entry.mantissa * upper_.mantissa[q];
        if (product == 0.0) continue;
        const int e = entry.exponent + upper_.exponent[q];
        if (e > exponent[k]) {
          mantissa[k] *= Wide::scale(e - exponent[k]);
          exponent[k] = e;
        }
        mantissa[k] += product * Wide::scale(exponent[k] - e);
      }
    }
    const double pivot = 1.0 - to_double(take(i));
    const bool positive = pivot > 0.0;  // not so for NaN
    if (!positive) return false;
    inverse_pivots_[i] = 1.0 / pivot;
    for (int p = upper.start[i]; p < upper.start[i + 1]; ++p) {
      const Wide entry = take(upper.column[p]);
      upper_.set(p, Wide::of(entry.mantissa * inverse_pivots_[i], entry.exponent));
    }
  }
  copy_from(lower_, pattern_->lower_transposed.source, lower_transposed_);
  copy_from(upper_, pattern_->upper_transposed.source, upper_transposed_);
  return true;
}

void SparseLu::solve(WideBlock& b) const {
  const std::vector<int> rows = reached_rows(*pattern_, b.nonzero_rows());
  lu_kernels().substitute(view(pattern_->lower, lower_), rows.data(), static_cast<int>(rows.size()),
                          inverse_pivots_.data(), b.view());
  lu_kernels().substitute_back(view(pattern_->upper, upper_), pattern_->size(), nullptr, b.view());
}

void SparseLu::solve_transposed(WideBlock& b) const {
  const std::vector<int> rows = reached_rows(*pattern_, b.nonzero_rows());
  lu_kernels().substitute(view(pattern_->upper_transposed.rows, upper_transposed_), rows.data(),
                          static_cast<int>(rows.size()), nullptr, b.view());
  lu_kernels().substitute_back(view(pattern_->lower_transposed.rows, lower_transposed_), pattern_->size(),
                               inverse_pivots_.data(), b.view());
}

}  // namespace softrl::irl
