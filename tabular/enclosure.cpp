#include "tabular/enclosure.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "tabular/certificate.hpp"
#include "tabular/policy_system.hpp"
#include "tabular/predecessors.hpp"

namespace softrl::tabular {
namespace {

// V with (I − γ P_π) V = r_π − α D(π) + bonus, π the Boltzmann policy at `values`: a Newton step of the problem whose
// rewards are all raised by `bonus`. Empty where the system is singular.
std::optional<Eigen::VectorXd> newton_step(const Bellman& bellman, const Eigen::VectorXd& values, double bonus) {
  const Mdp& mdp = bellman.mdp();
  const Eigen::VectorXd policy = bellman.boltzmann(bellman.action_values(values));
  const Eigen::VectorXd rewards = bellman.action_values(Eigen::VectorXd::Zero(mdp.states()));
  const Eigen::VectorXd raised = bellman.policy_values(policy, rewards).array() + bonus;
  if (!raised.allFinite()) return std::nullopt;
  return PolicySystem(mdp, policy).solve(bellman.start_values(raised));
}

// The extremes of TV − V with what rounding may have done to them.
struct VerifiedChange {
  double smallest, largest;
};
VerifiedChange verified_change(Bellman& bellman, const Eigen::VectorXd& values) {
  Eigen::VectorXd next(values.size());
  const Sweep sweep = bellman.optimal_sweep(values, next);
  const double error = change_rounding_error(bellman, sweep);
  return {.smallest = sweep.smallest_change - error, .largest = sweep.largest_change + error};
}

bool is_subsolution(Bellman& bellman, const Eigen::VectorXd& values) {
  return verified_change(bellman, values).smallest > 0.0;
}
bool is_supersolution(Bellman& bellman, const Eigen::VectorXd& values) {
  return verified_change(bellman, values).largest < 0.0;
}

// States that are not terminal, by their distance in moves from the end: a sweep in this order carries what changed at
// the end through the whole process.
struct FromEnd {
  std::vector<Index> order;
  Eigen::VectorXd distance;  // [S] 0 where no end is reached.
};

FromEnd from_end(const Mdp& mdp, const BaseMeasure& measure) {
  FromEnd result{.order = {}, .distance = Eigen::VectorXd::Zero(mdp.states())};
  std::vector<char> seen(static_cast<std::size_t>(mdp.states()), 0);
  const auto add = [&](Index state, double distance) {
    if (seen[static_cast<std::size_t>(state)]) return;
    seen[static_cast<std::size_t>(state)] = 1;
    result.distance(state) = distance;
    result.order.push_back(state);
  };
  for (const auto& [state, value] : mdp.terminal()) add(state, 0.0);
  if (mdp.has_terminal_states()) {
    const Predecessors predecessors(mdp, measure);
    for (std::size_t i = 0; i < result.order.size(); ++i) {
      const Index state = result.order[i];
      for (const Index from : predecessors.of(state)) add(from, result.distance(state) + 1.0);
    }
  }
  for (Index s = 0; s < mdp.states(); ++s) add(s, 0.0);
  result.order.erase(result.order.begin(), result.order.begin() + static_cast<std::ptrdiff_t>(mdp.terminal().size()));
  return result;
}

// A first guess of values + bonus · (steps to the end): as many steps as the distance takes at the slowest pace at
// which a step shortens it anywhere or, if it does not everywhere, at the mean one.
Eigen::VectorXd raised_by_distance(Bellman& bellman, const Eigen::VectorXd& values, double bonus,
                                   const FromEnd& from_end) {
  Eigen::VectorXd next(values.size()), trial_next(values.size());
  const Eigen::VectorXd trial = values + bonus * from_end.distance;
  bellman.optimal_sweep(values, next);
  bellman.optimal_sweep(trial, trial_next);
  double least = from_end.distance.maxCoeff(), sum = 0.0;
  for (const Index s : from_end.order) {
    const double pace = from_end.distance(s) - (trial_next(s) - next(s)) / bonus;
    least = std::min(least, pace);
    sum += pace;
  }
  const double mean = sum / static_cast<double>(from_end.order.size());
  const double pace = least > 0.1 * mean ? least : mean;
  if (!(pace > 0.0)) return values;
  return values + 1.5 * bonus / pace * from_end.distance;  // half as much again, for strictness
}

// Gauss-Seidel sweeps for the problem whose rewards are all raised by `bonus`, from a near solution of the given one.
// Once a sweep changes no value by |bonus|/2, what is left is at least half of it as strictness; it may be enough
// before. Empty if that is not in sight.
template <class Verify>
std::optional<Eigen::VectorXd> by_sweeps(Bellman& bellman, const Eigen::VectorXd& near, double bonus,
                                         const FromEnd& from_end, Verify verify) {
  const int max_sweeps = bellman.mdp().states() <= 20'000 ? 100 : 2000;
  constexpr int period = 8;  // of looking at how fast the changes fall
  const double enough = 0.5 * std::abs(bonus), nothing = 0.05 * std::abs(bonus);
  Eigen::VectorXd values = raised_by_distance(bellman, near, bonus, from_end);
  double change_before = 0.0;
  for (int sweep = 1; sweep <= max_sweeps; ++sweep) {
    double change = 0.0;
    const auto visit = [&](Index state) {
      const double value = bellman.backup(state, values) + bonus;
      change = std::max(change, std::abs(value - values(state)));
      values(state) = value;
    };
    if (sweep % 2 == 1) {
      std::for_each(from_end.order.begin(), from_end.order.end(), visit);
    } else {
      std::for_each(from_end.order.rbegin(), from_end.order.rend(), visit);
    }
    if (!std::isfinite(change)) return std::nullopt;
    const bool power_of_two = (sweep & (sweep - 1)) == 0;
    if ((change <= enough || power_of_two) && verify(bellman, values)) return values;
    if (change <= nothing) return std::nullopt;  // rounding is in the way
    if (sweep % period != 1) continue;
    if (sweep > period) {
      const double rate = std::log(change / change_before) / period;
      if (!(rate < 0.0) || sweep + std::log(enough / change) / rate > max_sweeps) return std::nullopt;
    }
    change_before = change;
  }
  return std::nullopt;
}

std::optional<Eigen::VectorXd> subsolution(Bellman& bellman, const Eigen::VectorXd& values, double margin,
                                           const FromEnd& ends) {
  if (auto found = by_sweeps(bellman, values, -margin, ends, is_subsolution)) return found;
  // The policy at hand evaluated with lowered rewards is a subsolution by itself.
  auto found = newton_step(bellman, values, -margin);
  if (found && !is_subsolution(bellman, *found)) found.reset();
  return found;
}

std::optional<Eigen::VectorXd> supersolution(Bellman& bellman, const Eigen::VectorXd& values, double margin,
                                             const FromEnd& ends) {
  if (auto found = by_sweeps(bellman, values, margin, ends, is_supersolution)) return found;
  // An other policy may be better with raised rewards (at temperature 0, a longer path of equal value), so Newton's
  // iteration for the raised problem goes on until an iterate is a supersolution of the given one.
  constexpr int max_steps = 20;
  std::optional<Eigen::VectorXd> upper = values;
  for (int step = 0; step < max_steps; ++step) {
    upper = newton_step(bellman, *upper, margin);
    if (!upper || is_supersolution(bellman, *upper)) return upper;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Enclosure> enclose(Bellman& bellman, const Eigen::VectorXd& values, double margin) {
  const FromEnd ends = from_end(bellman.mdp(), bellman.measure());
  auto lower = subsolution(bellman, values, margin, ends);
  if (!lower) return std::nullopt;
  auto upper = supersolution(bellman, values, margin, ends);
  if (!upper) return std::nullopt;
  return Enclosure{.lower = std::move(*lower), .upper = std::move(*upper)};
}

}  // namespace softrl::tabular
