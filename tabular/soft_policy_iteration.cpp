#include "tabular/soft_policy_iteration.hpp"

#include <cmath>
#include <limits>

#include "tabular/available_policy.hpp"
#include "tabular/bellman.hpp"
#include "tabular/certificate.hpp"
#include "tabular/iterate.hpp"
#include "tabular/policy_system.hpp"

namespace softrl::tabular {
namespace {

// At most how many steps the policy takes to the end, discounted, from any state; infinite where it need not end.
double longest_way(PolicySystem& system, Eigen::Index states) {
  const auto steps = system.solve(Eigen::VectorXd::Ones(states));
  return steps && steps->minCoeff() >= 0.0 ? steps->maxCoeff() : std::numeric_limits<double>::infinity();
}

}  // namespace

Solution soft_policy_iteration(const Mdp& mdp, const SolverOptions& options) {
  Bellman bellman(mdp, options.temperature, options.base_measure, options.threads);
  const Eigen::VectorXd rewards = bellman.action_values(Eigen::VectorXd::Zero(mdp.states()));
  const bool cold = options.initial_values.size() == 0;

  return iterate(bellman, Method::PolicyIteration, options, [&](Iterate& at) {
    const bool first = at.iterations == 0;
    Eigen::VectorXd policy = first && cold ? available_policy(mdp, options.base_measure)
                                           : bellman.boltzmann(bellman.action_values(at.values));
    PolicySystem system(mdp, policy);
    // At discount 1 the first policy must be one that ends, and so are then those that follow.
    if (first && !cold && mdp.discount() == 1.0 && std::isinf(longest_way(system, mdp.states()))) {
      policy = available_policy(mdp, options.base_measure);
      system = PolicySystem(mdp, policy);
    }
    const Eigen::VectorXd right_side = bellman.policy_values(policy, rewards);
    const auto evaluated = system.solve(right_side);
    if (!evaluated) {
      const bool overflows = !std::isfinite(right_side.cwiseAbs().maxCoeff() / (1.0 - mdp.discount()));
      if (overflows && mdp.discount() < 1.0) at.values.setConstant(std::numeric_limits<double>::infinity());
      return Move::Last;
    }
    const double improvement = (*evaluated - at.values).cwiseAbs().maxCoeff();
    at.values = *evaluated;
    if (first) return Move::Certify;
    // The solver's own error is about the backup's, amplified by the expected number of steps.
    const double noise =
        longest_way(system, mdp.states()) * backup_rounding_error(bellman, at.values.cwiseAbs().maxCoeff());
    return improvement <= noise ? Move::Last : Move::Certify;
  });
}

}  // namespace softrl::tabular
