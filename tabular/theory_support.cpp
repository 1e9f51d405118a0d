#include "tabular/theory_support.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace softrl::tabular::theory {

void attain(Theorem& theorem, std::string on, double value, double limit, double rounding) {
  theorem.attained.push_back({.on = std::move(on),
                              .value = value,
                              .limit = limit,
                              .rounding = rounding,
                              .holds = std::isfinite(rounding) && std::abs(value - limit) <= rounding});
}

Theorem conclude(Theorem theorem, double measured, double bound) {
  theorem.measured = measured;
  theorem.bound = bound;
  theorem.holds =
      std::isfinite(measured) && std::isfinite(bound) && measured <= bound &&
      std::all_of(theorem.attained.begin(), theorem.attained.end(), [](const Attainment& a) { return a.holds; });
  return theorem;
}

Theorem skip(Theorem theorem, std::string reason) {
  theorem.skipped = std::move(reason);
  return theorem;
}

std::string without_temperature(const TheorySetting& setting) {
  return setting.options.temperature > 0.0 ? "" : "speaks of entropy, which counts nothing at temperature 0";
}

std::string without_discount(const TheorySetting& setting) {
  return setting.mdp.discount() < 1.0 ? "" : "the backup is no contraction at discount 1";
}

std::string too_large_to_solve(const TheorySetting& setting) {
  // At discount 1 certificates take several solves each.
  const Index most = setting.mdp.discount() < 1.0 ? 600'000 : 60'000;
  if (setting.mdp.transitions() <= most) return "";
  return fmt::format("{} transitions are more than the {} for which many linear systems are solved",
                     setting.mdp.transitions(), most);
}

std::string too_large_to_iterate(const TheorySetting& setting) {
  constexpr Index most = 3'000'000;
  if (setting.mdp.discount() == 1.0) return too_large_to_solve(setting);
  if (setting.mdp.transitions() <= most) return "";
  return fmt::format("{} transitions are more than the {} for which many solutions are found",
                     setting.mdp.transitions(), most);
}

std::string uncertified(const Solution& solution) {
  if (std::isfinite(solution.error_bound)) return "";
  return fmt::format("the model has no certified solution: {}", to_string(solution.status));
}

double largest(const VectorXd& x) { return x.size() == 0 ? 0.0 : x.cwiseAbs().maxCoeff(); }

double worst(double a, double b) { return std::isnan(a) || a > b ? a : b; }

int trials(const TheorySetting& setting) {
  constexpr double most_work = 2e7;
  const double affordable = most_work / (1.0 + setting.mdp.transitions());
  return std::min(setting.options.trials, static_cast<int>(std::clamp(affordable, 2.0, 1e9)));
}

std::string trials_text(const TheorySetting& setting, std::string_view what) {
  return fmt::format("{} random {}", trials(setting), what);
}

double usual_size(const Problem& problem) { return problem.temperature + problem.mdp.largest_reward() + 1e-3; }

VectorXd random_action_values(const Problem& problem, Random& random) {
  const double scale = usual_size(problem);
  VectorXd q(problem.mdp.pairs());
  for (double& x : q) x = scale * random.normal();
  return q;
}

VectorXd random_policy(const Problem& problem, Random& random) {
  const Mdp& mdp = problem.mdp;
  const VectorXd& log_weights = problem.measure.log_weights;
  VectorXd policy(mdp.pairs());
  for (Index k = 0; k < mdp.pairs(); ++k) {
    const double weight = std::exp(random.normal());
    policy(k) = log_weights.size() > 0 && log_weights(k) == -infinity ? 0.0 : weight;
  }
  for (Index s = 0; s < mdp.states(); ++s) {
    if (mdp.is_terminal(s)) continue;
    auto probabilities = policy.segment(mdp.first_pair(s), mdp.action_count(s));
    probabilities /= probabilities.sum();
  }
  return policy;
}

double backup_error(const Problem& problem, double largest_q) {
  const Bellman bellman(problem.mdp, problem.temperature, problem.measure);
  const double most_actions = std::max<double>(1.0, problem.mdp.largest_action_set());
  double largest_value = largest_q + problem.temperature * (std::log(most_actions) + bellman.largest_log_weight());
  for (const auto& [state, value] : problem.mdp.terminal()) largest_value = std::max(largest_value, std::abs(value));
  return 2.0 *
         std::max(backup_rounding_error(bellman, largest_value), policy_backup_rounding_error(bellman, largest_value));
}

double longest_walk(const Mdp& mdp, const VectorXd& policy) {
  if (mdp.discount() < 1.0) return 1.0 / (1.0 - mdp.discount());
  const Mdp steps = with_rewards(mdp, VectorXd::Ones(mdp.pairs()), TerminalValues::Zero);
  const PolicyEvaluation evaluation = policy_evaluation(steps, policy, {.temperature = 0.0});
  return evaluation.values.maxCoeff() + evaluation.error_bound;
}

double policy_error(const Problem& problem, const Solution& solution) {
  const Bellman bellman(problem.mdp, problem.temperature, problem.measure);
  const double walk = longest_walk(problem.mdp, solution.policy);
  return solution.error_bound + (2.0 * solution.error_bound + backup_error(problem, largest(solution.values))) * walk;
}

std::span<const double> row(const Mdp& mdp, Index state, const VectorXd& per_pair) {
  return as_span(per_pair).subspan(static_cast<std::size_t>(mdp.first_pair(state)),
                                   static_cast<std::size_t>(mdp.action_count(state)));
}

