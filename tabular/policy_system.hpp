// The linear systems of a fixed policy, A x = b and Aᵀ x = b, A = I − γ P_π with the rows of the identity in terminal
// states. Newton's step of soft policy iteration (docs/math.md 2.7), the evaluation of a policy and its visits are each
// one solve.
//
// Up to 1,000 states by sparse LU. Beyond, by BiCGSTAB with multigrid in single precision, over and over for what is
// left in double precision (iterative refinement: Higham, Accuracy and Stability of Numerical Algorithms, 2002, ch.
// 12), which takes time and memory in proportion to the process; and where that stagnates, as it does where most
// episodes take a million steps or more, by LU after all, if each factor keeps within 20 million entries.
#pragma once
#include <memory>
#include <optional>

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include "tabular/mdp.hpp"

namespace softrl::tabular {

class PolicySystem {
 public:
  // `policy` [K] as in check_policy, or all zeros in states that are to be as terminal ones.
  PolicySystem(const Mdp& mdp, const Eigen::VectorXd& policy);
  ~PolicySystem();
  PolicySystem(PolicySystem&&) noexcept;
  PolicySystem& operator=(PolicySystem&&) noexcept;

  // x [S] for b [S], finite, with a residual b − A x of at most 16 times what rounding may make of it; x = b exactly in
  // terminal states. Empty if the system is singular, as at discount 1 that of a policy which never ends, or if neither
  // method comes that far.
  std::optional<Eigen::VectorXd> solve(const Eigen::VectorXd& right_side);

  // x with Aᵀ x = b, likewise: b summed along all paths, which are visits if b is where they start.
  std::optional<Eigen::VectorXd> solve_transposed(const Eigen::VectorXd& right_side);

 private:
  struct Solvers;
  using Matrix = Eigen::SparseMatrix<double, Eigen::RowMajor>;
  void factorise();
  const Matrix& transposed_matrix();
  std::optional<Eigen::VectorXd> solve(const Matrix& matrix, bool is_transposed, const Eigen::VectorXd& right_side);

  Matrix matrix_;
  std::optional<Matrix> transposed_;  // Once it is needed.
  std::unique_ptr<Solvers> solvers_;  // Likewise.
};

}  // namespace softrl::tabular
