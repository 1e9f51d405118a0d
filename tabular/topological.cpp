#include "tabular/topological.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "tabular/available_policy.hpp"
#include "tabular/certificate.hpp"
#include "tabular/iterate.hpp"
#include "tabular/policy_system.hpp"
#include "tabular/strong_components.hpp"
#include "tabular/sweep_in_place.hpp"

namespace softrl::tabular {
namespace {

// The process seen from inside one component: its states in their order, then a terminal state for every successor
// outside, at its present value.
struct Part {
  Mdp mdp;
  BaseMeasure measure;
};

class PartCutter {
 public:
  PartCutter(const Mdp& mdp, const BaseMeasure& measure)
      : mdp_(mdp), measure_(measure), local_(static_cast<std::size_t>(mdp.states()), -1) {}

  Part cut(std::span<const Index> states, const Eigen::VectorXd& values) {
    MdpArrays arrays;
    arrays.discount = mdp_.discount();
    std::vector<double> log_weights;
    std::vector<Index> outside;
    Index count = 0;
    for (const Index s : states) local(s) = count++;
    arrays.action_offsets = {0};
    if (!mdp_.deterministic()) arrays.successor_offsets = {0};
    for (const Index s : states) {
      for (Index k = mdp_.first_pair(s); k < mdp_.first_pair(s + 1); ++k) {
        arrays.rewards.push_back(mdp_.reward(k));
        if (measure_.log_weights.size() != 0) log_weights.push_back(measure_.log_weights(k));
        for (const Index next : mdp_.successors(k)) {
          if (local(next) < 0) {
            local(next) = count++;
            outside.push_back(next);
          }
          arrays.successors.push_back(local(next));
        }
        const auto row = mdp_.probabilities(k);
        arrays.probabilities.insert(arrays.probabilities.end(), row.begin(), row.end());
        if (!mdp_.deterministic()) arrays.successor_offsets.push_back(static_cast<Index>(arrays.successors.size()));
      }
      arrays.action_offsets.push_back(static_cast<Index>(arrays.rewards.size()));
    }
    for (const Index s : outside) {
      arrays.terminal.push_back({local(s), values(s)});
      arrays.action_offsets.push_back(arrays.action_offsets.back());
      local(s) = -1;
    }
    for (const Index s : states) local(s) = -1;
    BaseMeasure measure;
    measure.log_weights = Eigen::VectorXd::Map(log_weights.data(), static_cast<Eigen::Index>(log_weights.size()));
    return {.mdp = Mdp(std::move(arrays)), .measure = std::move(measure)};
  }

 private:
  Index& local(Index state) { return local_[static_cast<std::size_t>(state)]; }

