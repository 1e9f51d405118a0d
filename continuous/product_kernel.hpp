// What product_kernel.cpp computes, and what it is compiled for; products.hpp is its face.
#pragma once
#include <cstddef>

namespace softrl::continuous {

// C = A B in single precision, begun at `start` in place of 0 and followed by what is asked for. Steps are in entries.
struct Product {
  std::ptrdiff_t rows, columns, depth;  // A [rows × depth], B [depth × columns]
  const float* a;
  std::ptrdiff_t a_row, a_column;  // from an entry to the next one below, and to the right
  const float* b;
  std::ptrdiff_t b_row, b_column;
  float* c;  // its columns are next to each other
  std::ptrdiff_t c_row;

  const float* start = nullptr;  // rows like C's, each of them for rows_per_start rows of C; null for 0
  std::ptrdiff_t start_row = 0, rows_per_start = 1;
  bool relu = false;            // then C ← max(C, 0)
  const float* gate = nullptr;  // like C: then C ← 0 where the gate is not positive; null for no gate
  std::ptrdiff_t gate_row = 0;
};

// Of each kind of vector instructions: how many floats B takes when it is arranged for multiply() (0: it is right as it
// is), arranges it, and computes rows [first, end) of C; rows are best cut at multiples of `rows_at_once`.
struct ProductKernel {
  std::ptrdiff_t rows_at_once;
  std::ptrdiff_t (*packed_size)(const Product& x);
  void (*pack)(const Product& x, float* packed);
  void (*multiply)(const Product& x, const float* packed, std::ptrdiff_t first_row, std::ptrdiff_t end_row);
};

namespace any_processor {
extern const ProductKernel product_kernel;
}
namespace avx2 {
extern const ProductKernel product_kernel;
}
namespace avx512 {
extern const ProductKernel product_kernel;
}

}  // namespace softrl::continuous
