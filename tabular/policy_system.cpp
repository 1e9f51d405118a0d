#include "tabular/policy_system.hpp"

#include <cassert>
#include <vector>

namespace softrl::tabular {

PolicySystem::PolicySystem(const Mdp& mdp, const Eigen::VectorXd& policy) : matrix_(mdp.states(), mdp.states()) {
  std::vector<Eigen::Triplet<double>> entries;
  entries.reserve(static_cast<std::size_t>(mdp.states()) + static_cast<std::size_t>(mdp.transitions()));
  for (Index s = 0; s < mdp.states(); ++s) {
    entries.emplace_back(s, s, 1.0);
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      const double weight = mdp.discount() * policy(k);
      if (weight == 0.0) continue;
      const auto next = mdp.successors(k);
      const auto probabilities = mdp.probabilities(k);
      for (std::size_t t = 0; t < next.size(); ++t)
        entries.emplace_back(s, next[t], probabilities.empty() ? -weight : -weight * probabilities[t]);
    }
  }
  matrix_.setFromTriplets(entries.begin(), entries.end());
  matrix_.makeCompressed();
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

}  // namespace softrl::tabular