  const Mdp& mdp_;
  const BaseMeasure& measure_;
  std::vector<Index> local_;  // [S] index in the part being cut, −1 elsewhere
};

bool returns_to_itself(const Mdp& mdp, Index state) {
  for (Index k = mdp.first_pair(state); k < mdp.first_pair(state + 1); ++k) {
    const auto next = mdp.successors(k);
    if (std::find(next.begin(), next.end(), state) != next.end()) return true;
  }
  return false;
}

// One Gauss-Seidel sweep.
struct Change {
  double residual = 0.0;
  double rounding = 0.0;  // Changes as small as this say nothing.
};
Change sweep_component(Bellman& bellman, std::span<const Index> states, bool forward, Eigen::VectorXd& values) {
  double residual = 0.0, largest_value = 0.0;
  for (std::size_t i = 0; i < states.size(); ++i) {
    const Index s = states[forward ? i : states.size() - 1 - i];
    const double value = bellman.backup(s, values);
    residual = std::max(residual, std::abs(value - values(s)));
    values(s) = value;
    largest_value = std::max(largest_value, std::abs(value));
  }
  return {.residual = residual, .rounding = 4.0 * backup_rounding_error(bellman, largest_value)};
}

// Newton's method on one component (soft_policy_iteration.hpp), from the values it has. What counts here is the
// residual, not the error, so that the bounds of the whole process can do without one for each part. False, with the
// values left alone, where it finds no solution.
bool solve_component(const Part& part, double temperature, double precision, std::span<const Index> states,
                     Eigen::VectorXd& values) {
  Bellman bellman(part.mdp, temperature, part.measure);
  Eigen::VectorXd v = Eigen::VectorXd::Zero(part.mdp.states());
  for (std::size_t i = 0; i < states.size(); ++i) v(static_cast<Eigen::Index>(i)) = values(states[i]);
  v = bellman.start_values(v);
  const Eigen::VectorXd rewards = bellman.action_values(Eigen::VectorXd::Zero(part.mdp.states()));
  Eigen::VectorXd next(v.size());
  constexpr int most_steps = 100;
  double previous = std::numeric_limits<double>::infinity();
  for (int step = 0; step < most_steps; ++step) {
    // At discount 1 the first policy must be one that leaves.
    const bool base = step == 0 && part.mdp.discount() == 1.0;
    if (step > 0) sweep_to_and_fro(bellman, v);
    const Eigen::VectorXd policy =
        base ? available_policy(part.mdp, part.measure) : bellman.boltzmann(bellman.action_values(v));
    const auto evaluated = PolicySystem(part.mdp, policy).solve(bellman.policy_values(policy, rewards));
    if (!evaluated) return false;
    v = *evaluated;
    const Sweep sweep = bellman.optimal_sweep(v, next);
    const double residual = sweep.residual();
    // The solves' own rounding error ends the descent before that of the backups does.
    const double rounding = backup_rounding_error(bellman, sweep.largest_value);
    if (residual <= std::max(precision, 4.0 * rounding) || (residual >= 0.5 * previous && residual <= 1e4 * rounding)) {
      for (std::size_t i = 0; i < states.size(); ++i) values(states[i]) = next(static_cast<Eigen::Index>(i));
      return true;
    }
    previous = residual;
  }
  return false;
}

}  // namespace

Solution topological(const Mdp& mdp, const SolverOptions& options) {
  Bellman bellman(mdp, options.temperature, options.base_measure, options.threads);
  const StrongComponents components(mdp, options.base_measure);
  PartCutter cutter(mdp, options.base_measure);
  // Of the residual of a component: what MacQueen-Porteus allows over all states, or a guess where they do not apply.
  const double discount = mdp.discount();
  double precision = 0.25 * options.tolerance * (discount < 1.0 ? 1.0 - discount : 0.01);

  double residual = std::numeric_limits<double>::infinity();
  return iterate(bellman, Method::Topological, options, [&](Iterate& at) {
    if (at.certified) {
      std::swap(at.values, at.next);
      const double reached = at.sweep.residual();
      if (reached > precision && reached > 0.5 * residual) return Move::Last;  // what was asked for is not to be had
      precision = 0.1 * std::min(precision, reached);
      residual = reached;
    }
    for (Index c = 0; c < components.count(); ++c) {
      const auto states = components.states(c);
      const Index first = states.front();
      if (mdp.is_terminal(first)) continue;
      const bool cyclic = states.size() > 1 || returns_to_itself(mdp, first);
      // A few sweeps are often enough; then Newton's method is tried, and where it fails, sweeps have to do.
      constexpr int first_sweeps = 32;
      const int most_sweeps = cyclic ? std::max(first_sweeps + 1, options.max_iterations) : 1;
      bool solved = false;
      for (int sweep = 0; sweep < most_sweeps && !solved; ++sweep) {
        if (sweep == first_sweeps) {
          solved = solve_component(cutter.cut(states, at.values), options.temperature, precision, states, at.values);
          if (solved) break;
        }
        const Change change = sweep_component(bellman, states, sweep % 2 == 0, at.values);
        if (!std::isfinite(change.residual)) return Move::Last;
        solved = !cyclic || change.residual <= std::max(precision, change.rounding);
      }
      if (!solved) return Move::Limit;
    }
    return Move::Certify;
  });
}

}  // namespace softrl::tabular
