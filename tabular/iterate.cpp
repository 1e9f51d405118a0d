#include "tabular/iterate.hpp"

#include <array>
#include <limits>
#include <optional>

#include "softrl/check.hpp"
#include "tabular/feasibility.hpp"
#include "tabular/stopping_rule.hpp"

namespace softrl::tabular {
namespace {

// Looking for unlimited growth costs a few sweeps: after 1, 2, 4, 8, … of them it does not count.
bool due_for_growth_check(int sweeps) { return (sweeps & (sweeps - 1)) == 0; }

}  // namespace

Solution iterate(Bellman& bellman, Method method, const SolverOptions& options, const Step& step) {
  const Mdp& mdp = bellman.mdp();
  StoppingRule rule(bellman, options.tolerance);
  check_count("max_iterations", options.max_iterations, 1);

  Iterate at{.values = bellman.start_values(options.initial_values), .next = {}, .sweep = {}, .iterations = 0};
  at.next = at.values;
  const auto solution = [&](Status status) {
    const bool finite = at.next.allFinite();
    if (!finite) at.next = at.values.allFinite() ? at.values : bellman.start_values(options.initial_values);
    Solution result = rule.solution(status, at.iterations, at.next, at.sweep);
    result.method = method;
    return result;
  };

  const bool undiscounted = mdp.discount() == 1.0;
  if (undiscounted && !states_without_exit(mdp, options.base_measure).empty()) {
    at.sweep = bellman.optimal_sweep(at.values, at.next);
    return solution(Status::Infeasible);
  }

  for (int sweeps = 0;;) {
    const Move move = step(at);
    const bool last = ++at.iterations == options.max_iterations;
    std::optional<Status> status;
    if (move != Move::Continue || last) {
      at.sweep = bellman.optimal_sweep(at.values, at.next);
      ++sweeps;
      if (move == Move::Last && !at.values.allFinite()) {  // a sweep may hide it where nothing leads
        at.next = at.values;
        at.sweep.largest_change = std::numeric_limits<double>::infinity();
      }
      status = rule.assess(at.next, at.sweep);
      const bool ends = last || move == Move::Last;
      if (!status && undiscounted && (ends || due_for_growth_check(sweeps)) && grows_forever(bellman, at.next))
        status = Status::Infeasible;
      if (!status && ends) status = move == Move::Last ? Status::Stalled : Status::IterationLimit;
    }
    if (options.progress) {
      const std::array measurements{Measurement{"residual", at.sweep.residual()},
                                    Measurement{"error_bound", rule.error_bound()}};
      options.progress({.done = at.iterations, .limit = options.max_iterations, .measurements = measurements});
    }
    if (status) return solution(*status);
  }
}

}  // namespace softrl::tabular
