// The arithmetic of products.hpp. Compiled once for every kind of vector instructions (CMakeLists.txt), each time into
// a namespace of its own, SOFTRL_KERNEL; products.cpp chooses among them.
//
// A tile of C stays in registers while the depth goes by: for every p, a row of a panel of B is loaded, and each of its
// vectors multiplied by the tile's entries of column p of A. Registers hold the most rows that leave room for B's row.
#include "continuous/product_kernel.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace softrl::continuous::SOFTRL_KERNEL {
namespace {

#if defined(__AVX512F__)
constexpr std::ptrdiff_t width = 16, tile_rows = 14;  // 28 of 32 registers for sums
#elif defined(__AVX__)
constexpr std::ptrdiff_t width = 8, tile_rows = 6;  // 12 of 16
#else
constexpr std::ptrdiff_t width = 4, tile_rows = 6;
#endif
constexpr std::ptrdiff_t panel = 2 * width;
constexpr std::ptrdiff_t block_rows = 16 * tile_rows;  // of A, that stay in the second cache for all panels
constexpr std::ptrdiff_t block_depth = 1024;           // so that a panel stays there, too

using Pack = float __attribute__((vector_size(width * sizeof(float))));
using Bits = std::int32_t __attribute__((vector_size(width * sizeof(float))));

[[gnu::always_inline]] inline Pack load(const float* from) {
  Pack result;
  std::memcpy(&result, from, sizeof(Pack));
  return result;
}
[[gnu::always_inline]] inline void store(float* to, Pack pack) { std::memcpy(to, &pack, sizeof(Pack)); }

// The first `count` entries; 0 behind them.
[[gnu::always_inline]] inline Pack load(const float* from, std::ptrdiff_t count) {
  if (count >= width) return load(from);
  float entries[width] = {};
  for (std::ptrdiff_t j = 0; j < count; ++j) entries[j] = from[j];
  return load(entries);
}
[[gnu::always_inline]] inline void store(float* to, Pack pack, std::ptrdiff_t count) {
  if (count >= width) return store(to, pack);
  float entries[width];
  store(entries, pack);
  for (std::ptrdiff_t j = 0; j < count; ++j) to[j] = entries[j];
}

// Rows [row, row + rows) and columns [column, column + vectors · width) of C, over the depth [from, to). Not `whole`: C
// ends within the last of these vectors. The loops over the tile are unrolled so that it never leaves the registers.
template <int rows, int vectors, bool whole>
void tile(const Product& x, const float* b, std::ptrdiff_t b_row, std::ptrdiff_t row, std::ptrdiff_t column,
          std::ptrdiff_t from, std::ptrdiff_t to) {
  const auto count = [&](int v) { return whole ? width : x.columns - column - v * width; };
  float* c = x.c + row * x.c_row + column;
  Pack sums[rows][vectors] = {};
  if (from > 0) {
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
      for (int v = 0; v < vectors; ++v) sums[i][v] = load(c + i * x.c_row + v * width, count(v));
  } else if (x.start != nullptr) {
    const float* start = x.start + row / x.rows_per_start * x.start_row + column;
    std::ptrdiff_t next = x.rows_per_start - row % x.rows_per_start;  // row of the tile that starts from another row
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
      if (i == next) start += x.start_row, next += x.rows_per_start;
      for (int v = 0; v < vectors; ++v) sums[i][v] = load(start + v * width, count(v));
    }
  }

  const float* a = x.a + row * x.a_row;
  for (std::ptrdiff_t p = from; p < to; ++p, b += b_row) {
    Pack entries[vectors];
    for (int v = 0; v < vectors; ++v) entries[v] = load(b + v * width);
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
      const float entry = a[i * x.a_row + p * x.a_column];
      for (int v = 0; v < vectors; ++v) sums[i][v] += entry * entries[v];
    }
  }

  if (to == x.depth && x.relu) {
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
      for (int v = 0; v < vectors; ++v) sums[i][v] = sums[i][v] < 0.0f ? Pack{} : sums[i][v];  // NaN stays NaN
  }
  if (to == x.depth && x.gate != nullptr) {
    const float* gate = x.gate + row * x.gate_row + column;
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
      for (int v = 0; v < vectors; ++v)
        sums[i][v] = (Pack)((Bits)sums[i][v] & (load(gate + i * x.gate_row + v * width, count(v)) > 0.0f));
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i)
    for (int v = 0; v < vectors; ++v) store(c + i * x.c_row + v * width, sums[i][v], count(v));
}

