#include "tabular/soft_policy_iteration.hpp"

#include "tabular/bellman.hpp"
#include "tabular/certificate.hpp"
#include "tabular/iterate.hpp"
#include "tabular/policy_system.hpp"

namespace softrl::tabular {

Solution soft_policy_iteration(const Mdp& mdp, const SolverOptions& options) {
  Bellman bellman(mdp, options.temperature, options.base_measure);
  const Eigen::VectorXd rewards = bellman.action_values(Eigen::VectorXd::Zero(mdp.states()));
  const bool cold = options.initial_values.size() == 0;

  return iterate(bellman, Method::PolicyIteration, options, [&](Iterate& at) {
    const bool first = at.iterations == 0;
    const Eigen::VectorXd policy =
        first && cold ? base_policy(mdp, options.base_measure) : bellman.boltzmann(bellman.action_values(at.values));
    const PolicySystem system(mdp, policy);
    if (!system.regular()) return Move::Last;  // a policy that never ends
    const Eigen::VectorXd evaluated = system.solve(bellman.policy_values(policy, rewards));
    if (!evaluated.allFinite()) {
      at.values = evaluated;
      return Move::Last;
    }
    const double improvement = (evaluated - at.values).cwiseAbs().maxCoeff();
    at.values = bellman.start_values(evaluated);  // terminal values exactly, free of the solver's rounding
    if (first) return Move::Certify;
    // The solver's own error is about the backup's, amplified by the expected number of steps.
    const double steps = system.solve(Eigen::VectorXd::Ones(mdp.states())).cwiseAbs().maxCoeff();
    const double noise = steps * backup_rounding_error(bellman, at.values.cwiseAbs().maxCoeff());
    return improvement <= noise ? Move::Last : Move::Certify;
  });
}

}  // namespace softrl::tabular
