#include "tabular/soft_policy_iteration.hpp"

#include <array>
#include <limits>

#include "softrl/check.hpp"
#include "tabular/bellman.hpp"
#include "tabular/feasibility.hpp"
#include "tabular/policy_system.hpp"
#include "tabular/stopping_rule.hpp"

namespace softrl::tabular {

Solution soft_policy_iteration(const Mdp& mdp, const SolverOptions& options) {
  Bellman bellman(mdp, options.temperature, options.base_measure);
  StoppingRule rule(bellman, options.tolerance);
  check_count("max_iterations", options.max_iterations, 1);

  Eigen::VectorXd values = bellman.start_values(options.initial_values);
  Eigen::VectorXd improved = values;
  Sweep sweep = bellman.optimal_sweep(values, improved);
  const bool undiscounted = mdp.discount() == 1.0;
  if (undiscounted && !states_without_exit(mdp, options.base_measure).empty())
    return rule.solution(Status::Infeasible, 0, values, sweep);

  const Eigen::VectorXd rewards = bellman.action_values(Eigen::VectorXd::Zero(mdp.states()));
  Eigen::VectorXd policy = options.initial_values.size() == 0 ? base_policy(mdp, options.base_measure)
                                                              : bellman.boltzmann(bellman.action_values(values));
  for (int iteration = 1;; ++iteration) {
    // A singular system is a policy that never ends; a value that grows for ever explains it, otherwise it is a dead
    // end.
    const PolicySystem system(mdp, policy);
    const auto dead_end = [&] {
      const bool infeasible = undiscounted && grows_forever(bellman, values);
      return rule.solution(infeasible ? Status::Infeasible : Status::Stalled, iteration - 1, values, sweep);
    };
    if (!system.regular()) return dead_end();
    const Eigen::VectorXd evaluated = system.solve(bellman.policy_values(policy, rewards));
    if (!evaluated.allFinite()) {
      sweep.largest_change = std::numeric_limits<double>::infinity();
      return dead_end();
    }

    const double improvement = (evaluated - values).cwiseAbs().maxCoeff();
    values = bellman.start_values(evaluated);  // terminal values exactly, free of the solver's rounding
    sweep = bellman.optimal_sweep(values, improved);
    auto status = rule.assess(improved, sweep);
    if (options.progress) {
      const std::array measurements{Measurement{"residual", sweep.residual()},
                                    Measurement{"error_bound", rule.error_bound()}};
      options.progress({.done = iteration, .limit = options.max_iterations, .measurements = measurements});
    }
    // The solver's own error is about the backup's, amplified by the expected number of steps.
    if (!status && iteration > 1) {
      const double steps = system.solve(Eigen::VectorXd::Ones(mdp.states())).cwiseAbs().maxCoeff();
      if (improvement <= steps * backup_rounding_error(bellman, sweep.largest_value)) status = Status::Stalled;
    }
    if (!status && undiscounted && grows_forever(bellman, values)) status = Status::Infeasible;
    if (!status && iteration == options.max_iterations) status = Status::IterationLimit;
    if (status) return rule.solution(*status, iteration, improved.allFinite() ? improved : values, sweep);
    policy = bellman.boltzmann(bellman.action_values(values));
  }
}

}  // namespace softrl::tabular
