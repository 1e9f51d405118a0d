// The matrix of Newton's correction, I − γ P_π (docs/math.md 2.7), collapsed over actions: one entry for each distinct
// successor of a state, so a gridworld keeps 5 of its 12 transitions a state. Entries are single precision, which
// halves the memory traffic: a correction needs few digits, because the double-precision backup that follows it
// corrects it.
#pragma once
#include <vector>

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include "tabular/bellman.hpp"

namespace softrl::tabular {

using FloatVector = std::vector<float>;  // [S]

struct PolicyMatrix {
  std::vector<Index> begin;    // [S+1] where a row's room starts.
  std::vector<Index> end;      // [S]   where its entries end: which successors a policy has varies.
  std::vector<Index> columns;  //       s' ≠ s.
  std::vector<float> weights;  //       γ P_π(s'|s) > 0.
  FloatVector diagonal;        // [S]   1 − γ P_π(s|s); 1 in terminal states.

  Index states() const { return static_cast<Index>(end.size()); }
};

// Room for the matrix of any policy of `mdp`. Costs one pass over its transitions.
PolicyMatrix policy_matrix_for(const Mdp& mdp);

// Writes W = TV into `next` and I − γ P_π into `matrix`, for π the Boltzmann policy at `values` or, if it is not empty,
// for `policy` [K], and then with W = T_π V. At temperature 0, π takes the first action with a Q of at least
// max Q − ties. One pass over the transitions, the same for any `threads` ≥ 1.
void linearise(const Bellman& bellman, const Eigen::VectorXd& values, const Eigen::VectorXd& policy, double ties,
               int threads, Eigen::VectorXd& next, PolicyMatrix& matrix);

// The entries of I − γ P_π in single precision, with diagonals that keep the sums of rows: how much of a process ends
// with a step may be less than what rounding does to its moves.
PolicyMatrix single_precision(const Eigen::SparseMatrix<double, Eigen::RowMajor>& matrix);

// Aᵀ: its rows are then no longer those of a policy.
PolicyMatrix transposed(const PolicyMatrix& a);

// y = b − A x, and y = A x.
void residual(const PolicyMatrix& a, const FloatVector& b, const FloatVector& x, int threads, FloatVector& y);
void product(const PolicyMatrix& a, const FloatVector& x, int threads, FloatVector& y);

// One Gauss-Seidel sweep for A x = b, in the order of states and against it.
void sweep_forward(const PolicyMatrix& a, const FloatVector& b, FloatVector& x);
void sweep_backward(const PolicyMatrix& a, const FloatVector& b, FloatVector& x);

}  // namespace softrl::tabular
