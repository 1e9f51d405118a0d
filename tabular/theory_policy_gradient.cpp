// Chapter 9: the gradient of soft Q-learning is a policy gradient and the gradient of a value error (docs/math.md 3).
//
// Everything is computed by walking along every possible walk of a small model with its exact probability, on a table
// of action values: ∂Q(s,a)/∂θ(s',a') is 1 for the same pair, ∂V_θ(s)/∂θ(s,b) = π(b|s), and
// ∂ log π(a|s)/∂θ(s,b) = (1{a=b} − π(b|s))/α.
#include <algorithm>
#include <cmath>
#include <functional>

#include <Eigen/QR>
#include <fmt/format.h>

#include "tabular/theory_statements.hpp"
#include "tabular/theory_support.hpp"

namespace softrl::tabular {

using namespace theory;

namespace {

struct Move {
  Index state, pair;
};

// Calls visit(moves, last state, probability) for every walk of up to `steps` steps that starts with `first`, shorter
// where a terminal state comes first.
using Visit = std::function<void(const std::vector<Move>&, Index, double)>;
void for_each_walk(const Mdp& mdp, const VectorXd& policy, std::vector<Move>& moves, double probability,
                   std::size_t steps, const Visit& visit) {
  const Index pair = moves.back().pair;
  const auto successors = mdp.successors(pair);
  const auto probabilities = mdp.probabilities(pair);
  for (std::size_t i = 0; i < successors.size(); ++i) {
    const Index next = successors[i];
    const double p = probability * (probabilities.empty() ? 1.0 : probabilities[i]);
    if (moves.size() == steps || mdp.is_terminal(next)) {
      visit(moves, next, p);
      continue;
    }
    for (Index k = mdp.first_pair(next); k < mdp.first_pair(next + 1); ++k) {
      moves.push_back({next, k});
      for_each_walk(mdp, policy, moves, p * policy(k), steps, visit);
      moves.pop_back();
    }
  }
}

// Q_θ = θ with what follows from it.
struct Model {
  Model(const TheorySetting& setting, const Problem& problem, const VectorXd& theta)
      : q(theta),
        v(setting.operators.state_values(problem, theta)),
        policy(setting.operators.boltzmann(problem, theta)),
        divergence((mean_over(problem.mdp, policy, theta) - setting.operators.policy_values(problem, policy, theta)) /
                   problem.temperature) {
    for (const auto& [state, value] : problem.mdp.terminal()) divergence(state) = 0.0;
    log_ratio = VectorXd(theta.size());
    for (Index s = 0; s < problem.mdp.states(); ++s) {
      for (Index k = problem.mdp.first_pair(s); k < problem.mdp.first_pair(s + 1); ++k)
        log_ratio(k) =
            std::log(policy(k)) - (problem.measure.log_weights.size() == 0 ? 0.0 : problem.measure.log_weights(k));
    }
  }

