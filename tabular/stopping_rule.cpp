#include "tabular/stopping_rule.hpp"

#include <algorithm>
#include <cmath>

#include "softrl/check.hpp"

namespace softrl::tabular {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Eigen::VectorXd midpoint(const Mdp& mdp, const Enclosure& enclosure) {
  Eigen::VectorXd result = 0.5 * (enclosure.lower + enclosure.upper);
  for (const auto& [state, value] : mdp.terminal()) result(state) = value;
  return result;
}

// Of values that are numbers as they stand, so that only the differences are rounded.
struct Distances {
  double below, above;  // values − lower and upper − values are at most these.
};
Distances distances(const Eigen::VectorXd& values, const Enclosure& enclosure) {
  return {.below = rounded_up((values - enclosure.lower).maxCoeff()),
          .above = rounded_up((enclosure.upper - values).maxCoeff())};
}

}  // namespace

StoppingRule::StoppingRule(Bellman& bellman, double tolerance)
    : bellman_(bellman), tolerance_(tolerance), next_attempt_(tolerance) {
  check_at_least("tolerance", tolerance, 0.0);
}

std::optional<Status> StoppingRule::assess(const Eigen::VectorXd& next, const Sweep& sweep) {
  if (!next.allFinite() || !std::isfinite(sweep.largest_value)) {
    error_bound_ = infinity;
    gap_ = {-infinity, infinity};
    return Status::Stalled;
  }
  const double noise = 4.0 * backup_rounding_error(bellman_, sweep.largest_value);
  gap_ = macqueen_porteus(bellman_, sweep);
  if (std::isfinite(gap_.upper)) {
    const Centred centred = centre(gap_, next.cwiseAbs().maxCoeff());
    error_bound_ = std::max(centred.lower_gap, centred.upper_gap);
    if (error_bound_ <= tolerance_) return Status::Converged;
    // The bounds contract with the spread of the change, which terminal states pin to 0.
    const bool at_noise = bellman_.mdp().has_terminal_states() ? sweep.residual() <= noise
                                                               : sweep.largest_change - sweep.smallest_change <= noise;
    if (!at_noise) return std::nullopt;
    // The factor 1/(1 − γ) on the rounding error is what stands in the way; an enclosure pays the steps to the end
    // instead.
    if (tolerance_ > 2.0 * noise) certify_by_enclosure(next, sweep);
    return error_bound_ <= tolerance_ ? Status::Converged : Status::Stalled;
  }
  if (sweep.residual() > std::max(next_attempt_, noise)) return std::nullopt;
  certify_by_enclosure(next, sweep);
  if (error_bound_ <= tolerance_) return Status::Converged;
  if (sweep.residual() <= noise) return Status::Stalled;
  // The bound is proportional to the residual: aim at half the tolerance next time, and at least halve the residual.
  const double aim = enclosure_ ? std::min(0.5, 0.5 * tolerance_ / error_bound_) : 0.25;
  next_attempt_ = aim * sweep.residual();
  return std::nullopt;
}

void StoppingRule::certify_by_enclosure(const Eigen::VectorXd& next, const Sweep& sweep) {
  // The sub- and supersolutions are larger than W, so their rounding is only known afterwards: allow for more if
  // needed.
  double margin = 2.0 * (sweep.residual() + 4.0 * backup_rounding_error(bellman_, sweep.largest_value));
  constexpr int attempts = 3;
  for (int attempt = 0; attempt < attempts; ++attempt, margin *= 8.0) {
    auto enclosure = enclose(bellman_, next, margin);
    if (!enclosure) continue;
    const auto [below, above] = distances(midpoint(bellman_.mdp(), *enclosure), *enclosure);
    const double bound = std::max(below, above);
    if (bound < error_bound_) {
      error_bound_ = bound;
      enclosure_ = std::move(enclosure);
    }
    return;
  }
}

Solution StoppingRule::solution(Status status, int iterations, const Eigen::VectorXd& next, const Sweep& sweep) {
  Solution result{.method = {},
                  .status = status,
                  .iterations = iterations,
                  .residual = sweep.residual(),
                  .lower_gap = infinity,
                  .upper_gap = infinity,
                  .error_bound = infinity,
                  .values = next,
                  .policy = {},
                  .existence = {}};
  const Mdp& mdp = bellman_.mdp();
  if (!std::isfinite(gap_.upper) && !enclosure_ && status != Status::Infeasible && next.allFinite())
    certify_by_enclosure(next, sweep);
  if (enclosure_) {
    result.values = midpoint(mdp, *enclosure_);
    const auto [below, above] = distances(result.values, *enclosure_);
    result.lower_gap = below;
    result.upper_gap = above;
  } else if (std::isfinite(gap_.upper) && next.allFinite()) {
    const Centred centred = centre(gap_, next.cwiseAbs().maxCoeff());
    for (Index s = 0; s < mdp.states(); ++s) {
      if (!mdp.is_terminal(s)) result.values(s) += centred.middle;
    }
    result.lower_gap = centred.lower_gap;
    result.upper_gap = centred.upper_gap;
  }
  result.error_bound = std::max(result.lower_gap, result.upper_gap);
  result.policy = bellman_.boltzmann(bellman_.action_values(result.values));
  return result;
}

}  // namespace softrl::tabular
