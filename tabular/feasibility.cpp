#include "tabular/feasibility.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "softrl/check.hpp"
#include "tabular/certificate.hpp"
#include "tabular/end_components.hpp"
#include "tabular/policy_system.hpp"
#include "tabular/predecessors.hpp"

namespace softrl::tabular {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// The process confined to its end components, all of them side by side: their states, numbered anew, with the actions
// that stay.
struct Confined {
  Mdp mdp;
  BaseMeasure measure;
  std::vector<Index> state;      // [n] its number in the whole process.
  std::vector<Index> component;  // [n]
  Index components;
};

Confined confine(const Bellman& bellman, const EndComponents& ends) {
  const Mdp& mdp = bellman.mdp();
  const Eigen::VectorXd& weights = bellman.measure().log_weights;
  std::vector<Index> state, component, number(static_cast<std::size_t>(mdp.states()), -1);
  for (Index s = 0; s < mdp.states(); ++s) {
    const Index c = ends.component[static_cast<std::size_t>(s)];
    if (c < 0) continue;
    number[static_cast<std::size_t>(s)] = static_cast<Index>(state.size());
    state.push_back(s);
    component.push_back(c);
  }
  MdpArrays arrays;
  arrays.discount = 1.0;
  arrays.action_offsets = {0};
  if (!mdp.deterministic()) arrays.successor_offsets = {0};
  std::vector<double> kept_weights;
  for (const Index s : state) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      if (!ends.stays[static_cast<std::size_t>(k)]) continue;
      arrays.rewards.push_back(mdp.reward(k));
      if (weights.size() != 0) kept_weights.push_back(weights(k));
      const auto next = mdp.successors(k);
      const auto probabilities = mdp.probabilities(k);
      for (std::size_t t = 0; t < next.size(); ++t) {
        if (!probabilities.empty() && probabilities[t] == 0.0) continue;
        arrays.successors.push_back(number[static_cast<std::size_t>(next[t])]);
        if (!probabilities.empty()) arrays.probabilities.push_back(probabilities[t]);
      }
      if (!mdp.deterministic()) arrays.successor_offsets.push_back(static_cast<Index>(arrays.successors.size()));
    }
    arrays.action_offsets.push_back(static_cast<Index>(arrays.rewards.size()));
  }
  BaseMeasure measure;
  measure.log_weights = Eigen::VectorXd::Map(kept_weights.data(), static_cast<Eigen::Index>(kept_weights.size()));
  return {.mdp = Mdp(std::move(arrays)),
          .measure = std::move(measure),
          .state = std::move(state),
          .component = std::move(component),
          .components = ends.count};
}

// Whether a + b ≥ c, exactly: by Knuth's two-sum, a + b = sum + rest.
bool sum_reaches(double a, double b, double c) {
  const double sum = a + b, from_b = sum - a;
  const double rest = (a - (sum - from_b)) + (b - from_b);
  return sum > c || (sum == c && rest >= 0.0);
}

// The bounds of each component's gain, and the V that is to improve them.
class GainIteration {
 public:
  GainIteration(const Confined& confined, double temperature)
      : confined_(confined),
        bellman_(confined.mdp, temperature, confined.measure),
        lower_(Eigen::VectorXd::Constant(confined.components, -infinity)),
        upper_(Eigen::VectorXd::Constant(confined.components, infinity)),
        middle_(Eigen::VectorXd::Zero(confined.components)),
        values_(Eigen::VectorXd::Zero(confined.mdp.states())),
        next_(values_) {
    width_ = look();
  }

  double lower() const { return lower_.maxCoeff(); }
  double upper() const { return upper_.maxCoeff(); }

  // Goes on from `values`, in the order of the confined states, if they bound the gain more closely.
  void try_values(Eigen::VectorXd values) {
    std::swap(values, values_);
    const double before = width_;
    width_ = look();
    if (width_ < before) return;
    std::swap(values, values_);
    width_ = look();
  }

