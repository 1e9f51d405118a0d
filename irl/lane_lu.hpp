// LU factors of eight M-matrices I − M at once, of numbers in the same places: one matrix in each lane of the
// processor's vectors. What sparse_lu.hpp says of one matrix and eight right-hand sides holds here for each matrix and
// one right-hand side of its own, in double precision.
#pragma once
#include <array>
#include <memory>
#include <vector>

#include "irl/lu_kernels.hpp"
#include "irl/lu_pattern.hpp"

namespace softrl::irl {

constexpr int lane_count = 8;

// Eight numbers, one of each lane, for every row of a vector or place of a matrix.
struct alignas(64) Lane : std::array<double, lane_count> {};
using Lanes = std::vector<Lane>;

inline LaneRows view(const SparseRows& rows, const Lanes& values) {
  return {rows.start.data(), rows.column.data(), numbers_of(values)};
}

class LaneLu {
 public:
  explicit LaneLu(std::shared_ptr<const LuPattern> pattern);

  const std::shared_ptr<const LuPattern>& pattern() const { return pattern_; }

  // Factorises I − M for the values `m` [places] ≥ 0 of M in `rows`, both in the order of elimination. A bit is set for
  // every lane with a pivot that is not positive; solutions of such a lane mean nothing.
  unsigned factorise(const SparseRows& rows, const Lanes& m);

  // Overwrites b [n], rows in the order of elimination, by (I − M)⁻¹ b or (I − M)⁻ᵀ b, lane by lane.
  void solve(Lanes& b);
  void solve_transposed(Lanes& b);

 private:
  LaneFactors factors();

  std::shared_ptr<const LuPattern> pattern_;
  Lanes lower_, upper_, inverse_pivots_;  // A = (D − L) (I − U), as in sparse_lu.hpp
  Lanes row_;                             // 0 between factorisations
};

// A bit for every lane in which x = M x + b, or x = Mᵀ x + b if `transposed`, fails by more than `tolerance` times the
// terms of the entry and its `size`.
unsigned lanes_not_solved(const SparseRows& rows, const Lanes& m, bool transposed, const Lanes& x, const Lanes& b,
                          double tolerance, double size);

}  // namespace softrl::irl
