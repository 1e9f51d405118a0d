// LU factors of a sparse M-matrix A = I − M, M ≥ 0, with the pivots taken from the diagonal.
//
// A is nonsingular with A⁻¹ ≥ 0 exactly if all these pivots are positive, and that is so exactly if the spectral radius
// of M is below 1. Then elimination and substitution subtract nowhere but on the diagonal: a solution for b ≥ 0 has all
// its entries ≥ 0 and a small relative error entry by entry. Numbers are wide (wide_range.hpp), so that this holds
// whatever their size. Eight right-hand sides are solved at once: reading the factors is what a solution costs.
#pragma once
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "irl/lu_kernels.hpp"
#include "irl/lu_pattern.hpp"
#include "irl/wide_range.hpp"

namespace softrl::irl {

// Values in the places of a sparse matrix.
struct WideValues {
  std::vector<double> mantissa;
  std::vector<int> exponent;

  explicit WideValues(int places = 0) : mantissa(places, 0.0), exponent(places, Wide::nothing) {}
  // Whether all exponents are 0, those of zeros aside.
  bool plain() const {
    for (std::size_t p = 0; p < mantissa.size(); ++p)
      if (exponent[p] != 0 && mantissa[p] != 0.0) return false;
    return true;
  }
  Wide get(int place) const { return {mantissa[place], exponent[place]}; }
  // Numbers down to 2⁻²⁵⁶ get by with an exponent of 0: a product with a mantissa is then still above 2⁻³⁸⁴.
  void set(int place, const Wide& value) {
    const bool loose = value.exponent == -1 && std::abs(value.mantissa) >= 1.0;
    mantissa[place] = loose ? value.mantissa * 0x1p-256 : value.mantissa;
    exponent[place] = loose ? 0 : value.exponent;
  }
};
inline WideRows view(const SparseRows& rows, const WideValues& values) {
  return {rows.start.data(), rows.column.data(), values.mantissa.data(), values.exponent.data()};
}

// Eight columns [n × 8], all 0 at first. Plain as long as all exponents are 0, those of zeros aside: arithmetic can
// then do without them, twice as fast.
class WideBlock {
 public:
  static constexpr int columns = 8;

  explicit WideBlock(int rows) : mantissas_(rows), exponents_(rows), nonzero_(rows) { clear(); }
  void clear();

  int rows() const { return static_cast<int>(mantissas_.size()); }
  Wide get(int row, int column) const { return {mantissas_[row][column], exponents_[row][column]}; }
  void set(int row, int column, const Wide& value) {
    mantissas_[row][column] = value.mantissa;
    exponents_[row][column] = value.exponent;
    if (value.mantissa == 0.0) return;
    nonzero_[row] = true;
    plain_ = plain_ && value.exponent == 0;
  }
  bool plain() const { return plain_; }

  // The products y g, entry by entry, and the quotients of this block by y, 0 where y is 0; g, quotients [n × 8].
  void set_product(const WideBlock& y, const std::vector<double>& g);
  void quotient(const WideBlock& y, double* quotients) const;

  // The products of this block and y, entry by entry, as doubles [n × 8].
  void product(const WideBlock& y, double* products) const;

  // The rows that may be nonzero: those that were set so, and all once the block is a solution.
  const std::vector<bool>& nonzero_rows() const { return nonzero_; }

  ConstWideColumns view() const { return {numbers_of(mantissas_), numbers_of(exponents_)}; }
  ConstWideColumns plain_view() const { return {numbers_of(mantissas_), nullptr}; }

 private:
  void fill();

  struct alignas(64) Mantissas : std::array<double, columns> {};  // a line of the cache
  struct alignas(32) Exponents : std::array<int, columns> {};
  std::vector<Mantissas> mantissas_;
  std::vector<Exponents> exponents_;
  std::vector<bool> nonzero_;
  bool full_ = false;  // all of these are true
  bool plain_ = true;

  friend class SparseLu;
};

class SparseLu {
 public:
  explicit SparseLu(std::shared_ptr<const LuPattern> pattern);

  const std::shared_ptr<const LuPattern>& pattern() const { return pattern_; }

  // Factorises I − M. `rows` and `m` ≥ 0 are M with rows and columns in the order of elimination, its places among
  // those of the pattern. True if every pivot is positive; only then call solve.
  bool factorise(const SparseRows& rows, const WideValues& m);

  // Overwrites b [n × 8], rows in the order of elimination, by A⁻¹ b or A⁻ᵀ b. Many threads may call these at once.
  void solve(WideBlock& b) const;
  void solve_transposed(WideBlock& b) const;

 private:
  struct Substitution {
    const SparseRows& rows;
    const WideValues& values;
    const double* factor;
  };
  enum class Factorised { Yes, No, OutOfRange };
  Factorised factorise_plainly(const SparseRows& rows, const std::vector<double>& m);
  bool factorise_widely(const SparseRows& rows, const WideValues& m);
  void solve(const Substitution& forward, const Substitution& back, WideBlock& b) const;

  std::shared_ptr<const LuPattern> pattern_;
  // A = (D − L) (I − U), and copies of Lᵀ and Uᵀ.
  WideValues lower_, upper_, lower_transposed_, upper_transposed_;
  std::vector<double> inverse_pivots_;  // [n] of D
  std::vector<int> all_rows_;           // 0, 1, …
  bool plain_ = false;                  // all of these are
};

}  // namespace softrl::irl
