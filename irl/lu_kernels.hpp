// The arithmetic behind sparse_lu.hpp and path_sum.hpp, compiled once for every kind of vector instructions.
#pragma once

namespace softrl::irl {

// Rows of a sparse matrix of wide numbers (wide_range.hpp): row i has column[p], and so on, for p = start[i] … start[i
// + 1] − 1, the place of an entry.
struct WideRows {
  const int* start;
  const int* column;
  const double* mantissa;
  const int* exponent;
};

// Eight columns of wide numbers, row by row: [n × 8].
struct WideColumns {
  double* mantissa;
  int* exponent;
};

struct ConstWideColumns {
  const double* mantissa;
  const int* exponent;
};

struct LuKernels {
  // x_i ← (x_i + Σ_j a_ij x_j) factor_i (1 if null) for i = rows[0], rows[1], …
  void (*substitute)(const WideRows& a, const int* rows, int count, const double* factor, const WideColumns& x);

  // The same for i = n − 1, …, 0.
  void (*substitute_back)(const WideRows& a, int n, const double* factor, const WideColumns& x);

  // Whether |x_i − Σ_j a_ij x_j| ≤ tolerance (|x_i| + |Σ_j a_ij x_j|) in every column for begin ≤ i < end.
  bool (*is_solution)(const WideRows& a, int begin, int end, double tolerance, const ConstWideColumns& x);

  // sums[p] += sign · Σ over columns of x_i a_ij y_j, p the place of a_ij, for begin ≤ i < end. Finite.
  void (*add_products)(const WideRows& a, int begin, int end, double sign, const ConstWideColumns& x,
                       const ConstWideColumns& y, double* sums);
};

// For the processor at hand.
const LuKernels& lu_kernels();

}  // namespace softrl::irl
