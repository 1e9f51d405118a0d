// Chapter 5: what remains of the soft solution as the temperature falls to 0 and rises to infinity (docs/math.md 2.8).
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "tabular/theory_statements.hpp"
#include "tabular/theory_support.hpp"

namespace softrl::tabular {

using namespace theory;

namespace {

constexpr int halvings = 10;

// The same process where only the entropy counts.
Mdp entropy_alone(const Mdp& mdp) { return with_rewards(mdp, VectorXd::Zero(mdp.pairs()), TerminalValues::Zero); }

}  // namespace

// One action leaves nothing to gain, equally good ones leave all of it.
Theorem cooling_limit(const TheorySetting& setting) {
  Theorem theorem{.id = "cooling_limit",
                  .name = "Cooling leads to the hard maximum",
                  .source = "math.md 2.8",
                  .statement = "max(V_0 - V_alpha, V_alpha - V_0 - alpha log|A| / (1 - discount)) <= 0"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  if (const auto reason = without_discount(setting); !reason.empty())
    return skip(std::move(theorem), "log|A| / (1 - discount) is infinite; cooling_by_entropy bounds the same");
  if (const auto reason = too_large_to_iterate(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Mdp& mdp = setting.mdp;
  const Solution hard = setting.solve({.mdp = mdp, .temperature = 0.0});
  if (const auto reason = uncertified(hard); !reason.empty()) return skip(std::move(theorem), reason);
  const double log_actions = std::log(static_cast<double>(mdp.largest_action_set()));
  double measured = -infinity, allowance = 0.0;
  std::vector<double> temperatures, gains, bounds;
  double temperature = setting.options.temperature;
  for (int halving = 0; halving < halvings; ++halving, temperature *= 0.5) {
    const Solution soft = setting.solve({.mdp = mdp, .temperature = temperature});
    const double most = temperature * log_actions / (1.0 - mdp.discount());
    const VectorXd gain = soft.values - hard.values;
    measured = worst(measured, worst(-gain.minCoeff(), gain.maxCoeff() - most));
    allowance = worst(allowance, soft.error_bound + hard.error_bound);
    temperatures.push_back(temperature);
    gains.push_back(gain.maxCoeff());
    bounds.push_back(most);
  }

  constexpr double discount = 0.9;
  const auto gain_on = [&](const Mdp& instance) {
    const Solution soft = setting.solve({.mdp = instance, .temperature = setting.options.temperature});
    const Solution cold = setting.solve({.mdp = instance, .temperature = 0.0});
    return std::pair(soft.values(0) - cold.values(0), soft.error_bound + cold.error_bound);
  };
  const auto [none, none_error] = gain_on(loop_instance({1.0}, discount));
  attain(theorem, "one state with one action: V_alpha - V_0", none, 0.0, none_error);
  const auto [all, all_error] = gain_on(loop_instance({1.0, 1.0, 1.0}, discount));
  const double limit = setting.options.temperature * std::log(3.0) / (1.0 - discount);
  attain(theorem, "one state with three equal actions: V_alpha - V_0", all, limit, all_error + 8.0 * unit * limit);

  theorem.measured_on =
      fmt::format("{} temperatures from {} to {:.3g}", halvings, setting.options.temperature, temperatures.back());
  theorem.plot = {.x_label = "temperature",
                  .y_label = "V_alpha - V_0",
                  .log_x = true,
                  .log_y = true,
                  .curves = {line("largest over states", temperatures, gains),
                             line("alpha log|A| / (1 - discount)", temperatures, bounds, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

// V_α = R(π_α) + α H(π_α) with rewards R ≤ V_0, and no less than what the hard policy makes without any entropy.
Theorem cooling_by_entropy(const TheorySetting& setting) {
  Theorem theorem{.id = "cooling_by_entropy",
                  .name = "Cooling costs at most the soft policy's entropy",
                  .source = "math.md 2.8, with the policy's own entropy for log|A|",
                  .statement = "max(V_0 - V_alpha, V_alpha - V_0 - alpha H(pi_alpha)) <= 0, H discounted"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  if (const auto reason = too_large_to_solve(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Operators& ops = setting.operators;
  const Mdp& mdp = setting.mdp;
  const Mdp bonus = entropy_alone(mdp);
  const Solution hard = setting.solve({.mdp = mdp, .temperature = 0.0});
  if (const auto reason = uncertified(hard); !reason.empty()) return skip(std::move(theorem), reason);
  double measured = -infinity, allowance = 0.0;
  std::vector<double> temperatures, gains, bounds;
  double temperature = setting.options.temperature;
  for (int halving = 0; halving < halvings; ++halving, temperature *= 0.5) {
    const Problem problem{.mdp = mdp, .temperature = temperature};
    const Solution soft = setting.solve(problem);
    if (const auto reason = uncertified(soft); !reason.empty()) return skip(std::move(theorem), reason);
    const VectorXd policy = ops.boltzmann(problem, ops.action_values(problem, soft.values));
    const PolicyEvaluation entropy = ops.evaluate({.mdp = bonus, .temperature = 1.0}, policy);
    const VectorXd gain = soft.values - hard.values, most = temperature * entropy.values;
    measured = worst(measured, worst(-gain.minCoeff(), (gain - most).maxCoeff()));
    allowance = worst(allowance, hard.error_bound + policy_error(problem, soft) + temperature * entropy.error_bound);
    Eigen::Index state = 0;
    gain.maxCoeff(&state);
    temperatures.push_back(temperature);
    gains.push_back(gain(state));
    bounds.push_back(most(state));
  }

  const Mdp loop = loop_instance({1.0, 1.0, 1.0}, 0.9);
  const Problem warm{.mdp = loop, .temperature = setting.options.temperature};
  const Solution soft = setting.solve(warm), cold = setting.solve({.mdp = loop, .temperature = 0.0});
  const VectorXd policy = ops.boltzmann(warm, ops.action_values(warm, soft.values));
  const Mdp loop_bonus = entropy_alone(loop);
  const PolicyEvaluation entropy = ops.evaluate({.mdp = loop_bonus, .temperature = 1.0}, policy);
  attain(theorem, "one state with three equal actions: V_alpha - V_0 = alpha H", soft.values(0) - cold.values(0),
         warm.temperature * entropy.values(0),
         policy_error(warm, soft) + cold.error_bound + warm.temperature * entropy.error_bound);

  theorem.measured_on =
      fmt::format("{} temperatures from {} to {:.3g}", halvings, setting.options.temperature, temperatures.back());
  theorem.plot = {.x_label = "temperature",
                  .y_label = "largest V_alpha - V_0",
                  .log_x = true,
                  .log_y = true,
                  .curves = {line("measured", temperatures, gains),
                             line("alpha H(pi_alpha)", temperatures, bounds, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

// Divide by α: V_α/α = F(ε) is the soft value at temperature 1 of rewards ε r, ε = 1/α. F is convex in ε, F(0) = H* is
// the greatest entropy and F'(0) = R(π_H) the return of the policy that has it. F'' is the discounted sum, over a walk
// of π_α, of the variance of its own reward-to-go over actions, which Popoviciu's inequality bounds by a quarter of the
// squared range D of returns. So with x = V_α − α H* − R(π_H):  0 ≤ x ≤ D² / (8 α (1 − γ)), and x ≤ V_0 − R(π_H).
Theorem heating_limit(const TheorySetting& setting) {
  Theorem theorem{
      .id = "heating_limit",
      .name = "Heating leads to the greatest entropy",
      .source = "follows from math.md 1.4, 2.2",
      .statement = "0 <= V_alpha - alpha H* - R(pi_H) <= min(V_0 - R(pi_H), D^2 / (8 alpha (1 - discount)))"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  if (!without_discount(setting).empty())
    return skip(std::move(theorem), "at discount 1 the greatest entropy may be infinite");
  if (const auto reason = too_large_to_solve(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Operators& ops = setting.operators;

  // The excess x, its upper bound and what rounding may do to them, in the state where they are closest.
  struct Point {
    double excess, bound, measured, rounding;
  };
  const auto at = [&](const Mdp& mdp, double temperature) {
    const Mdp bonus = entropy_alone(mdp);
    const Problem entropy_problem{.mdp = bonus, .temperature = 1.0};
    const Solution entropy = setting.solve(entropy_problem);
    const VectorXd policy = ops.boltzmann(entropy_problem, ops.action_values(entropy_problem, entropy.values));
    const PolicyEvaluation returns = ops.evaluate({.mdp = mdp, .temperature = 0.0}, policy);
    const Solution best = setting.solve({.mdp = mdp, .temperature = 0.0});
    const Mdp reversed = with_rewards(mdp, -rewards_of(mdp), TerminalValues::Zero);
    // D from the greatest return, and the least one: that is minus the greatest of the negative rewards, and terminal
    // values add at least their minimum.
    double range = best.values.maxCoeff();
    const Solution least = setting.solve({.mdp = reversed, .temperature = 0.0});
    double lowest_terminal = 0.0;
    for (const auto& [state, value] : mdp.terminal()) lowest_terminal = std::min(lowest_terminal, value);
    range += least.values.maxCoeff() + least.error_bound + best.error_bound - lowest_terminal;
    const Solution soft = setting.solve({.mdp = mdp, .temperature = temperature});
    const double quadratic = range * range / (8.0 * temperature * (1.0 - mdp.discount()));
    Point point{.excess = 0.0, .bound = quadratic, .measured = -infinity, .rounding = 0.0};
    for (Index s = 0; s < mdp.states(); ++s) {
      if (mdp.is_terminal(s)) continue;
      const double excess = soft.values(s) - temperature * entropy.values(s) - returns.values(s);
      const double bound = std::min(quadratic, best.values(s) - returns.values(s));
      point.measured = worst(point.measured, worst(-excess, excess - bound));
      point.excess = worst(point.excess, excess);
    }
    // Q of the entropy problem is off by δ, so log π_H by at most 2 δ, π_H itself by 2 δ e^(2 δ) in sum, and its return
    // by half of that of the range at every step of a walk.
    const double off = entropy.error_bound + backup_error(entropy_problem, largest(entropy.values));
    point.rounding = soft.error_bound + temperature * entropy.error_bound + returns.error_bound + best.error_bound +
                     2.0 * off * range / (1.0 - mdp.discount()) + 8.0 * unit * temperature * largest(entropy.values);
    return point;
  };

  double measured = -infinity, allowance = 0.0;
  std::vector<double> temperatures, excesses, bounds;
  double temperature = setting.options.temperature;
  for (int doubling = 0; doubling < halvings; ++doubling, temperature *= 4.0) {
    const Point point = at(setting.mdp, temperature);
    measured = worst(measured, point.measured);
    allowance = worst(allowance, point.rounding);
    temperatures.push_back(temperature);
    excesses.push_back(point.excess);
    bounds.push_back(point.bound);
  }
  const Point equal = at(loop_instance({1.0, 1.0, 1.0}, 0.9), setting.options.temperature);
  attain(theorem, "one state with three equal actions: V_alpha - alpha H* - R(pi_H)", equal.excess, 0.0,
         equal.rounding);
  // Rewards of ±x α and no future: the excess is α log cosh x = α x²/2 (1 − x²/6 + …), the bound α x²/2.
  constexpr double x = 1e-3;
  const double lean = x * setting.options.temperature;
  const Point sharp = at(loop_instance({lean, -lean}, 0.0), setting.options.temperature);
  const double unit_of = 0.5 * x * lean;
  attain(theorem, "one step, rewards of +-0.001 alpha: excess / (D^2 / (8 alpha))", sharp.excess / unit_of, 1.0,
         x * x / 6.0 + sharp.rounding / unit_of);

  theorem.measured_on =
      fmt::format("{} temperatures from {} to {:.3g}", halvings, setting.options.temperature, temperatures.back());
  theorem.plot = {.x_label = "temperature",
                  .y_label = "V_alpha - alpha H* - R(pi_H)",
                  .log_x = true,
                  .log_y = true,
                  .curves = {line("largest over states", temperatures, excesses),
                             line("D^2 / (8 alpha (1 - discount))", temperatures, bounds, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

}  // namespace softrl::tabular
