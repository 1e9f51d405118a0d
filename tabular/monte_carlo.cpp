#include "tabular/monte_carlo.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <vector>

#include <boost/math/distributions/binomial.hpp>
#include <fmt/format.h>

#include "softrl/check.hpp"
#include "softrl/random.hpp"
#include "softrl/trajectory.hpp"
#include "tabular/tabular_environment.hpp"
#include "tabular/tabular_policy.hpp"

namespace softrl::tabular {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

void check_options(const Mdp& mdp, const MonteCarloOptions& options) {
  check_count("episodes", options.episodes, 2);
  check_count("max_steps", options.max_steps, 1);
  check_at_least("temperature", options.temperature, 0.0);
  check_base_measure(mdp, options.base_measure);
  if (!(options.confidence > 0.0 && options.confidence < 1.0))
    throw std::invalid_argument(fmt::format("confidence must be in (0, 1), got {}", options.confidence));
  const Eigen::VectorXd initial = mdp.initial_distribution();
  for (const auto& [state, value] : mdp.terminal()) {
    if (initial(state) > 0.0)
      throw std::invalid_argument(
          fmt::format("initial distribution: an episode may start in terminal state {}", state));
  }
}

// Calls visit for each episode and returns how many were cut.
int for_each_episode(const Mdp& mdp, const Eigen::VectorXd& policy, const MonteCarloOptions& options,
                     const std::function<void(const Trajectory<int, int>&)>& visit) {
  TabularEnvironment environment(mdp);
  const TabularPolicy actor(mdp, policy);
  Random random(options.seed, "actions");
  const int report_interval = std::max(options.episodes / 100, 1);
  int cut = 0;
  for (int i = 0; i < options.episodes; ++i) {
    const auto seed = i == 0 ? std::optional(options.seed) : std::nullopt;
    const auto trajectory = rollout(environment, actor, random, options.max_steps, seed);
    visit(trajectory);
    cut += trajectory.transitions.back().truncated;
    if (options.progress && ((i + 1) % report_interval == 0 || i + 1 == options.episodes))
      options.progress({.done = i + 1, .limit = options.episodes, .measurements = {}});
  }
  return cut;
}

// Σ_{t<n} γ^t.
double discounted_steps(double discount, int n) {
  return discount == 1.0 ? n : (1.0 - std::pow(discount, n)) / (1.0 - discount);
}

// The empirical Bernstein deviation of the mean of n draws from an interval of length `range` that holds 0, given their
// sum and sum of squares. What cancels between these is far below the second term, since |mean| ≤ range.
double deviation(double sum, double squares, int n, double range, double miss_probability) {
  const double log_term = std::log(4.0 / miss_probability);
  const double variance = std::max(squares - sum * sum / n, 0.0) / (n - 1.0);
  return std::sqrt(2.0 * variance * log_term / n) + 7.0 * range * log_term / (3.0 * (n - 1.0));
}

// What each state-action adds to the return, r − α log(π/μ); 0 where the policy does not take it.
Eigen::VectorXd payoffs(const Mdp& mdp, const Eigen::VectorXd& policy, const MonteCarloOptions& options) {
  Eigen::VectorXd result = Eigen::VectorXd::Zero(mdp.pairs());
  for (Index s = 0; s < mdp.states(); ++s) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      if (policy(k) == 0.0) continue;
      result(k) = mdp.reward(k);
      if (options.temperature == 0.0) continue;
      const double log_weight =
          options.base_measure.log_weights.size() == 0 ? 0.0 : options.base_measure.log_weights(k);
      if (std::isinf(log_weight))
        throw std::invalid_argument(
            fmt::format("policy: takes action {} of state {}, whose base weight is 0", mdp.action(k, s), s));
      result(k) -= options.temperature * (std::log(policy(k)) - log_weight);
    }
  }
  return result;
}

}  // namespace

