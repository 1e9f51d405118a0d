#include "tabular/solver.hpp"

#include <stdexcept>

#include "softrl/check.hpp"
#include "tabular/anderson.hpp"
#include "tabular/gauss_seidel.hpp"
#include "tabular/krylov_policy_iteration.hpp"
#include "tabular/modified_policy_iteration.hpp"
#include "tabular/prioritized_sweeping.hpp"
#include "tabular/soft_policy_iteration.hpp"
#include "tabular/soft_value_iteration.hpp"
#include "tabular/strong_components.hpp"
#include "tabular/topological.hpp"

namespace softrl::tabular {

Method choose_method(const Mdp& mdp, const SolverOptions& options) {
  check_base_measure(mdp, options.base_measure);
  if (StrongComponents(mdp, options.base_measure).largest() <= mdp.states() / 2) return Method::Topological;
  if (mdp.states() <= 2000) return Method::PolicyIteration;
  return mdp.discount() < 1.0 ? Method::KrylovPolicyIteration : Method::ModifiedPolicyIteration;
}

Solution solve(const Mdp& mdp, Method method, const SolverOptions& options) {
  check_count("threads", options.threads, 0);
  switch (method) {
    case Method::ValueIteration:
      return soft_value_iteration(mdp, options);
    case Method::GaussSeidel:
      return gauss_seidel(mdp, options);
    case Method::PrioritizedSweeping:
      return prioritized_sweeping(mdp, options);
    case Method::PolicyIteration:
      return soft_policy_iteration(mdp, options);
    case Method::KrylovPolicyIteration:
      return krylov_policy_iteration(mdp, options);
    case Method::ModifiedPolicyIteration:
      return modified_policy_iteration(mdp, options);
    case Method::Anderson:
      return anderson(mdp, options);
    case Method::Topological:
      return topological(mdp, options);
    case Method::Auto:
      return solve(mdp, choose_method(mdp, options), options);
  }
  throw std::invalid_argument("method: not one of the enumerators");
}

}  // namespace softrl::tabular
