// Chapter 4: the Boltzmann policy improves, and repeating that is Newton's method (docs/math.md 2.6, 2.7).
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "tabular/theory_statements.hpp"
#include "tabular/theory_support.hpp"

namespace softrl::tabular {

using namespace theory;

// At the optimum nothing is left to improve: there the inequality is an equality.
Theorem policy_improvement(const TheorySetting& setting) {
  Theorem theorem{.id = "policy_improvement",
                  .name = "The Boltzmann policy improves",
                  .source = "[SQL] Theorem 4; math.md 2.6",
                  .statement = "pi' = Boltzmann(Q_pi) gives max(Q_pi - Q_pi') <= 0"};
  if (const auto reason = too_large_to_solve(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Problem problem = setting.problem();
  const Operators& ops = setting.operators;
  Random random(setting.options.seed, theorem.id);
  double measured = -infinity, allowance = 0.0;
  std::vector<double> least, most;
  for (int trial = 0; trial < trials(setting); ++trial) {
    const PolicyEvaluation before = ops.evaluate(problem, random_policy(problem, random));
    if (!std::isfinite(before.error_bound)) continue;
    const VectorXd q = ops.action_values(problem, before.values);
    const PolicyEvaluation after = ops.evaluate(problem, ops.boltzmann(problem, q));
    if (!std::isfinite(after.error_bound)) continue;
    const VectorXd gain = ops.action_values(problem, after.values) - q;
    measured = worst(measured, -gain.minCoeff());
    allowance = std::max(allowance, before.error_bound + after.error_bound + 2.0 * backup_error(problem, largest(q)));
    least.push_back(gain.minCoeff());
    most.push_back(gain.maxCoeff());
  }
  if (least.empty()) return skip(std::move(theorem), "no random policy of the model is sure to end");

  const Solution optimum = setting.solve(problem);
  if (std::isfinite(optimum.error_bound)) {
    const VectorXd q = ops.action_values(problem, optimum.values);
    const PolicyEvaluation after = ops.evaluate(problem, ops.boltzmann(problem, q));
    attain(theorem, "the model, pi optimal: nothing to gain", (q - ops.action_values(problem, after.values)).maxCoeff(),
           0.0, policy_error(problem, optimum) + after.error_bound + optimum.error_bound);
  }
  theorem.measured_on = trials_text(setting, "policies");
  theorem.plot = {.x_label = "random policy",
                  .y_label = "Q_pi' - Q_pi",
                  .curves = {line("largest over state-actions", most, Curve::Style::Points),
                             line("smallest", least, Curve::Style::Points),
                             line("0", std::vector<double>(least.size(), 0.0), Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

// T V_π ≤ V_π' ≤ V*: policy iteration is at least as fast as value iteration, and where a good action lies behind a bad
// one no faster. Let the policy end for ρ in state 0, and for nothing in state 1, where R was to be had: e = R. One
// improvement mends state 1, but state 0 has yet to learn of it: e' = γ R − ρ, for R ≫ ρ ≫ α.
Theorem policy_iteration_converges(const TheorySetting& setting) {
  Theorem theorem{.id = "policy_iteration_converges",
                  .name = "Policy iteration climbs to the optimum",
                  .source = "[SQL] (21); math.md 2.6, 2.7",
                  .statement = "max(V_k - V_k+1, e_k+1 - discount e_k) <= 0, with e = |V* - V|"};
  if (const auto reason = too_large_to_solve(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Problem problem = setting.problem();
  const Operators& ops = setting.operators;
  const Solution optimum = setting.solve(problem);
  if (const auto reason = uncertified(optimum); !reason.empty()) return skip(std::move(theorem), reason);
  const double discount = problem.mdp.discount();
  Random random(setting.options.seed, theorem.id);
  double measured = -infinity, allowance = 0.0;
  Theorem result = theorem;
  constexpr int iterations = 8;
  const int starts = std::min(trials(setting), 5);
  for (int start = 0; start < starts; ++start) {
    PolicyEvaluation present = ops.evaluate(problem, random_policy(problem, random));
    std::vector<double> errors{largest(optimum.values - present.values)};
    for (int i = 0; i < iterations; ++i) {
      const VectorXd policy = ops.boltzmann(problem, ops.action_values(problem, present.values));
      PolicyEvaluation next = ops.evaluate(problem, policy);
      if (!std::isfinite(present.error_bound) || !std::isfinite(next.error_bound)) break;
      errors.push_back(largest(optimum.values - next.values));
      measured = worst(measured, (present.values - next.values).maxCoeff());
      measured = worst(measured, errors[errors.size() - 1] - discount * errors[errors.size() - 2]);
      // The Boltzmann policy is itself rounded, which costs about a backup's rounding at every step.
      allowance =
          std::max(allowance, 2.0 * (optimum.error_bound + next.error_bound + present.error_bound) +
                                  backup_error(problem, largest(present.values)) * longest_walk(problem.mdp, policy));
      present = std::move(next);
    }
    result.plot.curves.push_back(line(fmt::format("start {}", start + 1), errors));
  }
  if (measured == -infinity) return skip(std::move(theorem), "no random policy of the model is sure to end");
  const double scale = problem.temperature > 0.0 ? problem.temperature : 1.0, near = 1e3 * scale, far = 1e12 * scale;
  constexpr double instance_discount = 0.9;
  MdpBuilder builder(instance_discount);
  builder.add_state();
  builder.add_action(near, 2);
  builder.add_action(0.0, 1);
  builder.add_state();
  builder.add_action(0.0, 2);
  builder.add_action(far, 2);
  builder.add_terminal_state();
  const Mdp behind = std::move(builder).build();
  const Problem instance{.mdp = behind, .temperature = problem.temperature};
  VectorXd policy(4);
  policy << 1.0, 0.0, 1.0, 0.0;
  const Solution best = setting.solve(instance);
  const PolicyEvaluation first = ops.evaluate(instance, policy);
  const PolicyEvaluation second =
      ops.evaluate(instance, ops.boltzmann(instance, ops.action_values(instance, first.values)));
  const double instance_error = 2.0 * best.error_bound + first.error_bound + second.error_bound;
  attain(result, "a good action behind a bad one: e_1 / (discount e_0)",
         largest(best.values - second.values) / (instance_discount * largest(best.values - first.values)), 1.0,
         (near + scale + 2.0 * instance_error) / (instance_discount * far));
  result.measured_on = fmt::format("{} iterations from {} random policies", iterations, starts);
  result.plot.x_label = "iteration k";
  result.plot.y_label = "|V* - V_k|";
  result.plot.log_y = true;
  return conclude(std::move(result), measured, allowance);
}

// Newton's step leaves (I − γ P_π') (V* − V') = R, the second-order remainder of T at V. The second derivative of the
// soft value is the variance of the change of Q over α, and Q changes by between 0 and γ e: R ≤ γ² e² / (8 α). What a
// step leaves adds up over a walk of the new policy, h steps.
//
// The 8 is sharp: let state 0 choose between a sure end and state 1, of equal value, and let V be wrong in state 1 by
// e. Its next value is α KL(sigmoid(γ e/α), 1/2) = γ² e² / (8 α) (1 − x²/8 + …) below the optimum, x = γ e/α.
Theorem policy_iteration_rate(const TheorySetting& setting) {
  Theorem theorem{.id = "policy_iteration_rate",
                  .name = "Policy iteration converges quadratically",
                  .source = "math.md 2.7",
                  .statement = "e' / (discount^2 e^2 h / (8 alpha)) <= 1, h the longest walk"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  if (const auto reason = too_large_to_solve(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Problem problem = setting.problem();
  const Operators& ops = setting.operators;
  const Solution optimum = setting.solve(problem);
  if (const auto reason = uncertified(optimum); !reason.empty()) return skip(std::move(theorem), reason);
  const double discount = problem.mdp.discount();
  Random random(setting.options.seed, theorem.id);
  double measured = 0.0;
  std::vector<double> before, after, bounds;
  const int starts = std::min(trials(setting), 10);
  for (int start = 0; start < starts; ++start) {
    PolicyEvaluation present = ops.evaluate(problem, random_policy(problem, random));
    constexpr int iterations = 8;
    for (int i = 0; i < iterations; ++i) {
      const VectorXd policy = ops.boltzmann(problem, ops.action_values(problem, present.values));
      PolicyEvaluation next = ops.evaluate(problem, policy);
      if (!std::isfinite(present.error_bound) || !std::isfinite(next.error_bound)) break;
      const double walk = longest_walk(problem.mdp, policy);
      // The errors are known up to those of the optimum and the evaluation: grant them to both sides.
      const double error = largest(optimum.values - present.values) + optimum.error_bound + present.error_bound;
      const double bound = discount * discount * error * error / (8.0 * problem.temperature) * walk;
      const double rounding =
          optimum.error_bound + next.error_bound + backup_error(problem, largest(present.values)) * walk;
      const double left = largest(optimum.values - next.values);
      if (!(left <= rounding)) {
        measured = worst(measured, (left - rounding) / bound);
        before.push_back(error);
        after.push_back(left);
        bounds.push_back(bound);
      }
      present = std::move(next);
    }
  }

  const double temperature = problem.temperature;
  constexpr double x = 1e-3, instance_discount = 0.5;
  MdpBuilder builder(instance_discount);
  builder.add_state();
  builder.add_action(0.0, 2);
  builder.add_action(0.0, 1);
  builder.add_state();
  builder.add_action(0.0, 2);
  builder.add_terminal_state();
  const Mdp tie = std::move(builder).build();
  const Problem instance{.mdp = tie, .temperature = temperature};
  VectorXd wrong = VectorXd::Zero(3);
  const double e = x * temperature / instance_discount;
  wrong(1) = -e;
  const PolicyEvaluation newton = ops.evaluate(instance, ops.boltzmann(instance, ops.action_values(instance, wrong)));
  const double remainder = temperature * std::log(2.0) - newton.values(0), unit_of = x * x * temperature / 8.0;
  attain(theorem, "a tie of two actions, one of them mistaken by e: e' / (discount^2 e^2 / (8 alpha))",
         remainder / unit_of, 1.0,
         x * x / 8.0 + (newton.error_bound + 3.0 * backup_error(instance, temperature)) / unit_of);

  theorem.measured_on = fmt::format("8 iterations from {} random policies", starts);
  theorem.plot = {.x_label = "error e before a step",
                  .y_label = "error e' after it",
                  .log_x = true,
                  .log_y = true,
                  .curves = {line("measured", before, after, Curve::Style::Points),
                             line("discount^2 e^2 h / (8 alpha)", before, bounds, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, 1.0);
}

}  // namespace softrl::tabular