  // V ← V + (T_C V − V)/2. Halved, or V might run in circles where the process does (aperiodicity transformation).
  void sweep() {
    values_ += 0.5 * (next_ - values_);
    width_ = look();
  }

  // A step of policy iteration: V ← V + (I − γ P_π)⁻¹ (T_C V − g − V) for the Boltzmann policy π of V and g between the
  // last bounds. With γ = 1 the matrix would be singular; with a γ this near to it, it is regular even for policies
  // that split a component.
  bool solve() {
    if (!nearly_undiscounted_) nearly_undiscounted_ = confined_.mdp.with_discount(1.0 - 1e-9);
    PolicySystem system(*nearly_undiscounted_, bellman_.boltzmann(bellman_.action_values(values_)));
    Eigen::VectorXd change = next_ - values_;
    for (Index s = 0; s < confined_.mdp.states(); ++s) change(s) -= middle_(component(s));
    const auto correction = system.solve(change);
    if (!correction) return false;
    values_ += *correction;
    width_ = look();
    return true;
  }

 private:
  Index component(Index s) const { return confined_.component[static_cast<std::size_t>(s)]; }

  // A component's gain is 0 or more, whatever rounding does to its sweep, where every state has an action that stays,
  // has weight 1 or more and loses nothing by the values: r + V(s') ≥ V(s) for all its successors.
  void find_free_loops() {
    const Mdp& mdp = confined_.mdp;
    const Eigen::VectorXd& weights = confined_.measure.log_weights;
    std::vector<char> free(static_cast<std::size_t>(confined_.components), 1);
    for (Index s = 0; s < mdp.states(); ++s) {
      bool found = false;
      for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1) && !found; ++k) {
        if (bellman_.temperature() > 0.0 && weights.size() != 0 && weights(k) < 0.0) continue;
        const auto next = mdp.successors(k);
        found = std::all_of(next.begin(), next.end(),
                            [&](Index to) { return sum_reaches(mdp.reward(k), values_(to), values_(s)); });
      }
      if (!found) free[static_cast<std::size_t>(component(s))] = 0;
    }
    for (Index c = 0; c < confined_.components; ++c) {
      if (free[static_cast<std::size_t>(c)]) lower_(c) = std::max(lower_(c), 0.0);
    }
  }

  // Takes the largest value of each component as 0, which changes nothing but rounding, sweeps, and learns from it.
  // Returns the widest bounds that it gave.
  double look() {
    const Index n = confined_.mdp.states();
    Eigen::VectorXd largest = Eigen::VectorXd::Constant(confined_.components, -infinity);
    for (Index s = 0; s < n; ++s) largest(component(s)) = std::max(largest(component(s)), values_(s));
    for (Index s = 0; s < n; ++s) values_(s) -= largest(component(s));
    find_free_loops();
    const Sweep sweep = bellman_.optimal_sweep(values_, next_);
    // A second 2u |V|: the confined rows may have been divided by their sums once more.
    const double error =
        change_rounding_error(bellman_, sweep) + 2.0 * std::numeric_limits<double>::epsilon() * sweep.largest_value;
    if (!std::isfinite(error) || !next_.allFinite()) return infinity;
    Eigen::VectorXd least = Eigen::VectorXd::Constant(confined_.components, infinity), most = -least;
    for (Index s = 0; s < n; ++s) {
      const double change = next_(s) - values_(s);
      least(component(s)) = std::min(least(component(s)), change);
      most(component(s)) = std::max(most(component(s)), change);
    }
    middle_ = 0.5 * (least + most);
    lower_ = lower_.cwiseMax((least.array() - error).matrix());
    upper_ = upper_.cwiseMin((most.array() + error).matrix());
    return (most - least).maxCoeff();
  }

  const Confined& confined_;
  Bellman bellman_;
  std::optional<Mdp> nearly_undiscounted_;
  Eigen::VectorXd lower_, upper_;  // [components] the best bounds so far.
  Eigen::VectorXd middle_;         // [components] between the last ones.
  Eigen::VectorXd values_, next_;  // [n] V and T_C V.
  double width_;                   // Of the last bounds.
};

