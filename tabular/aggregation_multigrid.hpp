// A multilevel preconditioner for (I − γ P_π) x = b, by aggregation of states: pairs of states that lead to each other
// most are joined, and pairs of those, and the chain of the joined states is again a smaller system of the same kind.
// Its solution corrects the long-range part of the error, which single sweeps over states would take 1/(1 − γ) to find.
//     Bertsekas & Castañón 1989, "Adaptive aggregation methods"; Notay 2010, "An aggregation-based algebraic multigrid"
#pragma once
#include <vector>

#include "tabular/policy_matrix.hpp"

namespace softrl::tabular {

class AggregationMultigrid {
 public:
  // Refers to `fine`. Takes some passes over its entries; memory about half of its own.
  AggregationMultigrid(const PolicyMatrix& fine, int threads);

  // One cycle for A x = b from x = 0: a linear function of b. Fine level: one Gauss-Seidel sweep forward before and one
  // backward after the correction.
  void apply(const FloatVector& b, FloatVector& x) { cycle(0, b, x); }

  std::size_t levels() const { return coarse_.size() + 1; }

 private:
  struct Level {
    PolicyMatrix matrix;
    std::vector<Index> aggregate;  // Of each state of the level above.
    FloatVector right_side, solution;
  };
  const PolicyMatrix& matrix(std::size_t level) const { return level == 0 ? fine_ : coarse_[level - 1].matrix; }
  void cycle(std::size_t level, const FloatVector& b, FloatVector& x);

  const PolicyMatrix& fine_;
  int threads_;
  std::vector<Level> coarse_;
  std::vector<FloatVector> residuals_;
};

}  // namespace softrl::tabular
