// The linear system of a fixed policy, (I − γ P_π) x = b with x = b in terminal states, by sparse LU factorisation.
// Newton's step of soft policy iteration (docs/math.md 2.7) and the evaluation of a policy are each one solve.
#pragma once
#include <Eigen/Core>
#include <Eigen/SparseCore>
#include <Eigen/SparseLU>

#include "tabular/mdp.hpp"

namespace softrl::tabular {

class PolicySystem {
 public:
  // `policy` [K] as in check_policy, or all zeros in states that are to be as terminal ones. Costs one factorisation.
  PolicySystem(const Mdp& mdp, const Eigen::VectorXd& policy);

  // False where the factors show a zero pivot: at discount 1, a policy that never reaches a terminal state.
  bool regular() const { return regular_; }

  // x [S] for b [S], with one step of iterative refinement. Needs regular(); entries may still be infinite or NaN where
  // the system is singular up to rounding, so whoever uses x checks it.
  Eigen::VectorXd solve(const Eigen::VectorXd& right_side) const;

  // x with (I − γ P_π)ᵀ x = b, likewise: b summed along all paths, which are visits if b is where they start.
  Eigen::VectorXd solve_transposed(const Eigen::VectorXd& right_side);

  // (I − γ P_π) x, with x itself in terminal states.
  Eigen::VectorXd apply(const Eigen::VectorXd& x) const { return matrix_ * x; }

 private:
  Eigen::SparseMatrix<double> matrix_;
  Eigen::SparseLU<Eigen::SparseMatrix<double>> factors_;
  bool regular_;
};

}  // namespace softrl::tabular
