#include "tabular/policy_system.hpp"

#include <algorithm>
#include <cassert>
#include <vector>

namespace softrl::tabular {

namespace {

// Row s of I − γ P_π adds up the transitions of all actions of s: gathered in a dense row, of which only what was
// touched is kept, so that memory grows with the distinct successors and not with the transitions.
Eigen::SparseMatrix<double, Eigen::RowMajor> system_matrix(const Mdp& mdp, const Eigen::VectorXd& policy) {
  Eigen::SparseMatrix<double, Eigen::RowMajor> matrix(mdp.states(), mdp.states());
  std::vector<double> row(static_cast<std::size_t>(mdp.states()), 0.0);
  std::vector<char> is_touched(row.size(), 0);
  std::vector<Index> touched;
  const auto add = [&](Index column, double value) {
    const auto c = static_cast<std::size_t>(column);
    row[c] += value;
    if (!is_touched[c]) touched.push_back(column);
    is_touched[c] = 1;
  };
  for (Index s = 0; s < mdp.states(); ++s) {
    add(s, 1.0);
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      const double weight = mdp.discount() * policy(k);
      if (weight == 0.0) continue;
      const auto next = mdp.successors(k);
      const auto probabilities = mdp.probabilities(k);
      for (std::size_t t = 0; t < next.size(); ++t)
        add(next[t], probabilities.empty() ? -weight : -weight * probabilities[t]);
    }
    std::sort(touched.begin(), touched.end());
    matrix.startVec(s);
    for (const Index column : touched) {
      const auto c = static_cast<std::size_t>(column);
      matrix.insertBack(s, column) = row[c];
      row[c] = 0.0;
      is_touched[c] = 0;
    }
    touched.clear();
  }
  matrix.finalize();
  return matrix;
}

}  // namespace

PolicySystem::PolicySystem(const Mdp& mdp, const Eigen::VectorXd& policy) : matrix_(system_matrix(mdp, policy)) {
  factors_.compute(matrix_);
  regular_ = factors_.info() == Eigen::Success;
}

Eigen::VectorXd PolicySystem::solve(const Eigen::VectorXd& right_side) const {
  assert(regular_);
  Eigen::VectorXd x = factors_.solve(right_side);
  const Eigen::VectorXd residual = right_side - matrix_ * x;
  x += factors_.solve(residual);
  return x;
}

Eigen::VectorXd PolicySystem::solve_transposed(const Eigen::VectorXd& right_side) {
  assert(regular_);
  Eigen::VectorXd x = factors_.transpose().solve(right_side);
  const Eigen::VectorXd residual = right_side - matrix_.transpose() * x;
  x += factors_.transpose().solve(residual);
  return x;
}

}  // namespace softrl::tabular
