#include "tabular/iterate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "softrl/check.hpp"
#include "tabular/certificate.hpp"
#include "tabular/feasibility.hpp"
#include "tabular/stopping_rule.hpp"

namespace softrl::tabular {
namespace {

// Whether a problem with discount 1 has a solution: asked while an iteration does not certify one, until it is known.
class ExistenceCheck {
 public:
  explicit ExistenceCheck(const Bellman& bellman) : bellman_(bellman) {}

  // True if none exists. It costs some sweeps to find out: after 16, 64, 256, … of them that many more do not count.
  bool fails_after(int sweeps, const Eigen::VectorXd& values) {
    const bool due = sweeps >= 16 && (sweeps & (sweeps - 1)) == 0 && (sweeps & 0x55555555) != 0;
    return due && fails(values, {.max_sweeps = sweeps, .largest_solve = std::min(200 * sweeps, 5'000)});
  }
  bool fails(const Eigen::VectorXd& values, const ExistenceOptions& effort = {}) {
    if (!known_ || known_->verdict == Existence::Verdict::Undecided) known_ = existence(bellman_, values, effort);
    return known_->verdict == Existence::Verdict::DoesNotExist;
  }

  // What is known in the end; at least a rough estimate.
  Existence found(const Solution& solution) const {
    Existence result = known_ ? *known_ : existence(bellman_, solution.values, {.max_sweeps = 50, .max_solves = 0});
    if (std::isfinite(solution.error_bound)) {  // a verified enclosure proves it
      result.verdict = Existence::Verdict::Exists;
      result.gain_upper = std::min(result.gain_upper, 0.0);
    }
    return result;
  }

 private:
  const Bellman& bellman_;
  std::optional<Existence> known_;
};

// Most steps in a row without a certifying sweep.
constexpr int longest_pause = 16;

}  // namespace

Solution iterate(Bellman& bellman, Method method, const SolverOptions& options, Step step) {
  const Mdp& mdp = bellman.mdp();
  StoppingRule rule(bellman, options.tolerance);
  check_count("max_iterations", options.max_iterations, 1);

  Iterate at{.values = bellman.start_values(options.initial_values),
             .next = {},
             .sweep = {},
             .certified = false,
             .iterations = 0,
             .shifted_width = std::numeric_limits<double>::infinity()};
  at.next = at.values;
  const bool undiscounted = mdp.discount() == 1.0;
  bool warm = options.initial_values.size() != 0;
  ExistenceCheck existence_check(bellman);
  const auto solution = [&](Status status) {
    step = nullptr;
    const bool finite = at.next.allFinite();
    if (!finite) at.next = at.values.allFinite() ? at.values : bellman.start_values(options.initial_values);
    Solution result = rule.solution(status, at.iterations, at.next, at.sweep);
    result.method = method;
    if (undiscounted) result.existence = existence_check.found(result);
    return result;
  };

  // Where rounding stops an iteration, whether there are better values to go on from: it is that of the values at hand.
  const auto restart = [&](Move move) {
    if (move != Move::Last && move_to_midpoint(bellman, at)) {
      at.values = at.next;
      return true;
    }
    // From given values of 1e20, say, sweeps that cost 1 each cannot come down: rounding swallows the cost.
    if (!warm || !undiscounted || std::isfinite(rule.error_bound())) return false;
    warm = false;
    at.next = at.values = bellman.start_values({});
    return true;
  };

  if (undiscounted && !states_without_exit(mdp, options.base_measure).empty()) {
    at.sweep = bellman.optimal_sweep(at.values, at.next);
    return solution(Status::Infeasible);
  }

  for (int sweeps = 0, certified_at = 0;;) {
    const Move move = step(at);
    const bool last = ++at.iterations == options.max_iterations;
    at.certified = move != Move::Continue || last || at.iterations - certified_at >= longest_pause ||
                   at.sweep.residual() <= 4.0 * backup_rounding_error(bellman, at.sweep.largest_value);
    std::optional<Status> status;
    bool restarts = false;
    if (at.certified) {
      certified_at = at.iterations;
      at.sweep = bellman.optimal_sweep(at.values, at.next);
      ++sweeps;
      if (move == Move::Last && !at.values.allFinite()) {  // a sweep may hide it where nothing leads
        at.next = at.values;
        at.sweep.largest_change = std::numeric_limits<double>::infinity();
      }
      status = rule.assess(at.next, at.sweep);
      const bool ends = last || move == Move::Last || move == Move::Limit;
      if (undiscounted && !std::isfinite(rule.error_bound())) {
        const bool gives_up = (ends && !status) || status == Status::Stalled;
        if (gives_up ? existence_check.fails(at.next) : existence_check.fails_after(sweeps, at.next))
          status = Status::Infeasible;
      }
      if (!status && ends) status = move == Move::Last ? Status::Stalled : Status::IterationLimit;
      restarts = status == Status::Stalled && !last && move != Move::Limit && restart(move);
      if (restarts) at.certified = false;
    }
    if (options.progress) {
      const std::array measurements{Measurement{"residual", at.sweep.residual()},
                                    Measurement{"error_bound", rule.error_bound()}};
      options.progress({.done = at.iterations, .limit = options.max_iterations, .measurements = measurements});
    }
    if (status && !restarts) return solution(*status);
  }
}

bool move_to_midpoint(const Bellman& bellman, Iterate& at) {
  const Mdp& mdp = bellman.mdp();
  if (mdp.has_terminal_states() || mdp.discount() == 0.0) return false;
  const Gap gap = macqueen_porteus(bellman, at.sweep);
  const double middle = 0.5 * (gap.lower + gap.upper), width = gap.upper - gap.lower;
  if (!std::isfinite(middle) || !(width <= 0.9 * at.shifted_width)) return false;
  at.next.array() += middle;
  at.values.array() += middle / mdp.discount();
  at.shifted_width = width;
  return true;
}

}  // namespace softrl::tabular
