#include "tabular/solver.hpp"

#include <cmath>
#include <stdexcept>
#include <utility>

#include "softrl/check.hpp"
#include "tabular/anderson.hpp"
#include "tabular/bellman.hpp"
#include "tabular/gauss_seidel.hpp"
#include "tabular/krylov_policy_iteration.hpp"
#include "tabular/modified_policy_iteration.hpp"
#include "tabular/prioritized_sweeping.hpp"
#include "tabular/soft_policy_iteration.hpp"
#include "tabular/soft_value_iteration.hpp"
#include "tabular/strong_components.hpp"
#include "tabular/topological.hpp"

namespace softrl::tabular {
namespace {

// Whether sweeps bring all values together fast enough for some tens of them to do, as on random graphs, where each
// state soon leads to all others. Judged by the last five of ten sweeps.
bool mixes_fast(const Mdp& mdp, const SolverOptions& options) {
  Bellman bellman(mdp, options.temperature, options.base_measure, options.threads);
  Eigen::VectorXd values = bellman.start_values(options.initial_values), next = values;
  // Bounds are proportional to how far apart the changes are, also from the 0 of terminal states.
  const auto spread_after = [&](int sweeps) {
    Sweep sweep{};
    for (int i = 0; i < sweeps; ++i) {
      sweep = bellman.optimal_sweep(values, next);
      std::swap(values, next);
    }
    return mdp.has_terminal_states() ? sweep.residual() : sweep.largest_change - sweep.smallest_change;
  };
  constexpr double most_sweeps = 60.0;
  const double before = spread_after(5), after = spread_after(5);
  const double enough = options.tolerance * (1.0 - mdp.discount());
  return after <= enough || std::log(after / enough) * 5.0 <= most_sweeps * std::log(before / after);
}

}  // namespace

Method choose_method(const Mdp& mdp, const SolverOptions& options) {
  check_base_measure(mdp, options.base_measure);
  if (StrongComponents(mdp, options.base_measure).largest() <= mdp.states() / 2) return Method::Topological;
  if (mdp.states() <= 2000) return Method::PolicyIteration;
  if (mdp.discount() == 1.0) return Method::ModifiedPolicyIteration;
  return mixes_fast(mdp, options) ? Method::ValueIteration : Method::KrylovPolicyIteration;
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
