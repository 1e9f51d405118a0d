// Chapter 7: what averaging the solutions of several tasks is worth for the average task (docs/math.md 2.9).
#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "tabular/theory_statements.hpp"
#include "tabular/theory_support.hpp"

namespace softrl::tabular {

using namespace theory;

namespace {

// Tasks that share everything but rewards, their mean solution and the bound on what the mean misses.
struct Composition {
  std::string uncertified = {};  // Not empty: why there is no answer; then the rest is not set.
  VectorXd mean_q = {};          // [K] Q̄
  VectorXd q = {};               // [K] Q of the averaged task
  VectorXd values = {};          // [S] V of the averaged task
  VectorXd divergence = {};      // [K] C
  VectorXd losses = {};          // [K] γ E[α B], what one step adds to C
  double error = 0.0;            // Of all of them.
};

Mdp average_task(const std::vector<Mdp>& tasks) {
  VectorXd rewards = VectorXd::Zero(tasks.front().pairs());
  for (const Mdp& task : tasks) rewards += rewards_of(task) / static_cast<double>(tasks.size());
  return with_rewards(tasks.front(), rewards);
}

Composition compose(const TheorySetting& setting, const std::vector<Mdp>& tasks, const Mdp& average,
                    const BaseMeasure& measure) {
  const Operators& ops = setting.operators;
  const double temperature = setting.options.temperature, share = 1.0 / static_cast<double>(tasks.size());
  const Mdp& mdp = tasks.front();
  Composition result{.mean_q = VectorXd::Zero(mdp.pairs())};
  double mean_error = 0.0;
  VectorXd mean_values = VectorXd::Zero(mdp.states());
  for (const Mdp& task : tasks) {
    const Problem problem{.mdp = task, .temperature = temperature, .measure = measure};
    const Solution solution = setting.solve(problem);
    if (result.uncertified = uncertified(solution); !result.uncertified.empty()) return result;
    const VectorXd q = ops.action_values(problem, solution.values);
    result.mean_q += share * q;
    mean_values += share * ops.state_values(problem, q);
    mean_error += share * solution.error_bound + 2.0 * backup_error(problem, largest(solution.values));
  }
  const Problem problem{.mdp = average, .temperature = temperature, .measure = measure};
  const Solution solution = setting.solve(problem);
  if (result.uncertified = uncertified(solution); !result.uncertified.empty()) return result;
  result.values = solution.values;
  result.q = ops.action_values(problem, solution.values);

  // α B(s) = −α log Σ_a Π π_i^(1/n) = mean V_i − V of Q̄, which spares the logarithms of the probabilities. C is the
  // hard solution of a process whose rewards are γ E[α B].
  VectorXd missing = mean_values - ops.state_values(problem, result.mean_q);
  for (const auto& [state, value] : mdp.terminal()) missing(state) = 0.0;
  missing = missing.cwiseMax(0.0);
  const Mdp without_rewards = with_rewards(mdp, VectorXd::Zero(mdp.pairs()), TerminalValues::Zero);
  const Problem lossless{.mdp = without_rewards, .temperature = 0.0, .measure = measure};
  result.losses = ops.action_values(lossless, missing);
  const Mdp loss_mdp = with_rewards(mdp, result.losses, TerminalValues::Zero);
  const Problem loss_problem{.mdp = loss_mdp, .temperature = 0.0, .measure = measure};
  const Solution loss = setting.solve(loss_problem);
  if (result.uncertified = uncertified(loss); !result.uncertified.empty()) return result;
  result.divergence = ops.action_values(loss_problem, loss.values);
  const double walk = longest_walk(mdp, solution.policy);
  result.error = mean_error + solution.error_bound + loss.error_bound +
                 (2.0 * mean_error + 4.0 * backup_error(problem, largest(result.mean_q))) * (1.0 + walk);
  return result;
}

std::vector<Mdp> random_tasks(const TheorySetting& setting, Random& random, int count) {
  const VectorXd base = rewards_of(setting.mdp);
  const double scale = 0.3 * (largest(base) + setting.options.temperature);
  std::vector<Mdp> tasks;
  for (int i = 0; i < count; ++i) {
    VectorXd rewards = base;
    for (double& r : rewards) r += scale * (setting.mdp.discount() < 1.0 ? random.normal() : -random.uniform());
    tasks.push_back(with_rewards(setting.mdp, rewards));
  }
  return tasks;
}

constexpr int most_trials = 4;

// State 0 leads to a state with two actions, which end, and, where there is a sure reward, for that straight to the
// end. One task rewards the first of the two actions with the prize and charges it for the second, the other task the
// other way round.
std::vector<Mdp> opposed_tasks(double prize, std::optional<double> sure, double discount) {
  std::vector<Mdp> tasks;
  for (const double reward : {prize, -prize}) {
    MdpBuilder builder(discount);
    builder.add_state();
    if (sure) builder.add_action(*sure, 2);
    builder.add_action(0.0, 1);
    builder.add_state();
    builder.add_action(reward, 2);
    builder.add_action(-reward, 2);
    builder.add_terminal_state();
    tasks.push_back(std::move(builder).build());
  }
  return tasks;
}

}  // namespace

// With equal tasks nothing is missing, and the upper bound is met. With opposed ones both V_i = α log(2 cosh 1) where
// the average has α log 2, and with no choice before that, Q̄ − Q = γ α log cosh 1 = C: the lower bound is met.
Theorem composition_bounds(const TheorySetting& setting) {
  Theorem theorem{.id = "composition_bounds",
                  .name = "Mean of solutions bounds solution of the mean",
                  .source = "[CDR] Lemma 1; math.md 2.9",
                  .statement = "max(Qbar - C - Q, Q - Qbar) <= 0"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  if (const auto reason = too_large_to_iterate(setting); !reason.empty()) return skip(std::move(theorem), reason);
  Random random(setting.options.seed, theorem.id);
  double measured = -infinity, allowance = 0.0;
  std::vector<double> below, above, pair;
  const int count = std::min(trials(setting), most_trials);
  for (int trial = 0; trial < count; ++trial) {
    const auto tasks = random_tasks(setting, random, 2 + trial % 2);
    const Mdp average = average_task(tasks);
    const Composition c = compose(setting, tasks, average, setting.options.base_measure);
    if (!c.uncertified.empty()) return skip(std::move(theorem), c.uncertified);
    measured = worst(measured, worst((c.mean_q - c.divergence - c.q).maxCoeff(), (c.q - c.mean_q).maxCoeff()));
    allowance = worst(allowance, c.error);
    if (trial > 0) continue;
    for (Index k = 0; k < average.pairs(); k += 1 + average.pairs() / 400) {
      below.push_back(c.mean_q(k) - c.q(k));
      above.push_back(c.divergence(k));
    }
  }

  const Mdp loop = loop_instance({1.0, 0.3, -0.5}, 0.9);
  const Composition equal = compose(setting, {loop, loop}, loop, {});
  attain(theorem, "two equal tasks: Qbar - Q", largest(equal.mean_q - equal.q), 0.0, equal.error);
  attain(theorem, "two equal tasks: C", largest(equal.divergence), 0.0, equal.error);
  constexpr double discount = 0.9;
  const auto opposed_pair = opposed_tasks(setting.options.temperature, {}, discount);
  const Composition opposed = compose(setting, opposed_pair, average_task(opposed_pair), {});
  const double limit = discount * setting.options.temperature * std::log(std::cosh(1.0));
  const double rounding = opposed.error + 8.0 * unit * limit;
  attain(theorem, "two opposed tasks: Qbar - Q", opposed.mean_q(0) - opposed.q(0), limit, rounding);
  attain(theorem, "two opposed tasks: C", opposed.divergence(0), limit, rounding);

  theorem.measured_on = fmt::format("{} sets of 2 or 3 tasks, the model's rewards randomly disturbed", count);
  theorem.plot = {.x_label = "C(s,a)",
                  .y_label = "Qbar(s,a) - Q(s,a)",
                  .curves = {line("measured, first set of tasks", above, below, Curve::Style::Points),
                             line("C", above, above, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

// With π = Boltzmann(Q̄), V of Q̄ less V_π is E_π[Q̄ − Q_π] = X, and as V of Q̄ is mean V_i − α B, X = E_π[γ E[α B + X']]:
// what B adds up to along π. Now Q ≤ Q̄ gives V − V_π ≤ X, and C ≥ E_π[γ E[α B + C']] gives X ≤ E_π C ≤ W, which is
// the paper's bound.
//
// All three are one where π is lured away from a sure ρ by a state in which the tasks want opposite things, R each:
// either task expects γ R there, their average finds nothing. For γ R − ρ ≫ α but small beside R, V − V_π ≈ ρ ≈ γ R = X
// = W.
Theorem composed_policy_regret(const TheorySetting& setting) {
  Theorem theorem{.id = "composed_policy_regret",
                  .name = "Regret of the composed policy is bounded",
                  .source = "[CDR] Theorem 1; math.md 2.9",
                  .statement =
                      "0 <= V - V_pi <= X <= W, pi = Boltzmann(Qbar), X = E_pi[discount (alpha B' + X')], "
                      "W = E_pi[C + discount W']"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  if (const auto reason = too_large_to_solve(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Operators& ops = setting.operators;
  Random random(setting.options.seed, theorem.id);

  struct Regret {
    std::string uncertified = {};
    VectorXd loss = {}, sharp = {}, bound = {};  // [S] V − V_π, X and W
    VectorXd identity = {};                      // [S] V of Q̄ less V_π, which is X
    double error = 0.0;
  };
  const auto regret_of = [&](const std::vector<Mdp>& tasks, const BaseMeasure& measure) {
    const Mdp average = average_task(tasks);
    const Composition c = compose(setting, tasks, average, measure);
    if (!c.uncertified.empty()) return Regret{.uncertified = c.uncertified};
    const Problem problem{.mdp = average, .temperature = setting.options.temperature, .measure = measure};
    const VectorXd policy = ops.boltzmann(problem, c.mean_q);
    const PolicyEvaluation value = ops.evaluate(problem, policy);
    const Mdp divergence = with_rewards(average, c.divergence.cwiseMax(0.0), TerminalValues::Zero);
    const PolicyEvaluation bound = ops.evaluate({.mdp = divergence, .temperature = 0.0}, policy);
    const Mdp missing = with_rewards(average, c.losses, TerminalValues::Zero);
    const PolicyEvaluation sharp = ops.evaluate({.mdp = missing, .temperature = 0.0}, policy);
    const double walk = longest_walk(average, policy);
    return Regret{.uncertified = {},
                  .loss = c.values - value.values,
                  .sharp = sharp.values,
                  .bound = bound.values,
                  .identity = ops.state_values(problem, c.mean_q) - value.values,
                  .error = value.error_bound + sharp.error_bound + bound.error_bound + c.error * (2.0 + 2.0 * walk)};
  };
  double measured = -infinity, allowance = 0.0;
  std::vector<double> losses, bounds, paper;
  const int count = std::min(trials(setting), most_trials);
  for (int trial = 0; trial < count; ++trial) {
    const Regret regret = regret_of(random_tasks(setting, random, 2 + trial % 2), setting.options.base_measure);
    if (!regret.uncertified.empty()) return skip(std::move(theorem), regret.uncertified);
    measured = worst(measured, worst(-regret.loss.minCoeff(), (regret.loss - regret.sharp).maxCoeff()));
    measured = worst(measured, (regret.sharp - regret.bound).maxCoeff());
    allowance = worst(allowance, regret.error);
    if (trial > 0) continue;
    Eigen::Index state = 0;
    regret.sharp.maxCoeff(&state);
    attain(theorem, "the model, where X is largest: V of Qbar - V_pi = X", regret.identity(state), regret.sharp(state),
           regret.error);
    for (Index s = 0; s < setting.mdp.states(); s += 1 + setting.mdp.states() / 400) {
      losses.push_back(regret.loss(s));
      bounds.push_back(regret.sharp(s));
      paper.push_back(regret.bound(s));
    }
  }
  const Mdp loop = loop_instance({1.0, 0.3, -0.5}, 0.9);
  const Regret none = regret_of({loop, loop}, {});
  attain(theorem, "two equal tasks: V - V_pi", largest(none.loss), 0.0, none.error);
  constexpr double discount = 0.9;
  const double temperature = setting.options.temperature, prize = 1e12 * temperature, lure = 1e3 * temperature;
  const Regret lured = regret_of(opposed_tasks(prize, discount * prize - lure, discount), {});
  const double lured_error = (lure + temperature + 2.0 * lured.error) / (discount * prize);
  attain(theorem, "lured away by opposed tasks: (V - V_pi) / X", lured.loss(0) / lured.sharp(0), 1.0, lured_error);
  attain(theorem, "lured away by opposed tasks: X / W", lured.sharp(0) / lured.bound(0), 1.0, lured_error);

  theorem.measured_on = fmt::format("{} sets of 2 or 3 tasks, the model's rewards randomly disturbed", count);
  theorem.plot = {.x_label = "bound X(s)",
                  .y_label = "V(s) - V_pi(s)",
                  .log_x = true,
                  .log_y = true,
                  .curves = {line("measured, first set of tasks", bounds, losses, Curve::Style::Points),
                             line("X", bounds, bounds, Curve::Style::Dashed),
                             line("W, the paper's bound", bounds, paper, Curve::Style::Points)}};
  return conclude(std::move(theorem), measured, allowance);
}

}  // namespace softrl::tabular