template <int rows, int vectors>
void tile(const Product& x, const float* b, std::ptrdiff_t b_row, std::ptrdiff_t row, std::ptrdiff_t column,
          std::ptrdiff_t from, std::ptrdiff_t to) {
  if (x.columns - column >= vectors * width) {
    tile<rows, vectors, true>(x, b, b_row, row, column, from, to);
  } else {
    tile<rows, vectors, false>(x, b, b_row, row, column, from, to);
  }
}

template <int rows>
void tile_of(std::ptrdiff_t count, const Product& x, const float* b, std::ptrdiff_t b_row, std::ptrdiff_t row,
             std::ptrdiff_t column, std::ptrdiff_t from, std::ptrdiff_t to) {
  if (count < rows) {
    if constexpr (rows > 1) tile_of<rows - 1>(count, x, b, b_row, row, column, from, to);
    return;
  }
  if (x.columns - column > width) {
    tile<rows, 2>(x, b, b_row, row, column, from, to);
  } else {
    tile<rows, 1>(x, b, b_row, row, column, from, to);
  }
}

template <int distance, std::size_t... j>
[[gnu::always_inline]] inline Pack swapped(Pack pack, std::index_sequence<j...>) {
  return __builtin_shufflevector(pack, pack, (j ^ distance)...);
}

template <int distance = width / 2>
[[gnu::always_inline]] inline float sum(Pack pack) {
  if constexpr (distance == 0) {
    return pack[0];
  } else {
    return sum<distance / 2>(pack + swapped<distance>(pack, std::make_index_sequence<width>()));
  }
}

// Where C has few columns a tile would be mostly empty: every entry is a product of a row of A and a column of B, both
// contiguous, of which `rows` × `columns` go on at once. Neither start nor end of it is in a hurry.
template <int rows, int columns>
void dots(const Product& x, const float* packed, std::ptrdiff_t row) {
  Pack sums[rows][columns] = {};
  const float* a = x.a + row * x.a_row;
  for (std::ptrdiff_t p = 0; p < x.depth; p += width) {
    Pack entries[rows];
    for (int i = 0; i < rows; ++i) entries[i] = load(a + i * x.a_row + p, x.depth - p);
    for (int j = 0; j < columns; ++j) {
      const Pack b = load(packed + j * x.depth + p, x.depth - p);
      for (int i = 0; i < rows; ++i) sums[i][j] += entries[i] * b;
    }
  }
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      float result = sum(sums[i][j]);
      if (x.start != nullptr) result += x.start[(row + i) / x.rows_per_start * x.start_row + j];
      if (x.relu && result < 0.0f) result = 0.0f;
      if (x.gate != nullptr && !(x.gate[(row + i) * x.gate_row + j] > 0.0f)) result = 0.0f;
      x.c[(row + i) * x.c_row + j] = result;
    }
  }
}

constexpr int most_dots = 8;  // columns

template <int columns>
void dots_of(const Product& x, const float* packed, std::ptrdiff_t first_row, std::ptrdiff_t end_row) {
  if (x.columns < columns) {
    if constexpr (columns > 1) dots_of<columns - 1>(x, packed, first_row, end_row);
    return;
  }
  constexpr int rows = columns <= 2 ? 4 : 2;
  std::ptrdiff_t row = first_row;
  for (; row + rows <= end_row; row += rows) dots<rows, columns>(x, packed, row);
  for (; row < end_row; ++row) dots<1, columns>(x, packed, row);
}

bool is_narrow(const Product& x) { return x.columns <= most_dots && x.a_column == 1 && x.depth >= width; }

// Whether panels of B that are full are best read where they lie: few rows do not pay for copying them.
bool is_in_place(const Product& x) { return x.b_column == 1 && x.rows <= 512; }

std::ptrdiff_t packed_size(const Product& x) {
  if (is_narrow(x)) return x.columns * x.depth;
  const std::ptrdiff_t panels =
      is_in_place(x) ? (x.columns % panel + panel - 1) / panel : (x.columns + panel - 1) / panel;
  return panels * panel * x.depth;
}

