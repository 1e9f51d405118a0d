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

struct Extremes {
  double least, most;
};

// min(0, min log μ) over available actions and max(0, max log Σ μ) over states.
Extremes log_weights(const Problem& problem) {
  const Bellman bellman(problem.mdp, problem.temperature, problem.measure);
  Extremes result{.least = 0.0, .most = 0.0};
  for (Index s = 0; s < problem.mdp.states(); ++s) {
    if (problem.mdp.is_terminal(s)) continue;
    const std::vector<double> zeros(static_cast<std::size_t>(problem.mdp.action_count(s)), 0.0);
    result.most = std::max(result.most, log_sum_exp(zeros, bellman.log_weights(s)));
    for (const double weight : bellman.log_weights(s)) {
      if (weight > -infinity) result.least = std::min(result.least, weight);
    }
  }
  return result;
}

}  // namespace

// A state's soft value exceeds its hard one by at least α log μ of the best action and at most α log Σ μ: for an
// entropy bonus that is from 0 to α log|A|, for a KL penalty from α log min μ to 0. Over a walk of unknown length the
// first adds up to no less than if it were at most 0, the second to no more than if it were at least 0.
//
// All is lost or won where one action is best and its weight the least, or where all are equally good.
Theorem cooling_limit(const TheorySetting& setting) {
  Theorem theorem{.id = "cooling_limit",
                  .name = "Cooling leads to the hard maximum",
                  .source = "math.md 2.8",
                  .statement =
                      "alpha m / (1 - discount) <= V_alpha - V_0 <= alpha M / (1 - discount), "
                      "m = min(0, min log mu), M = max(0, max log sum mu): 0 and log|A| for an entropy bonus"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  if (const auto reason = without_discount(setting); !reason.empty())
    return skip(std::move(theorem), "M / (1 - discount) is infinite; cooling_by_entropy bounds the same");
  if (const auto reason = too_large_to_iterate(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Mdp& mdp = setting.mdp;
  const Solution hard = setting.solve(setting.problem(mdp, 0.0));
  if (const auto reason = uncertified(hard); !reason.empty()) return skip(std::move(theorem), reason);
  const Extremes weights = log_weights(setting.problem());
  double measured = -infinity, allowance = 0.0;
  std::vector<double> temperatures, losses, gains, least_gains, most_gains;
  double temperature = setting.options.temperature;
  for (int halving = 0; halving < halvings; ++halving, temperature *= 0.5) {
    const Solution soft = setting.solve(setting.problem(mdp, temperature));
    const double horizon = 1.0 / (1.0 - mdp.discount());
    const double least = temperature * weights.least * horizon, most = temperature * weights.most * horizon;
    const VectorXd gain = soft.values - hard.values;
    measured = worst(measured, worst(least - gain.minCoeff(), gain.maxCoeff() - most));
    allowance = worst(allowance, soft.error_bound + hard.error_bound + 8.0 * unit * std::max(-least, most));
    temperatures.push_back(temperature);
    losses.push_back(-gain.minCoeff());
    gains.push_back(gain.maxCoeff());
    least_gains.push_back(-least);
    most_gains.push_back(most);
  }

  constexpr double discount = 0.9;
  const auto gain_on = [&](const Mdp& instance, const BaseMeasure& measure) {
    const Solution soft =
        setting.solve({.mdp = instance, .temperature = setting.options.temperature, .measure = measure});
    const Solution cold = setting.solve({.mdp = instance, .temperature = 0.0, .measure = measure});
    return std::pair(soft.values(0) - cold.values(0), soft.error_bound + cold.error_bound);
  };
  const auto [none, none_error] = gain_on(loop_instance({1.0}, discount), {});
  attain(theorem, "one state with one action: V_alpha - V_0", none, 0.0, none_error);
  const auto [all, all_error] = gain_on(loop_instance({1.0, 1.0, 1.0}, discount), {});
  const double limit = setting.options.temperature * std::log(3.0) / (1.0 - discount);
  attain(theorem, "one state with three equal actions: V_alpha - V_0", all, limit, all_error + 8.0 * unit * limit);
  // The other action is out of reach at 1000 temperatures: exp(-1000) of its weight counts for nothing.
  const Mdp clear = loop_instance({0.0, -1000.0 * setting.options.temperature}, discount);
  VectorXd reference(2);
  reference << 0.25, 0.75;
  const auto [charged, charged_error] = gain_on(clear, BaseMeasure::kl_to(clear, reference));
  const double charge = setting.options.temperature * std::log(0.25) / (1.0 - discount);
  attain(theorem, "one state, the best action least likely under the reference policy: V_alpha - V_0", charged, charge,
         charged_error - 8.0 * unit * charge);

  theorem.measured_on =
      fmt::format("{} temperatures from {} to {:.3g}", halvings, setting.options.temperature, temperatures.back());
  theorem.plot = {.x_label = "temperature", .y_label = "V_alpha - V_0", .log_x = true, .log_y = true};
  if (weights.most > 0.0) {
    theorem.plot.curves.push_back(line("largest over states", temperatures, gains));
    theorem.plot.curves.push_back(line("alpha M / (1 - discount)", temperatures, most_gains, Curve::Style::Dashed));
  }
  if (weights.least < 0.0) {
    theorem.plot.curves.push_back(line("V_0 - V_alpha, largest over states", temperatures, losses));
    theorem.plot.curves.push_back(line("-alpha m / (1 - discount)", temperatures, least_gains, Curve::Style::Dashed));
  }
  return conclude(std::move(theorem), measured, allowance);
}

// V_α = R(π_α) − α D(π_α) with rewards R ≤ V_0, and no less than what the hard policy makes of its own D; D = −H for an
// entropy bonus.
Theorem cooling_by_entropy(const TheorySetting& setting) {
  Theorem theorem{.id = "cooling_by_entropy",
                  .name = "Cooling costs between two policies' entropies",
                  .source = "math.md 2.8, with the policies' own entropy for log|A|",
                  .statement = "-alpha D(pi_0) <= V_alpha - V_0 <= -alpha D(pi_alpha), D discounted, -D the entropy"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  if (const auto reason = too_large_to_solve(setting); !reason.empty()) return skip(std::move(theorem), reason);

  struct Point {
    std::string uncertified = {};
    VectorXd gain = {}, least = {}, most = {};
    double rounding = 0.0;
  };
  const auto at = [&](const Problem& warm) {
    const Operators& ops = setting.operators;
    const Problem cold{.mdp = warm.mdp, .temperature = 0.0, .measure = warm.measure};
    const Solution soft = setting.solve(warm), hard = setting.solve(cold);
    for (const Solution* solution : {&soft, &hard}) {
      if (auto reason = uncertified(*solution); !reason.empty()) return Point{.uncertified = std::move(reason)};
    }
    const Mdp bonus = entropy_alone(warm.mdp);
    const Problem entropy{.mdp = bonus, .temperature = 1.0, .measure = warm.measure};
    const PolicyEvaluation own = ops.evaluate(entropy, ops.boltzmann(warm, ops.action_values(warm, soft.values)));
    const PolicyEvaluation hard_own = ops.evaluate(entropy, ops.boltzmann(cold, ops.action_values(cold, hard.values)));
    return Point{.uncertified = {},
                 .gain = soft.values - hard.values,
                 .least = warm.temperature * hard_own.values,
                 .most = warm.temperature * own.values,
                 .rounding = soft.error_bound + hard.error_bound + policy_error(warm, soft) + policy_error(cold, hard) +
                             warm.temperature * (own.error_bound + hard_own.error_bound)};
  };
  double measured = -infinity, allowance = 0.0;
  std::vector<double> temperatures, gains, lower, upper;
  double temperature = setting.options.temperature;
  for (int halving = 0; halving < halvings; ++halving, temperature *= 0.5) {
    const Point point = at(setting.problem(setting.mdp, temperature));
    if (!point.uncertified.empty()) return skip(std::move(theorem), point.uncertified);
    measured = worst(measured, worst((point.least - point.gain).maxCoeff(), (point.gain - point.most).maxCoeff()));
    allowance = worst(allowance, point.rounding);
    Eigen::Index state = 0;
    const double largest_gain = point.gain.cwiseAbs().maxCoeff(&state);
    if (halving > 0 && largest_gain <= point.rounding) continue;  // rounding is no curve
    temperatures.push_back(temperature);
    gains.push_back(largest_gain);
    lower.push_back(std::abs(point.least(state)));
    upper.push_back(std::abs(point.most(state)));
  }

  const Mdp equal = loop_instance({1.0, 1.0, 1.0}, 0.9);
  const Point same = at({.mdp = equal, .temperature = setting.options.temperature});
  if (!same.uncertified.empty()) return skip(std::move(theorem), same.uncertified);
  attain(theorem, "one state with three equal actions: V_alpha - V_0 = -alpha D(pi_alpha)", same.gain(0), same.most(0),
         same.rounding);
  attain(theorem, "the same: V_alpha - V_0 = -alpha D(pi_0)", same.gain(0), same.least(0), same.rounding);

  theorem.measured_on =
      fmt::format("{} temperatures from {} to {:.3g}", halvings, setting.options.temperature, 2.0 * temperature);
  theorem.plot = {.x_label = "temperature",
                  .y_label = "|V_alpha - V_0| where it is largest",
                  .log_x = true,
                  .log_y = true,
                  .curves = {line("measured", temperatures, gains),
                             line("alpha |D(pi_alpha)|", temperatures, upper, Curve::Style::Dashed),
                             line("alpha |D(pi_0)|", temperatures, lower, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

// Divide by α: V_α/α = F(ε) is the soft value at temperature 1 of rewards ε r, ε = 1/α. F is convex in ε, F(0) = H* is
// the greatest entropy (0 for a KL penalty, that of the reference policy itself) and F'(0) = R(π_H) the return of the
// policy that has it. F'' is the discounted sum, over a walk of π_α, of the variance of its own reward-to-go over
// actions, which Popoviciu's inequality bounds by a quarter of the squared range D of returns. So with x = V_α − α H* −
// R(π_H):  0 ≤ x ≤ D² / (8 α (1 − γ)), and x ≤ V_0 − R(π_H).
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
  const auto at = [&](const Mdp& mdp, double temperature, const BaseMeasure& measure) {
    const Mdp bonus = entropy_alone(mdp);
    const Problem entropy_problem{.mdp = bonus, .temperature = 1.0, .measure = measure};
    const Solution entropy = setting.solve(entropy_problem);
    const VectorXd policy = ops.boltzmann(entropy_problem, ops.action_values(entropy_problem, entropy.values));
    const PolicyEvaluation returns = ops.evaluate({.mdp = mdp, .temperature = 0.0}, policy);
    const Solution best = setting.solve({.mdp = mdp, .temperature = 0.0, .measure = measure});
    const Mdp reversed = with_rewards(mdp, -rewards_of(mdp), TerminalValues::Zero);
    // D from the greatest return, and the least one: that is minus the greatest of the negative rewards, and terminal
    // values add at least their minimum.
    double range = best.values.maxCoeff();
    const Solution least = setting.solve({.mdp = reversed, .temperature = 0.0, .measure = measure});
    double lowest_terminal = 0.0;
    for (const auto& [state, value] : mdp.terminal()) lowest_terminal = std::min(lowest_terminal, value);
    range += least.values.maxCoeff() + least.error_bound + best.error_bound - lowest_terminal;
    const Solution soft = setting.solve({.mdp = mdp, .temperature = temperature, .measure = measure});
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
    const Point point = at(setting.mdp, temperature, setting.options.base_measure);
    measured = worst(measured, point.measured);
    allowance = worst(allowance, point.rounding);
    temperatures.push_back(temperature);
    excesses.push_back(point.excess);
    bounds.push_back(point.bound);
  }
  const Point equal = at(loop_instance({1.0, 1.0, 1.0}, 0.9), setting.options.temperature, {});
  attain(theorem, "one state with three equal actions: V_alpha - alpha H* - R(pi_H)", equal.excess, 0.0,
         equal.rounding);
  // Rewards of ±x α and no future: the excess is α log cosh x = α x²/2 (1 − x²/6 + …), the bound α x²/2.
  constexpr double x = 1e-3;
  const double lean = x * setting.options.temperature;
  const Point sharp = at(loop_instance({lean, -lean}, 0.0), setting.options.temperature, {});
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
