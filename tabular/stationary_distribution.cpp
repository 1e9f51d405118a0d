#include "tabular/stationary_distribution.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "tabular/base_measure.hpp"
#include "tabular/stopped_chain.hpp"
#include "tabular/strong_components.hpp"
#include "tabular/visitation.hpp"

namespace softrl::tabular {
namespace {

constexpr double unit = std::numeric_limits<double>::epsilon() / 2.0;
constexpr double infinity = std::numeric_limits<double>::infinity();

// P_πᵀ x, terminal states keep what they have.
Eigen::VectorXd step_forward(const Mdp& mdp, const Eigen::VectorXd& policy, const Eigen::VectorXd& x) {
  Eigen::VectorXd result = Eigen::VectorXd::Zero(mdp.states());
  for (Index s = 0; s < mdp.states(); ++s) {
    if (mdp.is_terminal(s)) result(s) += x(s);
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      const double weight = x(s) * policy(k);
      if (weight == 0.0) continue;
      const auto next = mdp.successors(k);
      const auto probabilities = mdp.probabilities(k);
      for (std::size_t t = 0; t < next.size(); ++t)
        result(next[t]) += probabilities.empty() ? weight : weight * probabilities[t];
    }
  }
  return result;
}

// The recurrent classes, the components that no move leaves: their states, one after the other.
std::vector<std::vector<Index>> recurrent_classes(const Mdp& mdp, const Eigen::VectorXd& policy) {
  const StrongComponents components(mdp, BaseMeasure::kl_to(mdp, policy));
  std::vector<Index> component(static_cast<std::size_t>(mdp.states()));
  for (Index c = 0; c < components.count(); ++c) {
    for (const Index s : components.states(c)) component[static_cast<std::size_t>(s)] = c;
  }
  std::vector<char> is_left(static_cast<std::size_t>(components.count()), 0);
  for (Index s = 0; s < mdp.states(); ++s) {
    const Index own = component[static_cast<std::size_t>(s)];
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      if (policy(k) == 0.0) continue;
      const auto next = mdp.successors(k);
      const auto probabilities = mdp.probabilities(k);
      for (std::size_t t = 0; t < next.size(); ++t) {
        if (component[static_cast<std::size_t>(next[t])] != own && (probabilities.empty() || probabilities[t] > 0.0))
          is_left[static_cast<std::size_t>(own)] = 1;
      }
    }
  }
  std::vector<std::vector<Index>> classes;
  for (Index c = 0; c < components.count(); ++c) {
    if (is_left[static_cast<std::size_t>(c)]) continue;
    const auto states = components.states(c);
    classes.emplace_back(states.begin(), states.end());
  }
  return classes;
}

// A state of each class that is returned to often, so that cycles are short: the likeliest after some steps of the
// chain that stays where it is half of the time, which makes it aperiodic.
std::vector<Index> reference_states(const Mdp& mdp, const Eigen::VectorXd& policy,
                                    const std::vector<std::vector<Index>>& classes) {
  constexpr int steps = 50;
  Eigen::VectorXd x = Eigen::VectorXd::Ones(mdp.states());
  for (int i = 0; i < steps; ++i) x = 0.5 * (x + step_forward(mdp, policy, x));
  std::vector<Index> references;
  for (const auto& states : classes) {
    Index best = states.front();
    for (const Index s : states) {
      if (x(s) > x(best)) best = s;
    }
    references.push_back(best);
  }
  return references;
}

}  // namespace

StationaryDistribution stationary_distribution(const Mdp& mdp, const Eigen::VectorXd& policy,
                                               const Eigen::VectorXd& start) {
  check_policy(mdp, policy);
  const Eigen::VectorXd first = start_distribution(mdp, start);
  const auto classes = recurrent_classes(mdp, policy);
  StationaryDistribution result{.status = Status::Stalled,
                                .error_bound = infinity,
                                .flow_residual = infinity,
                                .recurrent_classes = static_cast<Index>(classes.size()),
                                .states = Eigen::VectorXd::Zero(mdp.states()),
                                .pairs = Eigen::VectorXd::Zero(mdp.pairs())};
  const Mdp undiscounted = mdp.with_discount(1.0);
  const double row_error = row_scaling_error(mdp, policy);
  // Visits of the chain that stops where `stops` says so. Empty if rounding hides that it ever does.
  const auto visits = [&](const std::vector<char>& stops, const Eigen::VectorXd& from,
                          double from_error) -> std::optional<StoppedChain::Visits> {
    Eigen::VectorXd followed = policy;
    for (Index s = 0; s < mdp.states(); ++s) {
      if (stops[static_cast<std::size_t>(s)]) followed.segment(mdp.first_pair(s), mdp.action_count(s)).setZero();
    }
    StoppedChain chain(undiscounted, std::move(followed), row_error);
    if (!chain.stops()) return std::nullopt;
    return chain.visits(from, from_error);
  };

  // Where the chain settles: it is followed until it comes to a recurrent class. If there is but one, it comes to that.
  std::vector<char> recurrent(static_cast<std::size_t>(mdp.states()), 0);
  std::size_t recurrent_states = 0;
  for (const auto& states : classes) {
    for (const Index s : states) recurrent[static_cast<std::size_t>(s)] = 1;
    recurrent_states += states.size();
  }
  StoppedChain::Visits arrivals{.states = first, .error = Eigen::VectorXd::Zero(mdp.states()), .flow_residual = 0.0};
  if (classes.size() == 1) {
    arrivals.states.setZero();
    arrivals.states(classes.front().front()) = first.sum();
  } else if (recurrent_states < recurrent.size()) {
    auto found = visits(recurrent, first, 0.0);
    if (!found) return result;
    arrivals = std::move(*found);
  }

  // Within each class, x is in proportion to the visits between two visits of a state of reference.
  const auto references = reference_states(mdp, policy, classes);
  std::vector<char> stops(recurrent.size());
  for (std::size_t s = 0; s < stops.size(); ++s) stops[s] = !recurrent[s];
  Eigen::VectorXd at_references = Eigen::VectorXd::Zero(mdp.states());
  for (const Index s : references) {
    stops[static_cast<std::size_t>(s)] = 1;
    at_references(s) = 1.0;
  }
  const double roundings = static_cast<double>(mdp.longest_row()) * mdp.largest_action_set() + 2.0;
  const auto cycles = visits(stops, step_forward(mdp, policy, at_references), roundings * unit + row_error);
  if (!cycles) return result;

  // With Σ|x̂ − x| ≤ E, Σ|x̂/X̂ − x/X| ≤ 2 E/X̂ for the sums X̂ and X.
  double error = arrivals.error.sum();
  for (const auto& states : classes) {
    double weight = 0.0, cycle = 0.0, cycle_error = 0.0;
    for (const Index s : states) {
      weight += arrivals.states(s);
      cycle += cycles->states(s);
      cycle_error += cycles->error(s);
    }
    error += weight * (2.0 * cycle_error / cycle + 2.0 * unit * (static_cast<double>(mdp.states()) + 4.0));
    for (const Index s : states) result.states(s) = weight * (cycles->states(s) / cycle);
  }
  if (!std::isfinite(error)) {
    result.states.setZero();
    return result;
  }
  result.status = Status::Converged;
  result.error_bound = error * (1.0 + unit * (mdp.states() + 8.0));
  result.flow_residual = (result.states - step_forward(mdp, policy, result.states)).cwiseAbs().sum();
  for (Index s = 0; s < mdp.states(); ++s) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) result.pairs(k) = result.states(s) * policy(k);
  }
  return result;
}

}  // namespace softrl::tabular
