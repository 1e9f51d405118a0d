// Chapter 1: both backups contract, are monotone and pass constants on (docs/math.md 2.4).
#include <cmath>

#include "tabular/theory_statements.hpp"
#include "tabular/theory_support.hpp"

namespace softrl::tabular {

using namespace theory;

namespace {

struct QPair {
  VectorXd first, second;
};

using PairBackup = QPair (*)(const TheorySetting&, const Problem&, const QPair&, Random&);

QPair optimal_pair_backup(const TheorySetting& setting, const Problem& problem, const QPair& q, Random&) {
  return {setting.operators.optimal_backup(problem, q.first), setting.operators.optimal_backup(problem, q.second)};
}

QPair policy_pair_backup(const TheorySetting& setting, const Problem& problem, const QPair& q, Random& random) {
  const VectorXd policy = random_policy(problem, random);
  return {setting.operators.policy_backup(problem, policy, q.first),
          setting.operators.policy_backup(problem, policy, q.second)};
}

// Alternately independent, and a constant apart: the latter is where a contraction is tight.
QPair random_pair(const Problem& problem, Random& random, int trial) {
  VectorXd first = random_action_values(problem, random);
  VectorXd second = trial % 2 == 0 ? random_action_values(problem, random)
                                   : VectorXd(first.array() + usual_size(problem) * random.normal());
  return {std::move(first), std::move(second)};
}

double ratio(const QPair& q, const QPair& next) {
  return largest(next.first - next.second) / largest(q.first - q.second);
}

// How far rounding may move the ratio above.
double ratio_error(const Problem& problem, const QPair& q) {
  const double error = 2.0 * backup_error(problem, std::max(largest(q.first), largest(q.second)));
  return error / largest(q.first - q.second) + problem.mdp.row_sum_error();
}

// Where every action leads back, a constant is passed on with the whole of the discount.
Theorem contraction(const TheorySetting& setting, Theorem theorem, PairBackup backup) {
  const Problem problem = setting.problem();
  Random random(setting.options.seed, theorem.id);
  const int count = trials(setting);
  double measured = 0.0, allowance = 0.0;
  std::vector<double> ratios;
  for (int trial = 0; trial < count; ++trial) {
    const QPair q = random_pair(problem, random, trial);
    ratios.push_back(ratio(q, backup(setting, problem, q, random)));
    measured = worst(measured, ratios.back());
    allowance = std::max(allowance, ratio_error(problem, q));
  }

  constexpr double instance_discount = 0.9;
  const Mdp loop = loop_instance({1.0, 0.5}, instance_discount);
  const Problem instance{.mdp = loop, .temperature = setting.options.temperature};
  const VectorXd start = random_action_values(instance, random);
  const QPair apart{start, start.array() + usual_size(instance)};
  attain(theorem, "one state, two actions that return to it, Q2 = Q1 + c",
         ratio(apart, backup(setting, instance, apart, random)), instance_discount, ratio_error(instance, apart));

  theorem.measured_on = trials_text(setting, "pairs of action values, every other pair a constant apart");
  const std::vector<double> bound(ratios.size(), problem.mdp.discount());
  theorem.plot = {
      .x_label = "random pair",
      .y_label = "|TQ1 - TQ2| / |Q1 - Q2|",
      .curves = {line("measured", ratios, Curve::Style::Points), line("discount", bound, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, problem.mdp.discount() + allowance);
}

// Raising Q where no move leads changes nothing: there the inequality is an equality.
Theorem monotonicity(const TheorySetting& setting, Theorem theorem, PairBackup backup) {
  const Problem problem = setting.problem();
  Random random(setting.options.seed, theorem.id);
  double measured = -infinity, allowance = 0.0;
  std::vector<double> nearest, farthest;
  for (int trial = 0; trial < trials(setting); ++trial) {
    const VectorXd first = random_action_values(problem, random), second = random_action_values(problem, random);
    const QPair next = backup(setting, problem, {first.cwiseMin(second), first}, random);
    const VectorXd difference = next.first - next.second;
    measured = worst(measured, difference.maxCoeff());
    allowance = std::max(allowance, 2.0 * backup_error(problem, std::max(largest(first), largest(second))));
    nearest.push_back(difference.maxCoeff());
    farthest.push_back(difference.minCoeff());
  }

  MdpBuilder builder(0.9);
  for (int s = 0; s < 2; ++s) {
    builder.add_state();
    builder.add_action(0.3, 1);
    builder.add_action(0.1, 1);
  }
  const Mdp chain = std::move(builder).build();
  const Problem instance{.mdp = chain, .temperature = setting.options.temperature};
  const VectorXd low = random_action_values(instance, random);
  VectorXd high = low;
  high.head(2).array() += usual_size(instance);
  const QPair next = backup(setting, instance, {low, high}, random);
  attain(theorem, "two states, Q raised in one to which nothing leads", (next.first - next.second).maxCoeff(), 0.0,
         2.0 * backup_error(instance, largest(high)));

  theorem.measured_on = trials_text(setting, "ordered pairs of action values");
  theorem.plot = {.x_label = "random pair",
                  .y_label = "TQ1 - TQ2",
                  .curves = {line("largest over state-actions", nearest, Curve::Style::Points),
                             line("smallest", farthest, Curve::Style::Points),
                             line("0", std::vector<double>(nearest.size(), 0.0), Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

// A terminal state keeps its value, so only the share of successors that are not terminal moves with the constant.
Theorem shift(const TheorySetting& setting, Theorem theorem, PairBackup backup) {
  const Mdp& mdp = setting.mdp;
  const Problem problem = setting.problem();
  VectorXd running = VectorXd::Ones(mdp.states());
  for (const auto& [state, value] : mdp.terminal()) running(state) = 0.0;
  VectorXd share(mdp.pairs());
  for (Index k = 0; k < mdp.pairs(); ++k) share(k) = mdp.discount() * mdp.expectation(k, as_span(running));

  Random random(setting.options.seed, theorem.id);
  double measured = 0.0, allowance = 0.0;
  std::vector<double> constants, errors;
  for (int trial = 0; trial < trials(setting); ++trial) {
    const VectorXd q = random_action_values(problem, random);
    const double c = random.normal() * (1.0 + largest(q));
    const QPair next = backup(setting, problem, {q.array() + c, q}, random);
    const double error = largest(next.first - next.second - c * share);
    measured = worst(measured, error);
    allowance = std::max(allowance, 3.0 * backup_error(problem, largest(q) + std::abs(c)));
    constants.push_back(c);
    errors.push_back(error);
  }
  theorem.measured_on = trials_text(setting, "action values and constants");
  theorem.plot = {.x_label = "constant c",
                  .y_label = "|T(Q + c) - TQ - discount c P|",
                  .curves = {line("measured: rounding alone", constants, errors, Curve::Style::Points)}};
  return conclude(std::move(theorem), measured, allowance);
}

}  // namespace

Theorem optimal_backup_contraction(const TheorySetting& setting) {
  return contraction(setting,
                     {.id = "optimal_backup_contraction",
                      .name = "Optimal backup contracts",
                      .source = "[SQL] appendix A.2; math.md 2.4",
                      .statement = "|TQ1 - TQ2| / |Q1 - Q2| <= discount"},
                     optimal_pair_backup);
}

Theorem policy_backup_contraction(const TheorySetting& setting) {
  return contraction(setting,
                     {.id = "policy_backup_contraction",
                      .name = "Policy backup contracts",
                      .source = "[PGQL] (33); math.md 2.2, 2.4",
                      .statement = "|T_pi Q1 - T_pi Q2| / |Q1 - Q2| <= discount"},
                     policy_pair_backup);
}

Theorem optimal_backup_monotonicity(const TheorySetting& setting) {
  return monotonicity(setting,
                      {.id = "optimal_backup_monotonicity",
                       .name = "Optimal backup is monotone",
                       .source = "[SQL] appendix A.2; math.md 2.4",
                       .statement = "Q1 <= Q2 gives max(TQ1 - TQ2) <= 0"},
                      optimal_pair_backup);
}

Theorem policy_backup_monotonicity(const TheorySetting& setting) {
  return monotonicity(setting,
                      {.id = "policy_backup_monotonicity",
                       .name = "Policy backup is monotone",
                       .source = "[PGQL] (33); math.md 2.2, 2.4",
                       .statement = "Q1 <= Q2 gives max(T_pi Q1 - T_pi Q2) <= 0"},
                      policy_pair_backup);
}

Theorem optimal_backup_shift(const TheorySetting& setting) {
  return shift(setting,
               {.id = "optimal_backup_shift",
                .name = "A constant passes through the optimal backup",
                .source = "[SQL] (25); math.md 2.4",
                .statement = "|T(Q + c) - TQ - discount c P(s' not terminal)| = 0"},
               optimal_pair_backup);
}

Theorem policy_backup_shift(const TheorySetting& setting) {
  Theorem theorem{.id = "policy_backup_shift",
                  .name = "A constant passes through the policy backup",
                  .source = "[PGQL] (33); math.md 2.2, 2.4",
                  .statement = "|T_pi(Q + c) - T_pi Q - discount c P(s' not terminal)| = 0"};
  return shift(setting, std::move(theorem), policy_pair_backup);
}

}  // namespace softrl::tabular
