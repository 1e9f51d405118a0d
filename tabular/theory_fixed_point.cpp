// Chapter 2: the soft Bellman equation has one solution, its Boltzmann policy is optimal, and a sweep bounds it from
// both sides (docs/math.md 2.1-2.5).
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "tabular/theory_statements.hpp"
#include "tabular/theory_support.hpp"

namespace softrl::tabular {

using namespace theory;

// One state with rewards r: Q1 - Q2 = c shrinks by exactly the discount in every sweep.
Theorem unique_fixed_point(const TheorySetting& setting) {
  Theorem theorem{.id = "unique_fixed_point",
                  .name = "All starts meet in one fixed point",
                  .source = "[SQL] appendix A.2; math.md 2.4",
                  .statement = "max |T^n Q1 - T^n Q2| <= discount^n max |Q1 - Q2|"};
  if (const auto reason = without_discount(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Problem problem = setting.problem();
  Random random(setting.options.seed, theorem.id);
  const double discount = problem.mdp.discount();
  const double reach = (problem.temperature + problem.mdp.largest_reward()) / (1.0 - discount);
  std::vector<VectorXd> iterates;
  for (const double start : {0.0, reach, -reach}) iterates.push_back(VectorXd::Constant(problem.mdp.pairs(), start));
  for (int start = 0; start < 3; ++start) iterates.push_back(random_action_values(problem, random) / (1.0 - discount));

  const auto spread = [&] {
    double result = 0.0;
    for (const VectorXd& a : iterates) {
      for (const VectorXd& b : iterates) result = worst(result, largest(a - b));
    }
    return result;
  };
  // Enough sweeps to bring the starts within 1e-9 of their distance, but no more than patience allows.
  const double patience = std::clamp(4e7 / (1.0 + problem.mdp.transitions()), 20.0, 10'000.0);
  const int sweeps = static_cast<int>(std::clamp(std::ceil(std::log(1e-9) / std::log(discount)), 1.0, patience));
  const double initial_spread = spread();
  const double factor = discount * (1.0 + problem.mdp.row_sum_error());
  double magnitude = 0.0, measured = initial_spread;
  std::vector<double> n, spreads, bounds;
  for (int sweep = 0; sweep <= sweeps; ++sweep) {
    if (sweep % std::max(1, sweeps / 200) == 0 || sweep == sweeps) {
      measured = spread();
      n.push_back(sweep);
      spreads.push_back(measured);
      bounds.push_back(std::pow(discount, sweep) * initial_spread);
    }
    if (sweep == sweeps) break;
    for (VectorXd& q : iterates) {
      magnitude = std::max(magnitude, largest(q));
      q = setting.operators.optimal_backup(problem, q);
    }
  }
  const double rounding = 2.0 * backup_error(problem, magnitude) / (1.0 - factor);

  const Mdp loop = loop_instance({1.0, 0.5}, 0.5);
  const Problem instance{.mdp = loop, .temperature = setting.options.temperature};
  VectorXd first = random_action_values(instance, random), second = first.array() + usual_size(instance);
  const double instance_magnitude = largest(first) + 3.0 * (2.0 + problem.temperature);
  constexpr int instance_sweeps = 10;
  for (int sweep = 0; sweep < instance_sweeps; ++sweep) {
    first = setting.operators.optimal_backup(instance, first);
    second = setting.operators.optimal_backup(instance, second);
  }
  attain(theorem, "one state, two actions that return to it, discount 1/2, n = 10, Q2 = Q1 + c",
         largest(first - second), std::pow(0.5, instance_sweeps) * usual_size(instance),
         4.0 * backup_error(instance, instance_magnitude));

  theorem.measured_on = fmt::format("6 starts, {} sweeps", sweeps);
  theorem.plot = {.x_label = "sweep n",
                  .y_label = "largest distance of two iterates",
                  .log_y = true,
                  .curves = {line("measured", n, spreads), line("discount^n", n, bounds, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, std::pow(factor, sweeps) * initial_spread * (1.0 + 1e-12) + rounding);
}

// |Q - Q*| <= |Q - TQ| + |TQ - TQ*|: no other Q solves the equation, and how wrong it is tells how far away it is.
Theorem residual_bounds_error(const TheorySetting& setting) {
  Theorem theorem{.id = "residual_bounds_error",
                  .name = "Nothing else solves it: residual bounds error",
                  .source = "[SQL] appendix A.2; math.md 2.4, 2.5",
                  .statement = "(1 - discount) |Q - Q*| / |TQ - Q| <= 1"};
  if (const auto reason = without_discount(setting); !reason.empty()) return skip(std::move(theorem), reason);
  if (const auto reason = too_large_to_iterate(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Problem problem = setting.problem();
  const Solution optimum = setting.solve(problem);
  if (const auto reason = uncertified(optimum); !reason.empty()) return skip(std::move(theorem), reason);
  const VectorXd solved = setting.operators.action_values(problem, optimum.values);

  const auto ratio = [&](const Problem& at, const VectorXd& q, const VectorXd& optimal) {
    return (1.0 - at.mdp.discount()) * largest(q - optimal) / largest(setting.operators.optimal_backup(at, q) - q);
  };
  const auto allowance = [&](const Problem& at, const VectorXd& q, const VectorXd& optimal, double error) {
    const double rounding = backup_error(at, std::max(largest(q), largest(optimal)));
    const double residual = largest(setting.operators.optimal_backup(at, q) - q);
    return ((1.0 - at.mdp.discount()) * (error + rounding) + rounding + at.mdp.row_sum_error() * largest(q - optimal)) /
           residual;
  };
  Random random(setting.options.seed, theorem.id);
  double measured = 0.0, slack = 0.0;
  std::vector<double> residuals, errors, bounds;
  for (int trial = 0; trial < trials(setting); ++trial) {
    // Near and far, and every other one a constant away.
    const double size = std::pow(10.0, -3.0 * random.uniform());
    const VectorXd q = trial % 2 == 0 ? VectorXd(solved + size * random_action_values(problem, random))
                                      : VectorXd(solved.array() + size * (1.0 + problem.temperature) * random.normal());
    measured = worst(measured, ratio(problem, q, solved));
    slack = std::max(slack, allowance(problem, q, solved, optimum.error_bound));
    residuals.push_back(largest(setting.operators.optimal_backup(problem, q) - q));
    errors.push_back(largest(q - solved));
    bounds.push_back(residuals.back() / (1.0 - problem.mdp.discount()));
  }

  const Mdp loop = loop_instance({1.0, 0.5}, 0.9);
  const Problem instance{.mdp = loop, .temperature = setting.options.temperature};
  const Solution known = setting.solve(instance);
  const VectorXd optimal = setting.operators.action_values(instance, known.values),
                 q = optimal.array() + usual_size(instance);
  attain(theorem, "one state, two actions that return to it, Q = Q* + c", ratio(instance, q, optimal), 1.0,
         2.0 * allowance(instance, q, optimal, known.error_bound));

  theorem.measured_on = trials_text(setting, "action values near and far, every other one a constant from Q*");
  theorem.plot = {.x_label = "|TQ - Q|",
                  .y_label = "|Q - Q*|",
                  .log_x = true,
                  .log_y = true,
                  .curves = {line("measured", residuals, errors, Curve::Style::Points),
                             line("|TQ - Q| / (1 - discount)", residuals, bounds, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, 1.0 + slack);
}

// (4) of [SQL] defines Q by the returns of the policy, here by one linear solve; (5) and (7) must then hold of it.
Theorem soft_bellman_equation(const TheorySetting& setting) {
  Theorem theorem{.id = "soft_bellman_equation",
                  .name = "Optimal returns solve the soft Bellman equation",
                  .source = "[SQL] Theorem 2, (4)-(7); math.md 2.1",
                  .statement = "Q the returns of the optimal policy: |TQ - Q| = 0"};
  if (const auto reason = too_large_to_solve(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Problem problem = setting.problem();
  const Solution optimum = setting.solve(problem);
  if (const auto reason = uncertified(optimum); !reason.empty()) return skip(std::move(theorem), reason);
  const VectorXd policy =
      setting.operators.boltzmann(problem, setting.operators.action_values(problem, optimum.values));
  const PolicyEvaluation returns = setting.operators.evaluate(problem, policy);
  const VectorXd q = setting.operators.action_values(problem, returns.values);
  const VectorXd residual = setting.operators.optimal_backup(problem, q) - q;
  const double error = 2.0 * (policy_error(problem, optimum) + returns.error_bound) + backup_error(problem, largest(q));

  std::vector<double> x, y;
  const Index step = std::max<Index>(1, problem.mdp.pairs() / 400);
  for (Index k = 0; k < problem.mdp.pairs(); k += step) {
    x.push_back(k);
    y.push_back(std::abs(residual(k)));
  }
  theorem.measured_on = fmt::format("{} state-actions", problem.mdp.pairs());
  theorem.plot = {.x_label = "state-action",
                  .y_label = "|TQ - Q|",
                  .curves = {line("measured: rounding alone", x, y, Curve::Style::Points),
                             line("bound", {x.front(), x.back()}, {error, error}, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), largest(residual), error);
}

// Random policies, and the Boltzmann policies of action values near the optimum.
Theorem optimal_policy_is_boltzmann(const TheorySetting& setting) {
  Theorem theorem{.id = "optimal_policy_is_boltzmann",
                  .name = "No policy does better than Boltzmann(Q*)",
                  .source = "[SQL] Theorem 1; math.md 1.4, 2.1",
                  .statement = "max over policies and states of V_pi - V* <= 0"};
  if (const auto reason = too_large_to_solve(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Problem problem = setting.problem();
  const Solution optimum = setting.solve(problem);
  if (const auto reason = uncertified(optimum); !reason.empty()) return skip(std::move(theorem), reason);
  const VectorXd solved = setting.operators.action_values(problem, optimum.values);

  Random random(setting.options.seed, theorem.id);
  double measured = -infinity, allowance = 0.0;
  std::vector<double> sizes, losses;
  for (int trial = 0; trial < trials(setting); ++trial) {
    const double size = std::pow(10.0, 1.0 - 4.0 * random.uniform());
    VectorXd disturbed = solved;
    for (double& x : disturbed) x += size * (problem.temperature + 1e-3) * random.normal();
    const VectorXd policy =
        trial % 2 == 0 ? setting.operators.boltzmann(problem, disturbed) : random_policy(problem, random);
    const PolicyEvaluation value = setting.operators.evaluate(problem, policy);
    if (!std::isfinite(value.error_bound)) continue;  // at discount 1, a policy that need not end
    measured = worst(measured, (value.values - optimum.values).maxCoeff());
    allowance = std::max(allowance, optimum.error_bound + value.error_bound);
    if (trial % 2 != 0) continue;
    sizes.push_back(size);
    losses.push_back((optimum.values - value.values).maxCoeff());
  }
  if (measured == -infinity) return skip(std::move(theorem), "no random policy of the model is sure to end");

  const PolicyEvaluation best = setting.operators.evaluate(problem, setting.operators.boltzmann(problem, solved));
  attain(theorem, "the model, Boltzmann(Q*)", largest(best.values - optimum.values), 0.0,
         policy_error(problem, optimum) + best.error_bound);

  theorem.measured_on = trials_text(setting, "policies, every other one the Boltzmann policy of a disturbed Q*");
  theorem.plot = {.x_label = "size of the disturbance of Q*, in temperatures",
                  .y_label = "largest V* - V_pi",
                  .log_x = true,
                  .log_y = true,
                  .curves = {line("measured", sizes, losses, Curve::Style::Points)}};
  return conclude(std::move(theorem), measured, allowance);
}

// With one state, d = W - V is one number, and the two bounds meet in V*.
Theorem macqueen_porteus_encloses(const TheorySetting& setting) {
  Theorem theorem{.id = "macqueen_porteus_encloses",
                  .name = "The certified bounds enclose the solution",
                  .source = "[MQ]; math.md 2.5",
                  .statement = "max(W + lower - V*, V* - W - upper) <= 0 after every sweep"};
  if (const auto reason = without_discount(setting); !reason.empty()) return skip(std::move(theorem), reason);
  if (const auto reason = too_large_to_iterate(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Problem problem = setting.problem();
  const Mdp& mdp = problem.mdp;
  const Solution optimum = setting.solve(problem);
  if (const auto reason = uncertified(optimum); !reason.empty()) return skip(std::move(theorem), reason);
  Bellman bellman(mdp, problem.temperature, problem.measure);
  VectorXd values = bellman.start_values({}), next = values;
  double measured = -infinity;
  std::vector<double> below, above, plain;
  constexpr int sweeps = 100;
  for (int i = 0; i < sweeps; ++i) {
    const Sweep sweep = bellman.optimal_sweep(values, next);
    const Gap gap = setting.operators.bounds(problem, sweep);
    std::swap(values, next);
    double error = 0.0;
    for (Index s = 0; s < mdp.states(); ++s) {
      if (mdp.is_terminal(s)) continue;
      const double to_go = optimum.values(s) - values(s);
      measured = worst(measured, worst(gap.lower - to_go, to_go - gap.upper));
      error = std::max(error, std::abs(to_go - 0.5 * (gap.lower + gap.upper)));
    }
    below.push_back(error);
    above.push_back(0.5 * (gap.upper - gap.lower));
    plain.push_back(mdp.discount() / (1.0 - mdp.discount()) * sweep.residual());
  }

  const Mdp loop = loop_instance({1.0, 0.5}, 0.9);
  const Problem instance{.mdp = loop, .temperature = setting.options.temperature};
  const Solution known = setting.solve(instance);
  Bellman instance_bellman(loop, instance.temperature, instance.measure);
  VectorXd swept(1);
  const Gap gap = setting.operators.bounds(instance, instance_bellman.optimal_sweep(VectorXd::Zero(1), swept));
  // Wide by the rounding of one sweep, which the bounds carry to the end, on either side.
  const double rounding = known.error_bound + 30.0 * backup_error(instance, largest(known.values));
  attain(theorem, "one state, from V = 0, lower bound", swept(0) + gap.lower, known.values(0), rounding);
  attain(theorem, "one state, from V = 0, upper bound", swept(0) + gap.upper, known.values(0), rounding);

  theorem.measured_on = fmt::format("{} sweeps from V = 0", sweeps);
  theorem.plot = {.x_label = "sweep",
                  .y_label = "distance from V*",
                  .log_y = true,
                  .curves = {line("midpoint of the bounds", below), line("certified", above, Curve::Style::Dashed),
                             line("discount / (1 - discount) residual", plain, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, optimum.error_bound);
}

}  // namespace softrl::tabular
