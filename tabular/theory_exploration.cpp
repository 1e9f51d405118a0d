// Chapter 8: Boltzmann exploration on the hard Q is not the maximum-entropy policy (docs/math.md 2.10).
#include <cmath>

#include <fmt/format.h>

#include "tabular/theory_statements.hpp"
#include "tabular/theory_support.hpp"

namespace softrl::tabular {

using namespace theory;

namespace {

// Boltzmann exploration: exp(Q/α) for the Q that knows no entropy.
VectorXd exploration_policy(const TheorySetting& setting, const Problem& problem, const VectorXd& hard_values) {
  return setting.operators.boltzmann(problem, setting.operators.action_values(problem, hard_values));
}

}  // namespace

// With one state the next value is the same for every action, and the two policies are one.
Theorem maxent_beats_exploration(const TheorySetting& setting) {
  Theorem theorem{.id = "maxent_beats_exploration",
                  .name = "Boltzmann exploration earns no more than MaxEnt",
                  .source = "[SQL] section 2.1; math.md 2.10",
                  .statement = "max(V of Boltzmann(hard Q*) - V*_alpha) <= 0, entropy included"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  if (const auto reason = too_large_to_solve(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Operators& ops = setting.operators;
  const Problem problem = setting.problem();
  const Problem cold = setting.problem(setting.mdp, 0.0);
  const Solution hard = setting.solve(cold), soft = setting.solve(problem);
  if (const auto reason = uncertified(hard); !reason.empty()) return skip(std::move(theorem), reason);
  if (const auto reason = uncertified(soft); !reason.empty()) return skip(std::move(theorem), reason);
  const VectorXd exploration = exploration_policy(setting, problem, hard.values);
  const VectorXd maxent = ops.boltzmann(problem, ops.action_values(problem, soft.values));
  const PolicyEvaluation explored = ops.evaluate(problem, exploration);
  if (!std::isfinite(explored.error_bound))
    return skip(std::move(theorem), "Boltzmann exploration is not sure to end on this model");

  const VectorXd initial = setting.mdp.initial_distribution();
  const auto rewards_under = [&](const VectorXd& policy) { return ops.evaluate(cold, policy).values.dot(initial); };
  const double explored_reward = rewards_under(exploration), maxent_reward = rewards_under(maxent);
  const double explored_return = explored.values.dot(initial), maxent_return = soft.values.dot(initial);
  theorem.plot = {
      .x_label = "",
      .y_label = "from the initial distribution, reward units",
      .categories = {"rewards", "entropy or KL term", "both: the return"},
      .curves = {line("Boltzmann exploration", {explored_reward, explored_return - explored_reward, explored_return}),
                 line("MaxEnt policy", {maxent_reward, maxent_return - maxent_reward, maxent_return})}};
  theorem.measured_on =
      fmt::format("the model, whose return from the initial distribution is {:.6g} against {:.6g} of MaxEnt",
                  explored_return, maxent_return);

  const Mdp loop = loop_instance({1.0, 0.3, -0.5}, 0.9);
  const Problem instance{.mdp = loop, .temperature = problem.temperature};
  const Solution loop_hard = setting.solve({.mdp = loop, .temperature = 0.0}), loop_soft = setting.solve(instance);
  const PolicyEvaluation loop_explored =
      ops.evaluate(instance, exploration_policy(setting, instance, loop_hard.values));
  attain(theorem, "one state with three actions: the two policies are one", loop_explored.values(0),
         loop_soft.values(0), policy_error(instance, loop_hard) + loop_explored.error_bound + loop_soft.error_bound);
  return conclude(std::move(theorem), (explored.values - soft.values).maxCoeff(),
                  soft.error_bound + explored.error_bound);
}

// Three walks of equal reward: one ends at once, two go through state 1. Exploration tosses a coin at either fork, and
// makes log 2 + γ/2 log 2 of entropy. MaxEnt weighs going on by the entropy it leads to, 2^γ : 1, and makes log(1 +
// 2^γ).
Theorem exploration_falls_short(const TheorySetting& setting) {
  Theorem theorem{
      .id = "exploration_falls_short",
      .name = "Boltzmann exploration misses entropy ahead",
      .source = "[SQL] section 2.1; math.md 2.10",
      .statement = "|V*_alpha - V of Boltzmann(hard Q*) - alpha (log(1 + 2^g) - (1 + g/2) log 2)| = 0, g = discount"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Operators& ops = setting.operators;
  const double temperature = setting.options.temperature;
  constexpr double discount = 0.9;
  const Mdp fork = fork_instance(discount);
  const Problem problem{.mdp = fork, .temperature = temperature};
  const Solution hard = setting.solve({.mdp = fork, .temperature = 0.0}), soft = setting.solve(problem);
  const PolicyEvaluation explored = ops.evaluate(problem, exploration_policy(setting, problem, hard.values));
  const double error = policy_error(problem, soft) + policy_error(problem, hard) + explored.error_bound;
  const double maxent_entropy = std::log1p(std::pow(2.0, discount)),
               exploration_entropy = (1.0 + 0.5 * discount) * std::log(2.0);
  attain(theorem, "the fork: MaxEnt return over the temperature", soft.values(0) / temperature, maxent_entropy,
         error / temperature);
  attain(theorem, "the fork: exploration return over the temperature", explored.values(0) / temperature,
         exploration_entropy, error / temperature);

  theorem.measured_on = "a fork of three walks of equal reward, built in, discount 0.9";
  theorem.plot = {.x_label = "",
                  .y_label = "return / temperature, in nats",
                  .categories = {"Boltzmann exploration", "MaxEnt policy"},
                  .curves = {line("measured", {explored.values(0) / temperature, soft.values(0) / temperature}),
                             line("closed form", {exploration_entropy, maxent_entropy})}};
  const double gap = soft.values(0) - explored.values(0);
  return conclude(std::move(theorem), std::abs(gap - temperature * (maxent_entropy - exploration_entropy)),
                  2.0 * error);
}

}  // namespace softrl::tabular