  VectorXd q;           // [K]
  VectorXd v;           // [S] V_θ
  VectorXd policy;      // [K] π_θ
  VectorXd divergence;  // [S] D(π_θ)
  VectorXd log_ratio;   // [K] log π_θ/μ
};

// A sum of gradients, with what rounding may have done to it: the sizes of its terms are added up, too.
struct Sum {
  explicit Sum(Index pairs) : value(VectorXd::Zero(pairs)) {}
  void add(Index pair, double term) {
    value(pair) += term;
    size += std::abs(term);
    ++terms;
  }
  double rounding() const { return unit * (static_cast<double>(terms) + 40.0) * size; }
  VectorXd value;
  double size = 0.0;
  std::int64_t terms = 0;
};

// scale · ∇ log π(a|s) and scale · ∇V(s) added to `sum`.
void add_score(Sum& sum, const Problem& problem, const Model& model, const Move& move, double scale) {
  for (Index k = problem.mdp.first_pair(move.state); k < problem.mdp.first_pair(move.state + 1); ++k)
    sum.add(k, scale * ((k == move.pair ? 1.0 : 0.0) - model.policy(k)) / problem.temperature);
}
void add_value_gradient(Sum& sum, const Problem& problem, const Model& model, Index state, double scale) {
  for (Index k = problem.mdp.first_pair(state); k < problem.mdp.first_pair(state + 1); ++k)
    sum.add(k, scale * model.policy(k));
}
// scale · ∇D(π)(s), (21) of [PGQL].
void add_divergence_gradient(Sum& sum, const Problem& problem, const Model& model, Index state, double scale) {
  for (Index k = problem.mdp.first_pair(state); k < problem.mdp.first_pair(state + 1); ++k)
    sum.add(k, scale * model.policy(k) * (model.log_ratio(k) - model.divergence(state)) / problem.temperature);
}

// δ_t of math.md 2.3, with weights w^d: Δ = Σ w^d δ_{t+d}; w is γ for n steps and γ λ for TD(λ).
double weighted_errors(const Problem& problem, const Model& model, const std::vector<Move>& moves, Index last,
                       double weight) {
  double sum = 0.0, power = 1.0;
  for (std::size_t d = 0; d < moves.size(); ++d, power *= weight) {
    const Index next = d + 1 < moves.size() ? moves[d + 1].state : last;
    const double reward = problem.mdp.reward(moves[d].pair) - problem.temperature * model.divergence(moves[d].state);
    sum += power * (reward + problem.mdp.discount() * model.v(next) - model.v(moves[d].state));
  }
  return sum;
}

struct Comparison {
  VectorXd loss_gradient, policy_part, value_part;  // [K]; the first is the sum of the others
  double rounding = 0.0;
};

// Both sides of (65) of [PGQL]: states from `distribution`, actions from π_θ, targets y of (46) held fixed.
Comparison compare_gradients(const TheorySetting& setting, const Problem& problem, const VectorXd& theta,
                             const VectorXd& distribution, int steps, double weight) {
  const Model model(setting, problem, theta);
  const double temperature = problem.temperature;
  Sum loss(problem.mdp.pairs()), policy(problem.mdp.pairs()), value(problem.mdp.pairs());
  for (Index s = 0; s < problem.mdp.states(); ++s) {
    if (problem.mdp.is_terminal(s)) continue;
    for (Index k = problem.mdp.first_pair(s); k < problem.mdp.first_pair(s + 1); ++k) {
      std::vector<Move> moves{{s, k}};
      for_each_walk(problem.mdp, model.policy, moves, distribution(s) * model.policy(k),
                    static_cast<std::size_t>(steps), [&](const std::vector<Move>& walk, Index last, double p) {
                      const double errors = weighted_errors(problem, model, walk, last, weight);
                      const double target = temperature * model.divergence(s) + model.v(s) + errors;
                      loss.add(k, p * (model.q(k) - target));
                      add_score(policy, problem, model, walk.front(), -temperature * p * errors);
                      add_divergence_gradient(policy, problem, model, s, temperature * temperature * p);
                      add_value_gradient(value, problem, model, s, -p * errors);  // V − V̂ with V̂ = V + Δ
                    });
    }
  }
  // Each term rests on values that are a few backups away from the table.
  const double input = (4.0 * steps + 4.0) * backup_error(problem, largest(theta));
  return {.loss_gradient = loss.value,
          .policy_part = policy.value,
          .value_part = value.value,
          .rounding = loss.rounding() + policy.rounding() + value.rounding() + input};
}

// The sum of both sides' difference over random tables, both base measures, and several choices of steps and weight.
Theorem gradients_agree(const TheorySetting& setting, Theorem theorem, const std::vector<int>& steps,
                        const std::vector<double>& lambdas) {
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  Random random(setting.options.seed, theorem.id);
  const double temperature = setting.options.temperature;
  double measured = 0.0, allowance = 0.0;
  std::vector<double> loss, sum, policy, value;
  const int count = std::min(setting.options.trials, 6);
  for (int trial = 0; trial < count; ++trial) {
    const Mdp mdp = layered_instance(3, temperature, 0.9, false, random);
    Problem problem{.mdp = mdp, .temperature = temperature};
    if (trial % 2 == 0) problem.measure = BaseMeasure::kl_to(mdp, random_policy(problem, random));
    VectorXd theta(mdp.pairs()), distribution(mdp.states());
    for (double& x : theta) x = temperature * random.normal();
    for (double& x : distribution) x = random.uniform();
    distribution /= distribution.sum();
    for (const int n : steps) {
      for (const double lambda : lambdas) {
        const Comparison c = compare_gradients(setting, problem, theta, distribution, n, lambda * mdp.discount());
        measured = worst(measured, largest(c.loss_gradient - c.policy_part - c.value_part));
        allowance = worst(allowance, c.rounding);
        for (Index k = 0; k < mdp.pairs() && loss.size() < 300; ++k) {
          loss.push_back(c.loss_gradient(k));
          sum.push_back(c.policy_part(k) + c.value_part(k));
          policy.push_back(c.policy_part(k));
          value.push_back(c.value_part(k));
        }
      }
    }
  }
  theorem.measured_on = fmt::format(
      "{} random models of 3 layers, all their walks enumerated; entropy bonus and KL penalty in turn", count);
  theorem.plot = {
      .x_label = "gradient of the Q-learning loss",
      .y_label = "gradients of the other side",
      .curves = {line("policy gradient", loss, policy, Curve::Style::Points),
                 line("value error", loss, value, Curve::Style::Points),
                 line("their sum", loss, sum, Curve::Style::Points), line("equal", loss, loss, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

}  // namespace

Theorem gradient_one_step(const TheorySetting& setting) {
  return gradients_agree(setting,
                         {.id = "gradient_one_step",
                          .name = "One-step soft Q-learning = policy gradient",
                          .source = "[PGQL] (65); [SQL] (29), (32); math.md 3.1",
                          .statement = "|grad E(Q - y)^2/2 - alpha policy gradient - grad E(V - Vhat)^2/2| = 0, n = 1"},
                         {1}, {1.0});
}

Theorem gradient_n_step(const TheorySetting& setting) {
  return gradients_agree(setting,
                         {.id = "gradient_n_step",
                          .name = "n-step soft Q-learning = policy gradient",
                          .source = "[PGQL] (46), (65); math.md 2.3, 3.1",
                          .statement = "the same with n = 2, 3"},
                         {2, 3}, {1.0});
}

Theorem gradient_td_lambda(const TheorySetting& setting) {
  return gradients_agree(setting,
                         {.id = "gradient_td_lambda",
                          .name = "TD(lambda) soft Q-learning = policy gradient",
                          .source = "[PGQL] (42)-(43), (65); math.md 2.3, 3.1",
                          .statement = "the same with errors weighted by (discount lambda)^d, lambda = 0, 0.5, 0.9"},
                         {3}, {0.0, 0.5, 0.9});
}

namespace {

// Gradients of the return from the initial distribution, every walk enumerated to its end.
enum class EntropyBonus { Naive, Proper };
Sum enumerated_gradient(const Problem& problem, const Model& model, EntropyBonus bonus) {
  const Mdp& mdp = problem.mdp;
  const VectorXd initial = mdp.initial_distribution();
  constexpr std::size_t to_the_end = 1000;
  Sum sum(mdp.pairs());
  for (Index s = 0; s < mdp.states(); ++s) {
    if (initial(s) == 0.0) continue;
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      std::vector<Move> moves{{s, k}};
      for_each_walk(mdp, model.policy, moves, initial(s) * model.policy(k), to_the_end,
                    [&](const std::vector<Move>& walk, Index last, double p) {
                      // From the end: what follows the action at t, the entropy of t itself not included.
                      double to_come = mdp.terminal_value(last);
                      for (std::size_t t = walk.size(); t-- > 0;) {
                        to_come = mdp.reward(walk[t].pair) + mdp.discount() * to_come;
                        const double weight = p * std::pow(mdp.discount(), static_cast<double>(t));
                        add_score(sum, problem, model, walk[t], weight * to_come);
                        add_divergence_gradient(sum, problem, model, walk[t].state, -weight * problem.temperature);
                        if (bonus == EntropyBonus::Proper)
                          to_come -= problem.temperature * model.divergence(walk[t].state);
                      }
                    });
    }
  }
  return sum;
}

}  // namespace

// The other side is the policy gradient theorem: discounted visits times π (Q_π − α log π/μ − V_π)/α, from one exact
// evaluation, with visits by a forward pass.
Theorem proper_entropy_gradient(const TheorySetting& setting) {
  Theorem theorem{.id = "proper_entropy_gradient",
                  .name = "Entropy in the return: the true gradient",
                  .source = "[PGQL] (49)-(51); math.md 3",
                  .statement = "|enumerated estimator - gradient of the entropy-augmented return| = 0"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  Random random(setting.options.seed, theorem.id);
  const double temperature = setting.options.temperature;
  double measured = 0.0, allowance = 0.0;
  std::vector<double> exact, proper, naive;
  const int count = std::min(setting.options.trials, 6);
  for (int trial = 0; trial < count; ++trial) {
    constexpr int layers = 3;
    const Mdp mdp = layered_instance(layers, temperature, trial % 2 == 0 ? 1.0 : 0.9, false, random);
    const Problem problem{.mdp = mdp, .temperature = temperature};
    VectorXd theta(mdp.pairs());
    for (double& x : theta) x = temperature * random.normal();
    const Model model(setting, problem, theta);
    const Sum estimated = enumerated_gradient(problem, model, EntropyBonus::Proper);
    const Sum without = enumerated_gradient(problem, model, EntropyBonus::Naive);

    const PolicyEvaluation value = setting.operators.evaluate(problem, model.policy);
    const VectorXd q = setting.operators.action_values(problem, value.values);
    VectorXd visits = mdp.initial_distribution(), present = visits;
    for (int t = 1; t < layers; ++t) visits += present = step_forward(mdp, model.policy, present);
    VectorXd gradient(mdp.pairs());
    for (Index s = 0; s < mdp.states(); ++s) {
      for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k)
        gradient(k) =
            visits(s) * model.policy(k) * (q(k) - temperature * model.log_ratio(k) - value.values(s)) / temperature;
    }
    measured = worst(measured, largest(estimated.value - gradient));
    allowance = worst(
        allowance, estimated.rounding() +
                       layers * (2.0 * value.error_bound + 10.0 * backup_error(problem, largest(theta) + largest(q))) /
                           temperature);
    for (Index k = 0; k < mdp.pairs(); ++k) {
      exact.push_back(gradient(k));
      proper.push_back(estimated.value(k));
      naive.push_back(without.value(k));
    }
  }
  theorem.measured_on = fmt::format("{} random models of 3 layers, all their walks enumerated", count);
  theorem.plot = {.x_label = "gradient of the return",
                  .y_label = "enumerated estimator",
                  .curves = {line("entropy in the return", exact, proper, Curve::Style::Points),
                             line("naive: entropy of the present step only", exact, naive, Curve::Style::Points),
                             line("equal", exact, exact, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

// On the fork at discount 1 the optimal policy goes on with probability 2/3. There the proper gradient is 0; the naive
// one sees only the entropy of the present coin and pulls back: −α π (log π − E log π)/α = −2/9 log 2 for going on.
Theorem naive_entropy_bonus(const TheorySetting& setting) {
  Theorem theorem{.id = "naive_entropy_bonus",
                  .name = "A naive entropy bonus leaves the optimum",
                  .source = "[PGQL] (48)-(49); math.md 3",
                  .statement = "at the optimum of a fork: |proper gradient| = 0 and |naive + 2/9 log 2| = 0"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const double temperature = setting.options.temperature;
  const Mdp fork = fork_instance(1.0);
  const Problem problem{.mdp = fork, .temperature = temperature};
  const Solution optimum = setting.solve(problem);
  const VectorXd q = setting.operators.action_values(problem, optimum.values);
  const Model model(setting, problem, q);
  const Sum proper = enumerated_gradient(problem, model, EntropyBonus::Proper);
  const Sum naive = enumerated_gradient(problem, model, EntropyBonus::Naive);
  const double error = proper.rounding() + naive.rounding() +
                       8.0 * (optimum.error_bound + backup_error(problem, largest(q))) / temperature;
  constexpr Index going_on = 1;
  const double expected = -2.0 / 9.0 * std::log(2.0);
  attain(theorem, "the fork: proper gradient", largest(proper.value), 0.0, error);
  attain(theorem, "the fork: naive gradient of going on", naive.value(going_on), expected, error);

  theorem.measured_on = "a fork of three walks of equal reward, built in";
  theorem.plot = {
      .x_label = "",
      .y_label = "gradient at the optimal policy",
      .categories = {"stopping", "going on"},
      .curves = {line("proper", {proper.value(0), proper.value(1)}), line("naive", {naive.value(0), naive.value(1)})}};
  return conclude(std::move(theorem), worst(largest(proper.value), std::abs(naive.value(going_on) - expected)), error);
}

namespace {

// One step of the natural gradient and of damped regression from Q_θ, one-step targets.
struct Directions {
  VectorXd regression;  // [K] X = Q̂ − Q = Δ + α (D − log π/μ), (76) of [PGQL]: how Q changes.
  VectorXd natural;     // [K] the change of log π along F⁺ g, which is X less its mean: for a step of ε/α.
  double error;         // Of the latter, reward units, beyond that of X.
};

// g = Σ π ∇log π X and F = Σ π ∇log π ∇log πᵀ, states equally likely; ∇log π is zero outside its state.
//
// The error of the solve follows from its residual ρ = g − F y: with e = F⁺ g − y and S_k = ∇log π of pair k,
//     π_k (S_k·e)² ≤ eᵀ F e = ρᵀ F⁺ ρ ≤ |ρ|² / λ,
// λ the least positive eigenvalue of F, whose blocks are (diag π − π πᵀ)/α²: by interlacing λ ≥ min π / α². So S_k·e
// is off by at most α |ρ| / min π. Every number in ρ is a sum of n + 8 roundings of terms whose sizes are summed, too.
Directions directions(const TheorySetting& setting, const Problem& problem, const VectorXd& theta) {
  const Mdp& mdp = problem.mdp;
  const double temperature = problem.temperature;
  const Model model(setting, problem, theta);
  const Index pairs = mdp.pairs();
  Eigen::MatrixXd scores = Eigen::MatrixXd::Zero(pairs, pairs), fisher = scores, fisher_size = scores;
  VectorXd gradient = VectorXd::Zero(pairs), gradient_size = gradient;
  for (Index s = 0; s < mdp.states(); ++s) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      for (Index b = mdp.first_pair(s); b < mdp.first_pair(s + 1); ++b)
        scores(k, b) = ((k == b ? 1.0 : 0.0) - model.policy(b)) / temperature;
      // The divergence of this π's action enters X through log π/μ as [PGQL] (70) says.
      const double advantage = mdp.reward(k) + mdp.discount() * mdp.expectation(k, as_span(model.v)) - model.v(s) -
                               temperature * model.log_ratio(k);
      const VectorXd score = scores.row(k).transpose(), size = score.cwiseAbs();
      gradient += model.policy(k) * advantage * score;
      gradient_size += model.policy(k) * std::abs(advantage) * size;
      fisher += model.policy(k) * score * score.transpose();
      fisher_size += model.policy(k) * size * size.transpose();
    }
  }
  const VectorXd step = fisher.completeOrthogonalDecomposition().solve(gradient);
  const VectorXd residual = (gradient - fisher * step).cwiseAbs() +
                            unit * (static_cast<double>(pairs) + 8.0) * (fisher_size * step.cwiseAbs() + gradient_size);
  const VectorXd natural = scores * step;
  const double rounding =
      unit * (static_cast<double>(pairs) + 4.0) * largest(VectorXd(scores.cwiseAbs() * step.cwiseAbs()));
  return {.regression = setting.operators.optimal_backup(problem, theta) - theta,
          .natural = natural,
          .error = temperature * residual.norm() / model.policy.minCoeff() + rounding};
}

}  // namespace

// With X = Δ − α (log π/μ − D) and its mean taken off, a natural-gradient step of size ε changes log π by ε X/α: the
// direction F⁺ g, F the Fisher information, solved for here without using that. Damped regression moves Q by ε X, hence
// log π by ε X/α less a normaliser, log E exp(ε X/α), between 0 and ε² range(X)² / (8 α²) by Hoeffding's lemma. Two
// actions of probability 1/2 and X = ±x attain that for small steps: log cosh(ε x/α) = ε² x²/(2 α²) (1 − ε² x²/(6 α²)
// …).
Theorem natural_gradient(const TheorySetting& setting) {
  Theorem theorem{
      .id = "natural_gradient",
      .name = "Damped soft Q regression = natural gradient",
      .source = "[PGQL] (66)-(78); math.md 3.2",
      .statement = "|change of log pi - epsilon/alpha grad(log pi) F+ g| / (epsilon^2 range^2 / (8 alpha^2)) <= 1"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  Random random(setting.options.seed, theorem.id);
  const double temperature = setting.options.temperature;

  struct Deviation {
    double largest = 0.0, bound = 0.0;  // Over states.
    double ratio = 0.0, ratio_error = 0.0;
  };
  const auto deviation = [&](const Problem& problem, const VectorXd& theta, const Directions& step, double epsilon) {
    const Mdp& mdp = problem.mdp;
    const VectorXd before = setting.operators.boltzmann(problem, theta);
    const VectorXd moved = theta + epsilon * step.regression, after = setting.operators.boltzmann(problem, moved);
    // log π before and after, by Q, V and an exponential each; X, which takes a backup and is in both directions.
    const double input = backup_error(problem, largest(theta) + largest(step.regression)) / temperature;
    Deviation result;
    for (Index s = 0; s < mdp.states(); ++s) {
      if (mdp.is_terminal(s)) continue;
      const auto own = step.regression.segment(mdp.first_pair(s), mdp.action_count(s));
      const double range = (own.maxCoeff() - own.minCoeff()) / temperature;
      const double bound = epsilon * epsilon * range * range / 8.0;
      for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
        const double change = std::log(after(k)) - std::log(before(k));
        const double distance = std::abs(change - epsilon / temperature * step.natural(k));
        const double rounding = epsilon * (step.error / temperature + 4.0 * input) + 4.0 * input +
                                4.0 * unit * (2.0 - std::log(after(k)) - std::log(before(k)));
        if (distance - rounding > (result.ratio - result.ratio_error) * bound) {
          result.ratio = distance / bound;
          result.ratio_error = rounding / bound;
        }
        result.largest = worst(result.largest, distance);
      }
      result.bound = std::max(result.bound, bound);
    }
    return result;
  };

  double measured = 0.0;
  std::vector<double> sizes, deviations, bounds;
  const int count = std::min(setting.options.trials, 6);
  for (int trial = 0; trial < count; ++trial) {
    const Mdp mdp = layered_instance(3, temperature, 0.9, false, random);
    Problem problem{.mdp = mdp, .temperature = temperature};
    if (trial % 2 == 0) problem.measure = BaseMeasure::kl_to(mdp, random_policy(problem, random));
    VectorXd theta(mdp.pairs());
    for (double& x : theta) x = temperature * random.normal();
    const Directions step = directions(setting, problem, theta);
    for (double epsilon = 1.0; epsilon > 1e-3; epsilon *= 0.5) {
      const Deviation found = deviation(problem, theta, step, epsilon);
      measured = worst(measured, found.ratio - found.ratio_error);
      sizes.push_back(epsilon);
      deviations.push_back(found.largest);
      bounds.push_back(found.bound);
    }
  }

  MdpBuilder builder(0.9);
  builder.add_state();
  for (const double reward : {temperature, -temperature}) builder.add_action(reward, 1);
  builder.add_terminal_state();
  const Mdp tie = std::move(builder).build();
  const Problem instance{.mdp = tie, .temperature = temperature};
  const VectorXd zero = VectorXd::Zero(2);
  constexpr double small = 1e-3;
  const Deviation sharp = deviation(instance, zero, directions(setting, instance, zero), small);
  attain(theorem, "two equal actions, targets of +-alpha, epsilon = 0.001: distance / bound", sharp.ratio, 1.0,
         small * small / 6.0 + sharp.ratio_error);

  theorem.measured_on = fmt::format("{} random models of 3 layers, steps from 1 to 1/1024", count);
  theorem.plot = {.x_label = "step epsilon",
                  .y_label = "distance of the changes of log pi",
                  .log_x = true,
                  .log_y = true,
                  .curves = {line("measured", sizes, deviations, Curve::Style::Points),
                             line("epsilon^2 range^2 / (8 alpha^2)", sizes, bounds, Curve::Style::Points)}};
  return conclude(std::move(theorem), measured, 1.0);
}

}  // namespace softrl::tabular
