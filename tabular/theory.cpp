#include "tabular/theory.hpp"

#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "softrl/check.hpp"
#include "tabular/krylov_policy_iteration.hpp"
#include "tabular/soft_policy_iteration.hpp"
#include "tabular/tabular_environment.hpp"
#include "tabular/theory_statements.hpp"
#include "tabular/theory_support.hpp"

namespace softrl::tabular {
namespace {

using Eigen::VectorXd;

constexpr std::array<std::string_view, 12> groups{
    "The backups",
    "The fixed point",
    "The Boltzmann policy as a maximiser",
    "Policy iteration",
    "Cooling and heating",
    "Entropy against KL to uniform",
    "Composition",
    "Boltzmann exploration",
    "Policy gradients and soft Q-learning",
    "Path distributions and visitation",
    "Discount 1: when the path sum exists",
    "Soft Q-iteration",
};

constexpr std::array statements{
    Statement{"optimal_backup_contraction", 1, optimal_backup_contraction},
    Statement{"policy_backup_contraction", 1, policy_backup_contraction},
    Statement{"optimal_backup_monotonicity", 1, optimal_backup_monotonicity},
    Statement{"policy_backup_monotonicity", 1, policy_backup_monotonicity},
    Statement{"optimal_backup_shift", 1, optimal_backup_shift},
    Statement{"policy_backup_shift", 1, policy_backup_shift},
    Statement{"unique_fixed_point", 2, unique_fixed_point},
    Statement{"residual_bounds_error", 2, residual_bounds_error},
    Statement{"soft_bellman_equation", 2, soft_bellman_equation},
    Statement{"optimal_policy_is_boltzmann", 2, optimal_policy_is_boltzmann},
    Statement{"macqueen_porteus_encloses", 2, macqueen_porteus_encloses},
    Statement{"variational_identity", 3, variational_identity},
    Statement{"unique_maximiser", 3, unique_maximiser},
    Statement{"policy_improvement", 4, policy_improvement},
    Statement{"policy_iteration_converges", 4, policy_iteration_converges},
    Statement{"policy_iteration_rate", 4, policy_iteration_rate},
    Statement{"cooling_limit", 5, cooling_limit},
    Statement{"cooling_by_entropy", 5, cooling_by_entropy},
    Statement{"heating_limit", 5, heating_limit},
    Statement{"kl_charges_action_counts", 6, kl_charges_action_counts},
    Statement{"kl_shift", 6, kl_shift},
    Statement{"kl_is_no_shift", 6, kl_is_no_shift},
    Statement{"composition_bounds", 7, composition_bounds},
    Statement{"composed_policy_regret", 7, composed_policy_regret},
    Statement{"maxent_beats_exploration", 8, maxent_beats_exploration},
    Statement{"exploration_falls_short", 8, exploration_falls_short},
    Statement{"gradient_one_step", 9, gradient_one_step},
    Statement{"gradient_n_step", 9, gradient_n_step},
    Statement{"gradient_td_lambda", 9, gradient_td_lambda},
    Statement{"natural_gradient", 9, natural_gradient},
    Statement{"proper_entropy_gradient", 9, proper_entropy_gradient},
    Statement{"naive_entropy_bonus", 9, naive_entropy_bonus},
    Statement{"visitation_forward_pass", 10, visitation_forward_pass},
    Statement{"visitation_monte_carlo", 10, visitation_monte_carlo},
    Statement{"visitation_is_gradient", 10, visitation_is_gradient},
    Statement{"log_partition_gradient", 10, log_partition_gradient},
    Statement{"feature_matching", 10, feature_matching},
    Statement{"label_bias", 10, label_bias},
    Statement{"paths_equal_causal", 10, paths_equal_causal},
    Statement{"paths_differ_from_causal", 10, paths_differ_from_causal},
    Statement{"path_sum_exists", 11, path_sum_exists},
    Statement{"path_sum_of_model", 11, path_sum_of_model},
    Statement{"spectral_radius_bounds", 11, spectral_radius_bounds},
    Statement{"soft_q_iteration", 12, soft_q_iteration},
    Statement{"sampled_q_iteration", 12, sampled_q_iteration},
    Statement{"soft_q_learning_rounds", 12, soft_q_learning_rounds},
};

}  // namespace

Operators exact_operators() {
  const auto bellman = [](const Problem& p) { return Bellman(p.mdp, p.temperature, p.measure); };
  return {
      .action_values = [=](const Problem& p, const VectorXd& values) { return bellman(p).action_values(values); },
      .state_values = [=](const Problem& p, const VectorXd& q) { return bellman(p).state_values(q); },
      .boltzmann = [=](const Problem& p, const VectorXd& q) { return bellman(p).boltzmann(q); },
      .policy_values = [=](const Problem& p, const VectorXd& policy,
                           const VectorXd& q) { return bellman(p).policy_values(policy, q); },
      .evaluate =
          [](const Problem& p, const VectorXd& policy) {
            return policy_evaluation(p.mdp, policy, {.temperature = p.temperature, .base_measure = p.measure});
          },
      .solve =
          [](const Problem& p, const ProgressObserver& progress) {
            constexpr Index most_to_rounding = 10'000;  // transitions
            if (p.mdp.discount() < 1.0 && p.mdp.transitions() > most_to_rounding) {
              const double reward = p.mdp.largest_reward() + p.temperature * std::log(1.0 + p.mdp.largest_action_set());
              return krylov_policy_iteration(p.mdp, {.temperature = p.temperature,
                                                     .tolerance = 1e-10 * reward / (1.0 - p.mdp.discount()),
                                                     .base_measure = p.measure,
                                                     .progress = progress});
            }
            // As far as rounding allows; at discount 1, where every certificate costs several linear solves, not
            // quite.
            const double tolerance = p.mdp.discount() < 1.0 ? 0.0 : 1e-10;
            return soft_policy_iteration(p.mdp, {.temperature = p.temperature,
                                                 .tolerance = tolerance,
                                                 .max_iterations = 100,
                                                 .base_measure = p.measure,
                                                 .progress = progress});
          },
      .bounds = [=](const Problem& p, const Sweep& sweep) { return macqueen_porteus(bellman(p), sweep); },
      .visitation = [](const Problem& p, const VectorXd& policy) { return visitation(p.mdp, policy); },
      .existence = [=](const Problem& p) { return existence(bellman(p), {}); },
      .learn =
          [](const Problem& p, const SoftQLearningOptions& options) {
            TabularEnvironment environment(p.mdp);
            return soft_q_learning(environment, options);
          },
  };
}

TheorySetting::TheorySetting(const Mdp& mdp_, const TheoryOptions& options_, Operators operators_)
    : mdp(mdp_), options(options_), operators(std::move(operators_)) {
  check_at_least("temperature", options.temperature, 0.0);
  // Statements halve the temperature, multiply it and divide by it, again and again.
  constexpr double least = 1e-50, most = 1e50;
  if (options.temperature != 0.0 && !(options.temperature >= least && options.temperature <= most))
    throw std::invalid_argument(
        fmt::format("temperature must be 0 or from {:g} to {:g}, got {:g}", least, most, options.temperature));
  check_count("trials", options.trials, 1);
  check_base_measure(mdp, options.base_measure);
  if (mdp.pairs() == 0) throw std::invalid_argument("every state is terminal: there is no theory to verify");
}

std::span<const Statement> all_statements() { return statements; }
std::span<const std::string_view> theory_groups() { return groups; }

std::vector<Theorem> verify_theory(const TheorySetting& setting, const ProgressObserver& progress) {
  std::vector<Theorem> theorems;
  TheorySetting watched = setting;
  const auto report = [&](std::span<const Measurement> measurements) {
    if (!progress) return;
    progress({.done = static_cast<std::int64_t>(theorems.size()),
              .limit = static_cast<std::int64_t>(statements.size()),
              .measurements = measurements});
  };
  if (progress) watched.progress = [&](const Progress& solving) { report(solving.measurements); };
  for (const Statement& statement : statements) {
    theorems.push_back(statement.measure(watched));
    report({});
  }
  return theorems;
}

}  // namespace softrl::tabular
