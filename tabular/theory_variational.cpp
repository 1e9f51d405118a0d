// Chapter 3: the Boltzmann policy is the only maximiser, and the gap of any policy is known (docs/math.md 1.4).
#include <cmath>

#include <fmt/format.h>

#include "tabular/theory_statements.hpp"
#include "tabular/theory_support.hpp"

namespace softrl::tabular {

using namespace theory;

namespace {

// A policy between π_Q (share 1) and a random one (share 0).
VectorXd mixed_policy(const TheorySetting& setting, const Problem& problem, const VectorXd& q, double share,
                      Random& random) {
  return share * setting.operators.boltzmann(problem, q) + (1.0 - share) * random_policy(problem, random);
}

VectorXd moderate_action_values(const Problem& problem, Random& random) {
  VectorXd q(problem.mdp.pairs());
  for (double& x : q) x = 3.0 * problem.temperature * random.normal();  // π_Q does not underflow
  return q;
}

}  // namespace

Theorem variational_identity(const TheorySetting& setting) {
  Theorem theorem{.id = "variational_identity",
                  .name = "A policy falls short by temperature x KL",
                  .source = "[PGQL] (6); [SQL] (19); math.md 1.4",
                  .statement = "|V_Q - (E_pi Q - alpha D(pi)) - alpha KL(pi, pi_Q)| = 0"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Problem problem = setting.problem();
  const Mdp& mdp = problem.mdp;
  Random random(setting.options.seed, theorem.id);
  double measured = 0.0, allowance = 0.0;
  std::vector<double> divergences, gaps;
  for (int trial = 0; trial < trials(setting); ++trial) {
    const VectorXd q = moderate_action_values(problem, random);
    const VectorXd policy = mixed_policy(setting, problem, q, trial % 2 == 0 ? 0.0 : random.uniform(), random);
    const VectorXd boltzmann = setting.operators.boltzmann(problem, q);
    const VectorXd gap =
        setting.operators.state_values(problem, q) - setting.operators.policy_values(problem, policy, q);
    for (Index s = 0; s < mdp.states(); ++s) {
      const double kl = kl_divergence(row(mdp, s, policy), row(mdp, s, boltzmann));
      measured = worst(measured, std::abs(gap(s) - problem.temperature * kl));
      if (gaps.size() < 400 && !mdp.is_terminal(s)) {
        divergences.push_back(problem.temperature * kl);
        gaps.push_back(gap(s));
      }
    }
    // V_Q and E_π Q − α D(π) once each; KL adds logarithms of size |Q|/α, times α.
    allowance = std::max(allowance, 4.0 * backup_error(problem, largest(q)));
  }
  theorem.measured_on = trials_text(setting, "action values and policies");
  theorem.plot = {.x_label = "temperature x KL(pi, pi_Q)",
                  .y_label = "V_Q - (E_pi Q - alpha D(pi))",
                  .curves = {line("measured, a point for each state", divergences, gaps, Curve::Style::Points),
                             line("equal", divergences, divergences, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

// Pinsker's inequality turns the gap into a distance: whoever is at the maximum is at π_Q.
Theorem unique_maximiser(const TheorySetting& setting) {
  Theorem theorem{.id = "unique_maximiser",
                  .name = "The Boltzmann policy is the only maximiser",
                  .source = "[PGQL] (27)-(28); math.md 1.4, with Pinsker's inequality",
                  .statement = "max(alpha |pi - pi_Q|_1^2 / 2 - (V_Q - E_pi Q + alpha D(pi))) <= 0"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Problem problem = setting.problem();
  const Mdp& mdp = problem.mdp;
  Random random(setting.options.seed, theorem.id);
  double measured = -infinity, allowance = 0.0;
  std::vector<double> distances, gaps, bounds;
  const auto excess = [&](const VectorXd& q, const VectorXd& policy) {
    const VectorXd boltzmann = setting.operators.boltzmann(problem, q);
    const VectorXd gap =
        setting.operators.state_values(problem, q) - setting.operators.policy_values(problem, policy, q);
    double result = -infinity;
    for (Index s = 0; s < mdp.states(); ++s) {
      if (mdp.is_terminal(s)) continue;
      const Index first = mdp.first_pair(s), count = mdp.action_count(s);
      const double distance = (policy - boltzmann).segment(first, count).lpNorm<1>();
      const double bound = 0.5 * problem.temperature * distance * distance;
      result = worst(result, bound - gap(s));
      if (gaps.size() < 400 && distance > 1e-6) {
        distances.push_back(distance);
        gaps.push_back(gap(s));
        bounds.push_back(bound);
      }
    }
    return result;
  };
  for (int trial = 0; trial < trials(setting); ++trial) {
    const VectorXd q = moderate_action_values(problem, random);
    const double share = trial % 2 == 0 ? 0.0 : 1.0 - std::pow(10.0, -4.0 * random.uniform());
    measured = worst(measured, excess(q, mixed_policy(setting, problem, q, share, random)));
    allowance = std::max(allowance, 4.0 * backup_error(problem, largest(q)));
  }
  const VectorXd q = moderate_action_values(problem, random);
  attain(theorem, "the model, pi = pi_Q: no gap", excess(q, setting.operators.boltzmann(problem, q)), 0.0,
         4.0 * backup_error(problem, largest(q)));
  // Two equal actions taken with probabilities 1/2 ± δ: the gap is α (2 δ² + 4/3 δ⁴ + …), the bound 2 α δ².
  constexpr double delta = 1e-3;
  const Mdp loop = loop_instance({0.0, 0.0}, 0.9);
  const Problem instance{.mdp = loop, .temperature = problem.temperature};
  const VectorXd tie = VectorXd::Zero(2);
  VectorXd leaning(2);
  leaning << 0.5 + delta, 0.5 - delta;
  const double instance_gap =
      setting.operators.state_values(instance, tie)(0) - setting.operators.policy_values(instance, leaning, tie)(0);
  const double pinsker =
      0.5 * instance.temperature * std::pow((leaning - setting.operators.boltzmann(instance, tie)).lpNorm<1>(), 2);
  attain(theorem, "two equal actions with probabilities 1/2 +- 0.001: gap / bound", instance_gap / pinsker, 1.0,
         delta * delta + 4.0 * backup_error(instance, instance.temperature) / pinsker);

  theorem.measured_on = trials_text(setting, "policies, every other one close to pi_Q");
  theorem.plot = {.x_label = "|pi - pi_Q|_1",
                  .y_label = "gap of pi",
                  .log_x = true,
                  .log_y = true,
                  .curves = {line("measured, a point for each state", distances, gaps, Curve::Style::Points),
                             line("alpha |pi - pi_Q|_1^2 / 2", distances, bounds, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

}  // namespace softrl::tabular