MonteCarloEstimate monte_carlo_value(const Mdp& mdp, const Eigen::VectorXd& policy, const MonteCarloOptions& options) {
  check_options(mdp, options);
  check_policy(mdp, policy);
  const Eigen::VectorXd payoff = payoffs(mdp, policy, options);
  const double discount = mdp.discount();

  double sum = 0.0, squares = 0.0;
  const int cut = for_each_episode(mdp, policy, options, [&](const Trajectory<int, int>& trajectory) {
    double result = 0.0;
    for (auto t = trajectory.transitions.rbegin(); t != trajectory.transitions.rend(); ++t) {
      if (t->terminated) result = mdp.terminal_value(t->next_observation);
      result = payoff(mdp.find_pair(t->observation, t->action)) + discount * result;
    }
    sum += result;
    squares += result * result;
  });

  // An episode may end at any time, so sums of payoffs may stop short of all.
  double least = std::min(payoff.minCoeff(), 0.0), most = std::max(payoff.maxCoeff(), 0.0);
  double least_end = 0.0, most_end = 0.0;
  for (const auto& [state, value] : mdp.terminal()) {
    least_end = std::min(least_end, value);
    most_end = std::max(most_end, value);
  }
  const double steps = discounted_steps(discount, options.max_steps);
  const double range = (most - least) * steps + most_end - least_end;
  const double later = discount < 1.0 ? std::pow(discount, options.max_steps) : cut > 0 ? 1.0 : 0.0;
  const double more_steps = discount == 1.0 ? infinity : 1.0 / (1.0 - discount);
  const auto worth_later = [&](double step, double end) {
    return later == 0.0 ? 0.0 : later * ((step == 0.0 ? 0.0 : step * more_steps) + end);
  };
  const double mean = sum / options.episodes;
  const double width = deviation(sum, squares, options.episodes, range, 1.0 - options.confidence);
  return {.mean = mean,
          .low = mean - width + worth_later(least, least_end),
          .high = mean + width + worth_later(most, most_end),
          .cut_episodes = cut};
}

MonteCarloVisitation monte_carlo_visitation(const Mdp& mdp, const Eigen::VectorXd& policy,
                                            const MonteCarloOptions& options) {
  check_options(mdp, options);
  const Index states = mdp.states();
  const double discount = mdp.discount();
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(states), squares = sum, visits = sum;
  std::vector<int> touched;
  const int cut = for_each_episode(mdp, policy, options, [&](const Trajectory<int, int>& trajectory) {
    double weight = 1.0;
    const auto count = [&](int state) {
      if (visits(state) == 0.0) touched.push_back(state);
      visits(state) += weight;
      weight *= discount;
    };
    for (const auto& t : trajectory.transitions) {
      count(t.observation);
      if (weight == 0.0) break;
    }
    if (weight > 0.0) count(trajectory.transitions.back().next_observation);
    for (const int state : touched) {
      sum(state) += visits(state);
      squares(state) += visits(state) * visits(state);
      visits(state) = 0.0;
    }
    touched.clear();
  });

  const double steps = discounted_steps(discount, options.max_steps + 1);
  const auto later = [&](bool terminal) {
    if (discount < 1.0) return std::pow(discount, options.max_steps + 1) / (1.0 - discount);
    return cut == 0 ? 0.0 : terminal ? 1.0 : infinity;
  };
  MonteCarloVisitation result{.mean = sum / options.episodes, .low = sum, .high = sum, .cut_episodes = cut};
  for (Index s = 0; s < states; ++s) {
    const double range = mdp.is_terminal(s) ? 1.0 : steps;
    const double width = deviation(sum(s), squares(s), options.episodes, range, (1.0 - options.confidence) / states);
    result.low(s) = std::max(result.mean(s) - width, 0.0);
    result.high(s) = result.mean(s) + width + later(mdp.is_terminal(s));
    if (mdp.is_terminal(s)) result.high(s) = std::min(result.high(s), 1.0);
  }
  return result;
}

MonteCarloEstimate monte_carlo_hitting(const Mdp& mdp, const Eigen::VectorXd& policy, std::span<const Index> targets,
                                       const MonteCarloOptions& options) {
  check_options(mdp, options);
  std::vector<char> is_target(static_cast<std::size_t>(mdp.states()), 0);
  for (const Index s : targets) {
    if (s < 0 || s >= mdp.states())
      throw std::invalid_argument(fmt::format("targets: state {} is not in [0, {})", s, mdp.states()));
    is_target[static_cast<std::size_t>(s)] = 1;
  }
  int hits = 0, undecided = 0;
  const int cut = for_each_episode(mdp, policy, options, [&](const Trajectory<int, int>& trajectory) {
    const auto hit = [&](int state) { return is_target[static_cast<std::size_t>(state)] != 0; };
    const auto& steps = trajectory.transitions;
    if (hit(steps.front().observation) ||
        std::any_of(steps.begin(), steps.end(), [&](const auto& t) { return hit(t.next_observation); }))
      ++hits;
    else
      undecided += steps.back().truncated;
  });
  using Binomial = boost::math::binomial_distribution<double>;
  const double tail = 0.5 * (1.0 - options.confidence);
  const int most = hits + undecided, n = options.episodes;
  return {.mean = static_cast<double>(hits) / n,
          .low = hits == 0 ? 0.0 : Binomial::find_lower_bound_on_p(n, hits, tail),
          .high = most == n ? 1.0 : Binomial::find_upper_bound_on_p(n, most, tail),
          .cut_episodes = cut};
}

}  // namespace softrl::tabular
