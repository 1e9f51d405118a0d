// In which order to eliminate the rows of a sparse matrix, with the pivots taken from its diagonal, and where its LU
// factors are then nonzero. Both depend on where the matrix is nonzero alone, so that one pattern serves many matrices.
#pragma once
#include <optional>
#include <vector>

namespace softrl::irl {

// Places of a matrix, row by row: row i has the columns column[start[i]] … column[start[i + 1] − 1].
struct SparseRows {
  std::vector<int> start{0}, column;

  int rows() const { return static_cast<int>(start.size()) - 1; }
  int places() const { return static_cast<int>(column.size()); }
};

// The same entries in other places, and which place of the original each of them comes from.
struct Rearranged {
  SparseRows rows;
  std::vector<int> source;
};
Rearranged transpose(const SparseRows& rows, int columns);

struct LuPattern {
  std::vector<int> order;     // [n] the rows (and columns) of the matrix as they are eliminated
  std::vector<int> position;  // [n] the inverse of `order`

  // Rows and columns in the order of elimination. Strictly triangular; columns increase along a row.
  SparseRows lower, upper;
  Rearranged lower_transposed, upper_transposed;
  std::vector<int> parent;  // [n] the elimination tree: a row enters others on its way to a root only; −1 for a root

  int size() const { return static_cast<int>(order.size()); }
};

// For a square matrix; its diagonal, wherever `rows` has places for it or not, is taken to be nonzero. Throws
// std::runtime_error if KLU, which does the work, refuses.
LuPattern lu_pattern(const SparseRows& rows);

// None if the factors would have more than `most` nonzeros, by the estimate of the ordering (exact if the matrix is as
// nonzero as its transpose, else too high).
std::optional<LuPattern> lu_pattern_within(const SparseRows& rows, double most);

// No elimination: the order that the rows have, and empty triangles.
LuPattern no_elimination(int n);

// The rows that forward substitution makes nonzero if it starts from those that are `nonzero` [n]: these, and all on
// their ways to a root, in order.
std::vector<int> reached_rows(const LuPattern& pattern, std::vector<bool> nonzero);

// The matrix with its rows and columns in the order of elimination.
Rearranged in_order(const SparseRows& rows, const LuPattern& pattern);

}  // namespace softrl::irl
