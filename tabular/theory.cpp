#include "tabular/theory.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "softrl/check.hpp"
#include "softrl/operators.hpp"
#include "softrl/random.hpp"
#include "tabular/soft_policy_iteration.hpp"

namespace softrl::tabular {
namespace {

using Eigen::VectorXd;

constexpr double infinity = std::numeric_limits<double>::infinity();
const BaseMeasure counting_measure;

Theorem conclude(Theorem theorem, double measured, double bound) {
  theorem.measured = measured;
  theorem.bound = bound;
  theorem.holds = measured <= bound;  // false for NaN
  return theorem;
}

double largest(const VectorXd& x) { return x.size() == 0 ? 0.0 : x.cwiseAbs().maxCoeff(); }

// Like std::max, but NaN is never lost.
double worst(double a, double b) { return std::isnan(a) || a > b ? a : b; }

// Action values of the size that occur in the problem, far enough apart to tell a hard maximum from a soft one.
VectorXd random_action_values(const TheorySetting& setting, Random& random) {
  const double scale = setting.options.temperature + setting.mdp.largest_reward();
  VectorXd q(setting.mdp.pairs());
  for (double& x : q) x = scale * random.normal();
  return q;
}

VectorXd random_policy(const TheorySetting& setting, Random& random) {
  const Mdp& mdp = setting.mdp;
  VectorXd policy(mdp.pairs());
  for (Index s = 0; s < mdp.states(); ++s) {
    auto row = policy.segment(mdp.first_pair(s), mdp.action_count(s));
    for (double& p : row) p = std::exp(random.normal());
    row /= row.sum();
  }
  return policy;
}

// What rounding may do to one computed Q backup of action values up to `largest_q`: it takes a state value and a Q
// each.
double backup_error(const TheorySetting& setting, double largest_q) {
  const Bellman bellman(setting.mdp, setting.options.temperature, counting_measure);
  const double most_actions = std::max<double>(1.0, setting.mdp.largest_action_set());
  double largest_value = largest_q + setting.options.temperature * std::log(most_actions);
  for (const auto& [state, value] : setting.mdp.terminal()) largest_value = std::max(largest_value, std::abs(value));
  return 2.0 *
         std::max(backup_rounding_error(bellman, largest_value), policy_backup_rounding_error(bellman, largest_value));
}

struct QPair {
  VectorXd first, second;
};

// Alternately independent, and a constant apart: the latter is where a contraction is tight.
QPair random_pair(const TheorySetting& setting, Random& random, int trial) {
  VectorXd first = random_action_values(setting, random);
  VectorXd second = trial % 2 == 0 ? random_action_values(setting, random) : VectorXd(first.array() + random.normal());
  return {std::move(first), std::move(second)};
}

using PairBackup = std::function<QPair(const QPair&, Random&)>;

PairBackup optimal_pair_backup(const TheorySetting& setting) {
  return [&setting](const QPair& q, Random&) {
    return QPair{setting.operators.optimal_backup(q.first), setting.operators.optimal_backup(q.second)};
  };
}

PairBackup policy_pair_backup(const TheorySetting& setting) {
  return [&setting](const QPair& q, Random& random) {
    const VectorXd policy = random_policy(setting, random);
    return QPair{setting.operators.policy_backup(policy, q.first), setting.operators.policy_backup(policy, q.second)};
  };
}

Theorem contraction(const TheorySetting& setting, Theorem theorem, const PairBackup& backup) {
  Random random(setting.options.seed, theorem.id);
  double measured = 0.0, allowance = 0.0;
  for (int trial = 0; trial < setting.options.trials; ++trial) {
    const QPair q = random_pair(setting, random, trial);
    const QPair next = backup(q, random);
    const double distance = largest(q.first - q.second);
    measured = worst(measured, largest(next.first - next.second) / distance);
    const double error = 2.0 * backup_error(setting, std::max(largest(q.first), largest(q.second)));
    allowance = std::max(allowance, error / distance + setting.mdp.row_sum_error());
  }
  return conclude(std::move(theorem), measured, setting.mdp.discount() + allowance);
}

Theorem monotonicity(const TheorySetting& setting, Theorem theorem, const PairBackup& backup) {
  Random random(setting.options.seed, theorem.id);
  double measured = -infinity, allowance = 0.0;
  for (int trial = 0; trial < setting.options.trials; ++trial) {
    const VectorXd first = random_action_values(setting, random), second = random_action_values(setting, random);
    const QPair next = backup({first.cwiseMin(second), first}, random);
    measured = worst(measured, (next.first - next.second).maxCoeff());
    allowance = std::max(allowance, 2.0 * backup_error(setting, std::max(largest(first), largest(second))));
  }
  return conclude(std::move(theorem), measured, allowance);
}

}  // namespace

Operators exact_operators(const Mdp& mdp, double temperature) {
  const auto bellman = std::make_shared<const Bellman>(mdp, temperature, counting_measure);
  return {
      .optimal_backup = [bellman](const VectorXd& q) { return bellman->optimal_backup(q); },
      .policy_backup = [bellman](const VectorXd& policy,
                                 const VectorXd& q) { return bellman->policy_backup(policy, q); },
      .state_values = [bellman](const VectorXd& q) { return bellman->state_values(q); },
      .boltzmann = [bellman](const VectorXd& q) { return bellman->boltzmann(q); },
      .evaluate = [&mdp, temperature](
                      const VectorXd& policy) { return policy_evaluation(mdp, policy, {.temperature = temperature}); },
      .solve =
          [&mdp](double at) {
            return soft_policy_iteration(
                mdp, {.temperature = at, .tolerance = 0.0, .max_iterations = 100});  // as far as rounding allows
          },
      .bounds = [bellman](const Sweep& sweep) { return macqueen_porteus(*bellman, sweep); },
  };
}

TheorySetting::TheorySetting(const Mdp& mdp_, const TheoryOptions& options_)
    : TheorySetting(mdp_, options_, exact_operators(mdp_, options_.temperature)) {}

TheorySetting::TheorySetting(const Mdp& mdp_, const TheoryOptions& options_, Operators operators_)
    : mdp(mdp_), options(options_), operators(std::move(operators_)) {
  check_positive("temperature", options.temperature);
  check_count("trials", options.trials, 1);
  if (!(mdp.discount() < 1.0))
    throw std::invalid_argument(
        fmt::format("discount must be below 1 to verify the theory of contractions, got {}", mdp.discount()));
  if (mdp.pairs() == 0) throw std::invalid_argument("every state is terminal: there is no theory to verify");
}

Theorem optimal_backup_contraction(const TheorySetting& setting) {
  return contraction(setting,
                     {.id = "optimal_backup_contraction",
                      .name = "Optimal backup contracts",
                      .source = "math.md 2.4",
                      .statement = "|TQ1 - TQ2| / |Q1 - Q2| <= discount"},
                     optimal_pair_backup(setting));
}

Theorem optimal_backup_monotonicity(const TheorySetting& setting) {
  return monotonicity(setting,
                      {.id = "optimal_backup_monotonicity",
                       .name = "Optimal backup is monotone",
                       .source = "math.md 2.4",
                       .statement = "Q1 <= Q2 gives max(TQ1 - TQ2) <= 0"},
                      optimal_pair_backup(setting));
}

Theorem policy_backup_contraction(const TheorySetting& setting) {
  return contraction(setting,
                     {.id = "policy_backup_contraction",
                      .name = "Policy backup contracts",
                      .source = "math.md 2.2, 2.4",
                      .statement = "|T_pi Q1 - T_pi Q2| / |Q1 - Q2| <= discount"},
                     policy_pair_backup(setting));
}

Theorem policy_backup_monotonicity(const TheorySetting& setting) {
  return monotonicity(setting,
                      {.id = "policy_backup_monotonicity",
                       .name = "Policy backup is monotone",
                       .source = "math.md 2.2, 2.4",
                       .statement = "Q1 <= Q2 gives max(T_pi Q1 - T_pi Q2) <= 0"},
                      policy_pair_backup(setting));
}

// A terminal state keeps its value, so only the share of successors that are not terminal moves with the constant.
Theorem constant_shift(const TheorySetting& setting) {
  Theorem theorem{.id = "constant_shift",
                  .name = "A constant passes through",
                  .source = "math.md 2.4",
                  .statement = "|T(Q + c) - TQ - discount c P(s' not terminal)| = 0"};
  const Mdp& mdp = setting.mdp;
  VectorXd running = VectorXd::Ones(mdp.states());
  for (const auto& [state, value] : mdp.terminal()) running(state) = 0.0;
  VectorXd share(mdp.pairs());
  for (Index k = 0; k < mdp.pairs(); ++k) share(k) = mdp.discount() * mdp.expectation(k, as_span(running));

  Random random(setting.options.seed, theorem.id);
  double measured = 0.0, allowance = 0.0;
  for (int trial = 0; trial < setting.options.trials; ++trial) {
    const VectorXd q = random_action_values(setting, random);
    const double c = random.normal() * (1.0 + largest(q));
    const VectorXd shifted = q.array() + c;
    const VectorXd change = setting.operators.optimal_backup(shifted) - setting.operators.optimal_backup(q) - c * share;
    measured = worst(measured, largest(change));
    allowance = std::max(allowance, 3.0 * backup_error(setting, largest(q) + std::abs(c)));
  }
  return conclude(std::move(theorem), measured, allowance);
}

Theorem unique_fixed_point(const TheorySetting& setting) {
  Theorem theorem{.id = "unique_fixed_point",
                  .name = "All starts meet in one fixed point",
                  .source = "math.md 2.4",
                  .statement = "max |T^n Q1 - T^n Q2| <= discount^n max |Q1 - Q2|"};
  Random random(setting.options.seed, theorem.id);
  const double discount = setting.mdp.discount();
  const double reach = (setting.options.temperature + setting.mdp.largest_reward()) / (1.0 - discount);
  std::vector<VectorXd> iterates;
  for (const double start : {0.0, reach, -reach}) iterates.push_back(VectorXd::Constant(setting.mdp.pairs(), start));
  for (int start = 0; start < 3; ++start) iterates.push_back(random_action_values(setting, random) / (1.0 - discount));

  const auto spread = [&] {
    double result = 0.0;
    for (const VectorXd& a : iterates) {
      for (const VectorXd& b : iterates) result = worst(result, largest(a - b));
    }
    return result;
  };
  const double initial_spread = spread();
  double magnitude = 0.0;
  // Enough sweeps to bring the starts within 1e-9 of their distance, but no more than patience allows.
  const int sweeps = static_cast<int>(std::clamp(std::ceil(std::log(1e-9) / std::log(discount)), 1.0, 10'000.0));
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (VectorXd& q : iterates) {
      magnitude = std::max(magnitude, largest(q));
      q = setting.operators.optimal_backup(q);
    }
  }
  const double factor = discount * (1.0 + setting.mdp.row_sum_error());
  const double rounding = 2.0 * backup_error(setting, magnitude) / (1.0 - factor);
  return conclude(std::move(theorem), spread(), std::pow(factor, sweeps) * initial_spread * (1.0 + 1e-12) + rounding);
}

Theorem variational_identity(const TheorySetting& setting) {
  Theorem theorem{.id = "variational_identity",
                  .name = "The soft value is a maximum over policies",
                  .source = "math.md 1.4",
                  .statement = "|V_Q - (E_pi Q - alpha D(pi)) - alpha KL(pi, pi_Q)| = 0"};
  const Mdp& mdp = setting.mdp;
  const double temperature = setting.options.temperature;
  const Bellman bellman(mdp, temperature, counting_measure);
  Random random(setting.options.seed, theorem.id);
  double measured = 0.0, allowance = 0.0;
  for (int trial = 0; trial < setting.options.trials; ++trial) {
    VectorXd q(mdp.pairs());
    for (double& x : q) x = 3.0 * temperature * random.normal();  // π_Q does not underflow
    const VectorXd policy = random_policy(setting, random);
    const VectorXd boltzmann = setting.operators.boltzmann(q);
    const VectorXd gap = setting.operators.state_values(q) - bellman.policy_values(policy, q);
    for (Index s = 0; s < mdp.states(); ++s) {
      const auto first = static_cast<std::size_t>(mdp.first_pair(s)),
                 count = static_cast<std::size_t>(mdp.action_count(s));
      const double kl = kl_divergence(as_span(policy).subspan(first, count), as_span(boltzmann).subspan(first, count));
      measured = worst(measured, std::abs(gap(s) - temperature * kl));
    }
    // V_Q and E_π Q − α D(π) once each; KL adds logarithms of size |Q|/α, times α.
    allowance = std::max(allowance, 4.0 * backup_error(setting, largest(q)));
  }
  return conclude(std::move(theorem), measured, allowance);
}

Theorem policy_improvement(const TheorySetting& setting) {
  Theorem theorem{.id = "policy_improvement",
                  .name = "The Boltzmann policy improves",
                  .source = "SQL theorem 4; math.md 2.6",
                  .statement = "pi' = Boltzmann(Q_pi) gives max(Q_pi - Q_pi') <= 0"};
  const Bellman bellman(setting.mdp, setting.options.temperature, counting_measure);
  Random random(setting.options.seed, theorem.id);
  double measured = -infinity, allowance = 0.0;
  for (int trial = 0; trial < setting.options.trials; ++trial) {
    const PolicyEvaluation before = setting.operators.evaluate(random_policy(setting, random));
    const VectorXd q = bellman.action_values(before.values);
    const PolicyEvaluation after = setting.operators.evaluate(setting.operators.boltzmann(q));
    measured = worst(measured, (q - bellman.action_values(after.values)).maxCoeff());
    allowance = std::max(allowance, before.error_bound + after.error_bound + 2.0 * backup_error(setting, largest(q)));
  }
  return conclude(std::move(theorem), measured, allowance);
}

// Newton's step leaves (I − γ P_π)(V* − V') = R, the second-order remainder of T at V. The second derivative of the
// soft value is the variance of the change of Q over α, and Q changes by between 0 and γ e: R ≤ γ² e² / (8 α), whence
// the quadratic rate; T V ≤ V' ≤ V* gives the linear one.
Theorem policy_iteration_rate(const TheorySetting& setting) {
  Theorem theorem{.id = "policy_iteration_rate",
                  .name = "Policy iteration converges quadratically",
                  .source = "math.md 2.7",
                  .statement = "e' / min(discount e, discount^2 e^2 / (8 alpha (1 - discount))) <= 1"};
  const double discount = setting.mdp.discount();
  const Bellman bellman(setting.mdp, setting.options.temperature, counting_measure);
  const Solution optimum = setting.operators.solve(setting.options.temperature);
  const auto rate = [&](double e) {
    return std::min(discount * e, discount * discount * e * e / (8.0 * setting.options.temperature * (1.0 - discount)));
  };
  Random random(setting.options.seed, theorem.id);
  double measured = 0.0;
  for (int trial = 0; trial < setting.options.trials; ++trial) {
    PolicyEvaluation present = setting.operators.evaluate(random_policy(setting, random));
    constexpr int iterations = 8;
    for (int i = 0; i < iterations; ++i) {
      const VectorXd policy = setting.operators.boltzmann(bellman.action_values(present.values));
      PolicyEvaluation next = setting.operators.evaluate(policy);
      // The errors are known up to those of the optimum and the evaluation: grant them to both sides.
      const double error = largest(optimum.values - present.values) + optimum.error_bound + present.error_bound;
      // The Boltzmann policy is itself rounded, which costs about a backup's rounding at every step.
      const double rounding =
          optimum.error_bound + next.error_bound + backup_error(setting, largest(present.values)) / (1.0 - discount);
      const double next_error = largest(optimum.values - next.values) - rounding;
      if (!(next_error <= 0.0)) measured = worst(measured, next_error / rate(error));
      present = std::move(next);
    }
  }
  return conclude(std::move(theorem), measured, 1.0);
}

Theorem cooling_limit(const TheorySetting& setting) {
  Theorem theorem{.id = "cooling_limit",
                  .name = "Cooling leads to the hard maximum",
                  .source = "math.md 2.8",
                  .statement = "max(V_0 - V_alpha, V_alpha - V_0 - alpha log|A| / (1 - discount)) <= 0"};
  const double discount = setting.mdp.discount();
  const double log_actions = std::log(static_cast<double>(setting.mdp.largest_action_set()));
  const Solution hard = setting.operators.solve(0.0);
  double measured = -infinity, allowance = 0.0;
  double temperature = setting.options.temperature;
  for (int halving = 0; halving < 8; ++halving, temperature *= 0.5) {
    const Solution soft = setting.operators.solve(temperature);
    const double most = temperature * log_actions / (1.0 - discount);
    for (Index s = 0; s < setting.mdp.states(); ++s) {
      if (setting.mdp.is_terminal(s)) continue;
      const double gain = soft.values(s) - hard.values(s);
      measured = worst(measured, std::max(-gain, gain - most));
    }
    allowance = std::max(allowance, soft.error_bound + hard.error_bound);
  }
  return conclude(std::move(theorem), measured, allowance);
}

Theorem macqueen_porteus_encloses(const TheorySetting& setting) {
  Theorem theorem{.id = "macqueen_porteus_encloses",
                  .name = "The certified bounds enclose the solution",
                  .source = "math.md 2.5",
                  .statement = "max(W + lower - V*, V* - W - upper) <= 0 after every sweep"};
  const Mdp& mdp = setting.mdp;
  Bellman bellman(mdp, setting.options.temperature, counting_measure);
  const Solution optimum = setting.operators.solve(setting.options.temperature);
  VectorXd values = bellman.start_values({}), next = values;
  double measured = -infinity;
  constexpr int sweeps = 100;
  for (int i = 0; i < sweeps; ++i) {
    const Gap gap = setting.operators.bounds(bellman.optimal_sweep(values, next));
    std::swap(values, next);
    for (Index s = 0; s < mdp.states(); ++s) {
      if (mdp.is_terminal(s)) continue;
      const double above = optimum.values(s) - values(s);
      measured = worst(measured, worst(gap.lower - above, above - gap.upper));
    }
  }
  return conclude(std::move(theorem), measured, optimum.error_bound);
}

std::vector<Theorem> verify_theory(const TheorySetting& setting) {
  return {optimal_backup_contraction(setting),
          optimal_backup_monotonicity(setting),
          policy_backup_contraction(setting),
          policy_backup_monotonicity(setting),
          constant_shift(setting),
          unique_fixed_point(setting),
          variational_identity(setting),
          policy_improvement(setting),
          policy_iteration_rate(setting),
          cooling_limit(setting),
          macqueen_porteus_encloses(setting)};
}

}  // namespace softrl::tabular
