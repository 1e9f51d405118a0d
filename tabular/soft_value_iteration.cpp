#include "tabular/soft_value_iteration.hpp"

#include <array>

#include "softrl/check.hpp"
#include "tabular/bellman.hpp"
#include "tabular/feasibility.hpp"
#include "tabular/stopping_rule.hpp"

namespace softrl::tabular {
namespace {

// Looking for unlimited growth costs a few sweeps: after 64, 128, 256, … of them it does not count.
bool due_for_growth_check(int sweeps) { return sweeps >= 64 && (sweeps & (sweeps - 1)) == 0; }

}  // namespace

Solution soft_value_iteration(const Mdp& mdp, const SolverOptions& options) {
  Bellman bellman(mdp, options.temperature, options.base_measure);
  StoppingRule rule(bellman, options.tolerance);
  check_count("max_iterations", options.max_iterations, 1);

  Eigen::VectorXd values = bellman.start_values(options.initial_values);
  Eigen::VectorXd next(mdp.states());
  const bool undiscounted = mdp.discount() == 1.0;
  if (undiscounted && !states_without_exit(mdp, options.base_measure).empty())
    return rule.solution(Status::Infeasible, 0, values, bellman.optimal_sweep(values, next));

  for (int sweeps = 1;; ++sweeps) {
    const Sweep sweep = bellman.optimal_sweep(values, next);
    auto status = rule.assess(next, sweep);
    if (options.progress) {
      const std::array measurements{Measurement{"residual", sweep.residual()},
                                    Measurement{"error_bound", rule.error_bound()}};
      options.progress({.done = sweeps, .limit = options.max_iterations, .measurements = measurements});
    }
    const bool last = sweeps == options.max_iterations;
    if (!status && undiscounted && (last || due_for_growth_check(sweeps)) && grows_forever(bellman, next))
      status = Status::Infeasible;
    if (!status && last) status = Status::IterationLimit;
    if (status) return rule.solution(*status, sweeps, next.allFinite() ? next : values, sweep);
    std::swap(values, next);
  }
}

}  // namespace softrl::tabular
