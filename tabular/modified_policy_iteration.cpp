#include "tabular/modified_policy_iteration.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "softrl/operators.hpp"
#include "tabular/iterate.hpp"

namespace softrl::tabular {
namespace {

// y = γ P_π x, 0 in terminal states.
void propagate(const Mdp& mdp, const Eigen::VectorXd& policy, const Eigen::VectorXd& x, Eigen::VectorXd& y) {
  const auto from = as_span(x);
  for (Index s = 0; s < mdp.states(); ++s) {
    double sum = 0.0;
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      if (policy(k) != 0.0) sum += policy(k) * mdp.expectation(k, from);
    }
    y(s) = mdp.discount() * sum;
  }
}

// What bounds are proportional to: how far apart changes are, from each other or from the 0 of terminal states.
double spread(const Eigen::VectorXd& changes, const Mdp& mdp) {
  return mdp.has_terminal_states() ? changes.cwiseAbs().maxCoeff() : changes.maxCoeff() - changes.minCoeff();
}

}  // namespace

Solution modified_policy_iteration(const Mdp& mdp, const SolverOptions& options) {
  Bellman bellman(mdp, options.temperature, options.base_measure, options.threads);
  Eigen::VectorXd change(mdp.states()), propagated(mdp.states());
  return iterate(bellman, Method::ModifiedPolicyIteration, options, [&](Iterate& at) {
    if (!at.certified) return Move::Certify;  // of the start values
    const Eigen::VectorXd policy = bellman.boltzmann(bellman.action_values(at.values));
    // T_π is affine and T_π V = TV, so T_π^m W = W + Σ_j (γ P_π)^j (W − V), j = 1 … m.
    change = at.next - at.values;
    const double enough = 0.1 * spread(change, mdp);
    std::swap(at.values, at.next);
    constexpr int most_sweeps = 100;
    for (int sweep = 0; sweep < most_sweeps && spread(change, mdp) > enough; ++sweep) {
      propagate(mdp, policy, change, propagated);
      std::swap(change, propagated);
      at.values += change;
    }
    return at.values.allFinite() ? Move::Certify : Move::Last;
  });
}

}  // namespace softrl::tabular