// Exchanges the off-diagonal blocks of `distance` columns between two rows that are as far apart.
template <int distance, std::size_t... j>
[[gnu::always_inline]] inline void exchange(Pack& above, Pack& below, std::index_sequence<j...>) {
  const Pack new_above = __builtin_shufflevector(above, below, ((j & distance) != 0 ? width + (j ^ distance) : j)...);
  below = __builtin_shufflevector(above, below, ((j & distance) != 0 ? width + j : j ^ distance)...);
  above = new_above;
}

template <int distance = width / 2>
[[gnu::always_inline]] inline void transpose(Pack (&square)[width]) {
  if constexpr (distance > 0) {
#pragma GCC unroll 16
    for (int i = 0; i < width; ++i)
      if ((i & distance) == 0) exchange<distance>(square[i], square[i + distance], std::make_index_sequence<width>());
    transpose<distance / 2>(square);
  }
}

// A panel of B, whose columns are contiguous: square by square.
void pack_columns(const float* b, std::ptrdiff_t b_column, std::ptrdiff_t count, std::ptrdiff_t depth, float* packed) {
  for (std::ptrdiff_t p = 0; p < depth; p += width) {
    for (std::ptrdiff_t column = 0; column < panel; column += width) {
      Pack square[width] = {};
      for (std::ptrdiff_t j = 0; j < std::min(width, count - column); ++j)
        square[j] = load(b + (column + j) * b_column + p, depth - p);
      transpose(square);
      for (std::ptrdiff_t k = 0; k < std::min(width, depth - p); ++k)
        store(packed + (p + k) * panel + column, square[k]);
    }
  }
}

// Column after column where C is narrow; else panel after panel, row after row of it, with zeros behind the last
// column.
void pack(const Product& x, float* packed) {
  if (is_narrow(x)) {
    for (std::ptrdiff_t j = 0; j < x.columns; ++j)
      for (std::ptrdiff_t p = 0; p < x.depth; ++p) *packed++ = x.b[p * x.b_row + j * x.b_column];
    return;
  }
  for (std::ptrdiff_t column = 0; column < x.columns; column += panel) {
    const std::ptrdiff_t count = std::min(panel, x.columns - column);
    if (count == panel && is_in_place(x)) continue;
    const float* b = x.b + column * x.b_column;
    if (x.b_row == 1) {
      pack_columns(b, x.b_column, count, x.depth, packed);
    } else {
      if (count < panel) std::fill(packed, packed + panel * x.depth, 0.0f);
      for (std::ptrdiff_t p = 0; p < x.depth; ++p)
        for (std::ptrdiff_t j = 0; j < count; ++j) packed[p * panel + j] = b[p * x.b_row + j * x.b_column];
    }
    packed += panel * x.depth;
  }
}

void multiply(const Product& x, const float* packed, std::ptrdiff_t first_row, std::ptrdiff_t end_row) {
  if (is_narrow(x)) return dots_of<most_dots>(x, packed, first_row, end_row);
  for (std::ptrdiff_t from = 0; from < x.depth || from == 0; from += block_depth) {
    const std::ptrdiff_t to = std::min(from + block_depth, x.depth);
    for (std::ptrdiff_t block = first_row; block < end_row; block += block_rows) {
      const std::ptrdiff_t block_end = std::min(block + block_rows, end_row);
      for (std::ptrdiff_t column = 0; column < x.columns; column += panel) {
        const bool in_place = is_in_place(x) && x.columns - column >= panel;
        const std::ptrdiff_t b_row = in_place ? x.b_row : panel;
        const float* b = in_place ? x.b + column : packed + (is_in_place(x) ? 0 : column * x.depth);
        for (std::ptrdiff_t row = block; row < block_end; row += tile_rows)
          tile_of<tile_rows>(std::min(tile_rows, block_end - row), x, b + from * b_row, b_row, row, column, from, to);
      }
    }
  }
}

}  // namespace

extern const ProductKernel product_kernel{tile_rows, packed_size, pack, multiply};

}  // namespace softrl::continuous::SOFTRL_KERNEL