bool settled(const GainIteration& gain, double relative_width) {
  if (gain.lower() <= 0.0 && gain.upper() >= 0.0) return false;
  return gain.upper() - gain.lower() <= relative_width * std::max(std::abs(gain.lower()), std::abs(gain.upper()));
}

}  // namespace

std::vector<Index> states_without_exit(const Mdp& mdp, const BaseMeasure& measure) {
  const Predecessors predecessors(mdp, measure);
  std::vector<char> exits(static_cast<std::size_t>(mdp.states()), 0);
  std::vector<Index> queue;
  for (const auto& [state, value] : mdp.terminal()) {
    exits[static_cast<std::size_t>(state)] = 1;
    queue.push_back(state);
  }
  while (!queue.empty()) {
    const Index state = queue.back();
    queue.pop_back();
    for (const Index from : predecessors.of(state)) {
      if (exits[static_cast<std::size_t>(from)]) continue;
      exits[static_cast<std::size_t>(from)] = 1;
      queue.push_back(from);
    }
  }
  std::vector<Index> result;
  for (Index s = 0; s < mdp.states(); ++s) {
    if (!exits[static_cast<std::size_t>(s)]) result.push_back(s);
  }
  return result;
}

SpectralRadiusBounds spectral_radius(const Existence& existence, double temperature) {
  check_positive("temperature", temperature);
  // The quotient is off by half a unit, which is an error of the exponent, and so is the exponential.
  using Limits = std::numeric_limits<double>;
  const auto power = [&](double gain, double sign) {
    const double exponent = gain / temperature;
    return std::exp(exponent) * (1.0 + sign * Limits::epsilon() * (2.0 + std::min(std::abs(exponent), 1e3)));
  };
  SpectralRadiusBounds result{.lower = std::min(power(existence.gain_lower, -1.0), Limits::max()),
                              .upper = power(existence.gain_upper, 1.0)};
  if (std::isfinite(existence.gain_upper)) result.upper = std::max(result.upper, Limits::min());  // underflow
  return result;
}

Existence existence(const Bellman& bellman, const Eigen::VectorXd& guess, const ExistenceOptions& options) {
  check_count("max_sweeps", options.max_sweeps, 1);
  check_count("max_solves", options.max_solves, 0);
  check_at_least("relative_width", options.relative_width, 0.0);
  const auto trapped = states_without_exit(bellman.mdp(), bellman.measure()).size();
  Existence result{.verdict = trapped == 0 ? Existence::Verdict::Exists : Existence::Verdict::DoesNotExist,
                   .states_without_exit = static_cast<Index>(trapped),
                   .gain_lower = -infinity,
                   .gain_upper = -infinity};
  const EndComponents ends = end_components(bellman.mdp(), bellman.measure());
  if (ends.count == 0) return result;

  const Confined confined = confine(bellman, ends);
  GainIteration gain(confined, bellman.temperature());
  if (guess.size() != 0) {
    Eigen::VectorXd start(confined.mdp.states());
    for (Index s = 0; s < confined.mdp.states(); ++s) start(s) = guess(confined.state[static_cast<std::size_t>(s)]);
    if (start.allFinite()) gain.try_values(std::move(start));
  }
  for (int sweep = 0; sweep < options.max_sweeps && !settled(gain, options.relative_width); ++sweep) gain.sweep();
  if (confined.mdp.states() <= options.largest_solve) {
    for (int solve = 0; solve < options.max_solves && !settled(gain, options.relative_width); ++solve) {
      if (!gain.solve()) break;
    }
  }
  result.gain_lower = gain.lower();
  result.gain_upper = gain.upper();
  if (trapped != 0) return result;
  // With entropy, a gain of exactly 0 is too much already.
  const bool grows = result.gain_lower > 0.0 || (result.gain_lower == 0.0 && bellman.temperature() > 0.0);
  if (result.gain_upper >= 0.0)
    result.verdict = grows ? Existence::Verdict::DoesNotExist : Existence::Verdict::Undecided;
  return result;
}

}  // namespace softrl::tabular
