// LU factors of a sparse M-matrix A = σI − M, M ≥ 0, with the pivots taken from the diagonal, by KLU.
//
// A is nonsingular with A⁻¹ ≥ 0 exactly if all these pivots are positive, and that is so exactly if the spectral radius
// of M is below σ. Then elimination and substitution subtract nowhere but on the diagonal: a solution for b ≥ 0 has all
// its entries ≥ 0 and a small relative error entry by entry, over hundreds of orders of magnitude.
#pragma once
#include <memory>
#include <vector>

#include <Eigen/Core>

namespace softrl::irl {

class SparseLu {
 public:
  // The places of a square matrix that may be nonzero, row by row: row i has the columns
  // column[row_start[i]] … column[row_start[i + 1] − 1], in increasing order, its diagonal among them.
  // Orders them to keep the factors sparse. Throws std::runtime_error if KLU refuses.
  SparseLu(std::vector<int> row_start, std::vector<int> column);
  ~SparseLu();
  SparseLu(SparseLu&&) noexcept;
  SparseLu& operator=(SparseLu&&) noexcept;

  // Factorises the matrix with `values` in these places. True if every pivot is positive; only then call solve.
  bool factorise(const std::vector<double>& values);

  // Overwrites the columns of `b` [n × any] by A⁻¹ b or A⁻ᵀ b. Not to be called from two threads at once.
  void solve(Eigen::MatrixXd& b) const;
  void solve_transposed(Eigen::MatrixXd& b) const;

 private:
  struct Factors;
  std::unique_ptr<Factors> factors_;
};

}  // namespace softrl::irl