VectorXd mean_over(const Mdp& mdp, const VectorXd& policy, const VectorXd& per_pair) {
  VectorXd result = VectorXd::Zero(mdp.states());
  for (Index s = 0; s < mdp.states(); ++s)
    result(s) = policy.segment(mdp.first_pair(s), mdp.action_count(s))
                    .dot(per_pair.segment(mdp.first_pair(s), mdp.action_count(s)));
  return result;
}

VectorXd step_forward(const Mdp& mdp, const VectorXd& policy, const VectorXd& present) {
  VectorXd next = VectorXd::Zero(mdp.states());
  for (Index s = 0; s < mdp.states(); ++s) {
    if (present(s) == 0.0) continue;
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      const auto successors = mdp.successors(k);
      const auto probabilities = mdp.probabilities(k);
      for (std::size_t i = 0; i < successors.size(); ++i)
        next(successors[i]) +=
            mdp.discount() * present(s) * policy(k) * (probabilities.empty() ? 1.0 : probabilities[i]);
    }
  }
  return next;
}

VectorXd largest_of(const Mdp& mdp, const VectorXd& per_pair) {
  VectorXd result = VectorXd::Zero(mdp.states());
  for (Index s = 0; s < mdp.states(); ++s) {
    if (!mdp.is_terminal(s)) result(s) = per_pair.segment(mdp.first_pair(s), mdp.action_count(s)).maxCoeff();
  }
  return result;
}

Mdp with_rewards(const Mdp& mdp, const VectorXd& rewards, TerminalValues terminal_values) {
  MdpArrays arrays;
  arrays.discount = mdp.discount();
  for (Index s = 0; s <= mdp.states(); ++s) arrays.action_offsets.push_back(mdp.first_pair(s));
  for (Index s = 0; s < mdp.states(); ++s) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) arrays.actions.push_back(mdp.action(k, s));
  }
  arrays.rewards.assign(rewards.begin(), rewards.end());
  if (!mdp.deterministic()) arrays.successor_offsets.push_back(0);
  for (Index k = 0; k < mdp.pairs(); ++k) {
    const auto successors = mdp.successors(k);
    const auto probabilities = mdp.probabilities(k);
    arrays.successors.insert(arrays.successors.end(), successors.begin(), successors.end());
    arrays.probabilities.insert(arrays.probabilities.end(), probabilities.begin(), probabilities.end());
    if (!mdp.deterministic()) arrays.successor_offsets.push_back(static_cast<Index>(arrays.successors.size()));
  }
  arrays.terminal = mdp.terminal();
  if (terminal_values == TerminalValues::Zero) {
    for (auto& [state, value] : arrays.terminal) value = 0.0;
  }
  const VectorXd initial = mdp.initial_distribution();
  arrays.initial.assign(initial.begin(), initial.end());
  return Mdp(std::move(arrays));
}

VectorXd rewards_of(const Mdp& mdp) {
  VectorXd rewards(mdp.pairs());
  for (Index k = 0; k < mdp.pairs(); ++k) rewards(k) = mdp.reward(k);
  return rewards;
}

Mdp loop_instance(const std::vector<double>& rewards, double discount) {
  MdpBuilder builder(discount);
  builder.add_state();
  for (const double reward : rewards) builder.add_action(reward, 0);
  return std::move(builder).build();
}

Mdp fork_instance(double discount) {
  MdpBuilder builder(discount);
  builder.add_state();
  builder.add_action(0.0, 2);
  builder.add_action(0.0, 1);
  builder.add_state();
  builder.add_action(0.0, 2);
  builder.add_action(0.0, 2);
  builder.add_terminal_state();
  builder.set_initial({1.0, 0.0, 0.0});
  return std::move(builder).build();
}

Mdp layered_instance(int layers, double scale, double discount, bool deterministic, Random& random) {
  constexpr int width = 2;
  MdpBuilder builder(discount);
  const Index end = width * layers;
  for (int layer = 0; layer < layers; ++layer) {
    for (int i = 0; i < width; ++i) {
      builder.add_state();
      const std::int64_t actions = 2 + random.below(2);
      for (std::int64_t a = 0; a < actions; ++a) {
        const double reward = scale * random.normal();
        const auto next = [&](std::int64_t j) {
          return layer + 1 == layers ? end : width * (layer + 1) + static_cast<Index>(j);
        };
        const double p = random.uniform(0.2, 0.8);
        const std::int64_t j = random.below(width);
        if (deterministic || layer + 1 == layers)
          builder.add_action(reward, next(j));
        else
          builder.add_action(reward, {{next(0), p}, {next(1), 1.0 - p}});
      }
    }
  }
  builder.add_terminal_state(0.5 * scale);
  std::vector<double> initial(static_cast<std::size_t>(end) + 1, 0.0);
  initial[0] = 1.0;
  builder.set_initial(std::move(initial));
  return std::move(builder).build();
}

Curve line(std::string label, std::vector<double> x, std::vector<double> y, Curve::Style style) {
  return {.label = std::move(label), .x = std::move(x), .y = std::move(y), .style = style};
}

Curve line(std::string label, std::vector<double> y, Curve::Style style) {
  std::vector<double> x(y.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  return line(std::move(label), std::move(x), std::move(y), style);
}

}  // namespace softrl::tabular::theory
