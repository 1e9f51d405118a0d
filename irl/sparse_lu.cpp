#include "irl/sparse_lu.hpp"

#include <numeric>
#include <utility>

#include "softrl/vector_instructions.hpp"

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
  static const LuKernels& fastest = has_avx512() ? avx512::kernels
                                    : has_avx2() ? avx2::kernels
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
  nonzero_.assign(nonzero_.size(), false);
  full_ = false;
  plain_ = true;
}

void WideBlock::set_product(const WideBlock& y, const std::vector<double>& g) {
  plain_ = lu_kernels().multiply(rows(), y.view(), g.data(), {numbers_of(mantissas_), numbers_of(exponents_)});
  fill();
}

void WideBlock::fill() {
  if (!full_) nonzero_.assign(nonzero_.size(), true);
  full_ = true;
}

void WideBlock::quotient(const WideBlock& y, double* quotients) const {
  lu_kernels().quotient(rows(), view(), y.view(), quotients);
}

void WideBlock::product(const WideBlock& y, double* products) const {
  lu_kernels().products(rows(), view(), y.view(), products);
}

SparseLu::SparseLu(std::shared_ptr<const LuPattern> pattern)
    : pattern_(std::move(pattern)),
      lower_(pattern_->lower.places()),
      upper_(pattern_->upper.places()),
      lower_transposed_(pattern_->lower.places()),
      upper_transposed_(pattern_->upper.places()),
      inverse_pivots_(pattern_->order.size()),
      all_rows_(pattern_->order.size()) {
  std::iota(all_rows_.begin(), all_rows_.end(), 0);
}

// Row by row. With M in the row to begin with, eliminating column j adds (the entry there) · U(j, ·) to what is right
// of it. Products accumulate without being normalised: there are fewer than 2¹⁰⁰ of them, each below 2²⁵⁶.
//
// As long as nothing is beyond 2^±128 it does without exponents; else once more, with them.
bool SparseLu::factorise(const SparseRows& rows, const WideValues& m) {
  const Factorised plainly = m.plain() ? factorise_plainly(rows, m.mantissa) : Factorised::OutOfRange;
  plain_ = plainly == Factorised::Yes;
  if (plainly == Factorised::No || (!plain_ && !factorise_widely(rows, m))) return false;
  copy_from(lower_, pattern_->lower_transposed.source, lower_transposed_);
  copy_from(upper_, pattern_->upper_transposed.source, upper_transposed_);
  return true;
}

SparseLu::Factorised SparseLu::factorise_plainly(const SparseRows& rows, const std::vector<double>& m) {
  const SparseRows &lower = pattern_->lower, &upper = pattern_->upper;
  std::vector<double> row(pattern_->order.size(), 0.0);
  bool in_range = true;
  const auto keep = [&](WideValues& values, int place, double entry) {
    in_range = in_range && (entry == 0.0 || (entry >= 0x1p-256 && entry < 0x1p128));
    values.mantissa[place] = entry;
    values.exponent[place] = entry == 0.0 ? Wide::nothing : 0;
  };
  for (int i = 0; i < pattern_->size(); ++i) {
    for (int p = rows.start[i]; p < rows.start[i + 1]; ++p) row[rows.column[p]] = m[p];
    for (int p = lower.start[i]; p < lower.start[i + 1]; ++p) {
      const int j = lower.column[p];
      const double entry = std::exchange(row[j], 0.0);
      keep(lower_, p, entry);
      if (entry == 0.0) continue;
      for (int q = upper.start[j]; q < upper.start[j + 1]; ++q) row[upper.column[q]] += entry * upper_.mantissa[q];
    }
    if (!in_range) return Factorised::OutOfRange;
    const double pivot = 1.0 - std::exchange(row[i], 0.0);
    const bool positive = pivot > 0.0;  // not so for NaN
    if (!positive) return Factorised::No;
    inverse_pivots_[i] = 1.0 / pivot;
    for (int p = upper.start[i]; p < upper.start[i + 1]; ++p)
      keep(upper_, p, std::exchange(row[upper.column[p]], 0.0) * inverse_pivots_[i]);
  }
  return in_range ? Factorised::Yes : Factorised::OutOfRange;
}

bool SparseLu::factorise_widely(const SparseRows& rows, const WideValues& m) {
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
  return true;
}

void SparseLu::solve(WideBlock& b) const {
  solve({pattern_->lower, lower_, inverse_pivots_.data()}, {pattern_->upper, upper_, nullptr}, b);
}

void SparseLu::solve_transposed(WideBlock& b) const {
  solve({pattern_->upper_transposed.rows, upper_transposed_, nullptr},
        {pattern_->lower_transposed.rows, lower_transposed_, inverse_pivots_.data()}, b);
}

// Without exponents as long as nothing is beyond 2^±384: no digit can have been lost then, since every term is a
// product of a number within these and a factor within 2^±128. Else once more, with exponents.
void SparseLu::solve(const Substitution& forward, const Substitution& back, WideBlock& b) const {
  const std::vector<int> reached = b.full_ ? std::vector<int>{} : reached_rows(*pattern_, b.nonzero_);
  const std::vector<int>& rows = b.full_ ? all_rows_ : reached;
  const auto substitute = [&](const WideColumns& x) {
    return lu_kernels().substitute(view(forward.rows, forward.values), rows.data(), static_cast<int>(rows.size()),
                                   forward.factor, x) &&
           lu_kernels().substitute_back(view(back.rows, back.values), pattern_->size(), back.factor, x);
  };
  const WideColumns columns{numbers_of(b.mantissas_), numbers_of(b.exponents_)};
  bool solved = false;
  if (plain_ && b.plain_) {
    std::vector<WideBlock::Mantissas> given;
    given.reserve(rows.size());
    for (const int i : rows) given.push_back(b.mantissas_[i]);
    solved = substitute({columns.mantissa, nullptr});
    if (solved) {
      b.plain_ = lu_kernels().normalise(b.rows(), columns);
    } else {
      for (WideBlock::Mantissas& row : b.mantissas_) row.fill(0.0);
      for (std::size_t r = 0; r < rows.size(); ++r) b.mantissas_[rows[r]] = given[r];
    }
  }
  if (!solved) {
    substitute(columns);
    b.plain_ = false;
  }
  b.fill();
}

}  // namespace softrl::irl
