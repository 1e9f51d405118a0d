// The arithmetic behind sparse_lu.hpp and path_sum.hpp, compiled once for every kind of vector instructions.
#pragma once

namespace softrl::irl {

// The numbers of rows, std::arrays, that lie one after the other; null if there are none.
template <class Rows>
auto* numbers_of(Rows& rows) {
  return rows.empty() ? nullptr : rows.data()->data();
}

// Rows of a sparse matrix of wide numbers (wide_range.hpp): row i has column[p], and so on, for p = start[i] … start[i
// + 1] − 1, the place of an entry.
struct WideRows {
  const int* start;
  const int* column;
  const double* mantissa;
  const int* exponent;
};

// Eight columns of wide numbers, row by row: [n × 8]. Without exponents (null) the numbers are the mantissas alone; a
// kernel does not look at those of a matrix then, which must all be 0 or belong to a 0.
struct WideColumns {
  double* mantissa;
  int* exponent;
};

struct ConstWideColumns {
  const double* mantissa;
  const int* exponent;
};

// Eight matrices with entries in the same places, a lane each: values [places × 8], and [n × 8] for vectors.
struct LaneRows {
  const int* start;
  const int* column;
  const double* value;
};

// Their factors (lane_lu.hpp).
struct LaneTriangle {
  const int* start;
  const int* column;
  double* value;
};
struct LaneFactors {
  int n;
  LaneTriangle lower, upper;
  double* inverse_pivots;  // [n × 8]
};

// Entries that add_covariances takes at a time.
constexpr int covariance_batch = 32;

struct LuKernels {
  // x_i ← (x_i + Σ_j a_ij x_j) factor_i (1 if null) for i = rows[0], rows[1], … False if a number without an exponent
  // is beyond 2^±384, so that digits may have been lost.
  bool (*substitute)(const WideRows& a, const int* rows, int count, const double* factor, const WideColumns& x);

  // The same for i = n − 1, …, 0.
  bool (*substitute_back)(const WideRows& a, int n, const double* factor, const WideColumns& x);

  // Takes mantissas within 2^±384 for numbers and gives them exponents. True if none is needed but 0.
  bool (*normalise)(int n, const WideColumns& x);

  // Whether |x_i − s_i| ≤ tolerance (|x_i| + |s_i|) in every column for begin ≤ i < end, with s_i = b_i + Σ_j a_ij x_j.
  // b has these rows only; null: it is 0.
  bool (*is_solution)(const WideRows& a, int begin, int end, double tolerance, const ConstWideColumns& x,
                      const ConstWideColumns& b);

  // The same after multiplication by y_i > 0, and with size [8] among the terms that the tolerance is of.
  bool (*is_signed_solution)(const WideRows& a, int begin, int end, double tolerance, const ConstWideColumns& x,
                             const ConstWideColumns& b, const ConstWideColumns& y, const double* size);

  // sums[p] += Σ over columns of x_i a_ij y_j, p the place of a_ij. Finite.
  void (*add_products)(const WideRows& a, int n, const ConstWideColumns& x, const ConstWideColumns& y, double* sums);

  // products = x y, entry by entry. Finite.
  void (*products)(int n, const ConstWideColumns& x, const ConstWideColumns& y, double* products);

  // chances[p] = a_ij y_j / y_i, p the place of a_ij; 0 where y_i is 0.
  void (*chances)(const WideRows& a, int n, const ConstWideColumns& y, double* chances);

  // x = y g, entry by entry; true if no exponents are needed. And r = x / y; 0 where y is 0.
  bool (*multiply)(int n, const ConstWideColumns& y, const double* g, const WideColumns& x);
  void (*quotient)(int n, const ConstWideColumns& x, const ConstWideColumns& y, double* r);

  // g_i = Σ_j p_ij f(p_ij), with a number f for each place.
  void (*expected)(const LaneRows& p, int n, const double* f, double* g);

  // Whether r_i = Σ_j p_ij (f(p_ij) + r_j), within `tolerance` of the sizes of all terms and of `size`.
  bool (*sums_up)(const LaneRows& p, int n, const double* f, double size, double tolerance, const double* r);

  // sums (k, l ≤ k) += Σ_i visits_i Σ_j p_ij v_k v_l for v_k = f_k(p_ij) + r_k,j − r_k,i. f [features × places], r
  // [features × n × 8], sums [features (features + 1) / 2 × 8]; v [2 × features × covariance_batch × 8] is room.
  void (*add_covariances)(const LaneRows& p, int n, int features, const double* f, const double* r,
                          const double* visits, double* v, double* sums);

  // Factorises I − m; row [n × 8] is 0 before and after. A bit for every lane with a pivot that is not positive.
  unsigned (*factorise)(const LaneRows& m, double* row, const LaneFactors& factors);

  // Overwrite x by (I − m)⁻¹ x and (I − m)⁻ᵀ x; `rows` are those that forward substitution makes nonzero, in order.
  void (*solve)(const LaneFactors& factors, const int* rows, int count, double* x);
  void (*solve_transposed)(const LaneFactors& factors, const int* rows, int count, double* x);

  // y += m x and y += mᵀ x.
  void (*add_product)(const LaneRows& m, int n, const double* x, double* y);
  void (*add_transposed_product)(const LaneRows& m, int n, const double* x, double* y);

  // m_ij ← m_ij y_j / y_i; 0 where y_i is 0.
  void (*divide)(const LaneRows& m, int n, const double* y, double* chances);

  // sums[p] += Σ over lanes of x_i m_ij, p the place of m_ij.
  void (*add_uses)(const LaneRows& m, int n, const double* x, double* sums);

  // m_ij ← base[p] factor_i entering_j, p the place of m_ij.
  void (*weigh)(const LaneRows& m, int n, const double* base, const double* leaving, const double* entering,
                double* result);
};

// For the processor at hand.
const LuKernels& lu_kernels();

}  // namespace softrl::irl
