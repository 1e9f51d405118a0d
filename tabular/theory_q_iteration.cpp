// Chapter 12: soft Q-iteration converges, with exact backups and from samples.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "tabular/theory_statements.hpp"
#include "tabular/theory_support.hpp"

namespace softrl::tabular {

using namespace theory;

// One state: Q_0 = Q* + 1 is γⁿ away after n sweeps.
Theorem soft_q_iteration(const TheorySetting& setting) {
  Theorem theorem{.id = "soft_q_iteration",
                  .name = "Soft Q-iteration converges to Q*",
                  .source = "[SQL] Theorem 3, (8)-(9); math.md 2.4",
                  .statement = "max over n of |Q_n - Q*| - discount^n |Q_0 - Q*| <= 0"};
  if (const auto reason = without_discount(setting); !reason.empty()) return skip(std::move(theorem), reason);
  if (const auto reason = too_large_to_iterate(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Problem problem = setting.problem();
  const Operators& ops = setting.operators;

  struct Run {
    std::vector<double> distances, bounds;
    double measured = -infinity, rounding = 0.0;
  };
  const auto iterate = [&](const Problem& at, const Solution& optimum, VectorXd q, int sweeps) {
    const VectorXd optimal = ops.action_values(at, optimum.values);
    const double factor = at.mdp.discount() * (1.0 + at.mdp.row_sum_error());
    const double magnitude = largest(optimal) + largest(q);
    Run run;
    double bound = largest(q - optimal);
    for (int n = 0; n <= sweeps; ++n, bound *= factor) {
      if (n > 0) q = ops.optimal_backup(at, q);
      run.distances.push_back(largest(q - optimal));
      run.bounds.push_back(bound);
      run.measured = worst(run.measured, run.distances.back() - bound);
    }
    // The optimum's error counts at both ends, a sweep's rounding adds up to a geometric series.
    run.rounding =
        2.0 * (optimum.error_bound + backup_error(at, magnitude)) + 2.0 * backup_error(at, magnitude) / (1.0 - factor);
    return run;
  };
  const Solution optimum = setting.solve(problem);
  if (const auto reason = uncertified(optimum); !reason.empty()) return skip(std::move(theorem), reason);
  Random random(setting.options.seed, theorem.id);
  const double patience = std::clamp(4e7 / (1.0 + problem.mdp.transitions()), 20.0, 1000.0);
  const int sweeps =
      static_cast<int>(std::clamp(std::ceil(std::log(1e-12) / std::log(problem.mdp.discount())), 1.0, patience));
  double measured = -infinity, allowance = 0.0;
  theorem.plot = {.x_label = "sweep n", .y_label = "|Q_n - Q*| / |Q_0 - Q*|", .log_y = true};
  const auto relative = [](std::vector<double> distances) {
    const double first = distances.front() > 0.0 ? distances.front() : 1.0;
    for (double& x : distances) x /= first;
    return distances;
  };
  const int starts = std::min(trials(setting), 4);
  for (int start = 0; start < starts; ++start) {
    const VectorXd q = start == 0 ? VectorXd(VectorXd::Zero(problem.mdp.pairs()))
                                  : VectorXd(random_action_values(problem, random) / (1.0 - problem.mdp.discount()));
    const Run run = iterate(problem, optimum, q, sweeps);
    measured = worst(measured, run.measured);
    allowance = worst(allowance, run.rounding);
    theorem.plot.curves.push_back(
        line(start == 0 ? "from Q = 0" : fmt::format("random start {}", start), relative(run.distances)));
    if (start == 0) theorem.plot.curves.push_back(line("discount^n", relative(run.bounds), Curve::Style::Dashed));
  }

  constexpr int instance_sweeps = 10;
  const Mdp loop = loop_instance({1.0, 0.5}, 0.5);
  const Problem instance{.mdp = loop, .temperature = problem.temperature};
  const Solution known = setting.solve(instance);
  const Run run =
      iterate(instance, known, VectorXd(ops.action_values(instance, known.values).array() + usual_size(instance)),
              instance_sweeps);
  attain(theorem, "one state, discount 1/2, Q_0 = Q* + c, n = 10", run.distances.back(),
         std::pow(0.5, instance_sweeps) * usual_size(instance), run.rounding);

  theorem.measured_on = fmt::format("{} starts, {} sweeps", starts, sweeps);
  return conclude(std::move(theorem), measured, allowance);
}

namespace {

// Five states of three actions, with two successors each or, without chance, one.
Mdp small_model(double scale, double discount, bool deterministic, Random& random) {
  constexpr int states = 5, actions = 3;
  MdpBuilder builder(discount);
  for (int s = 0; s < states; ++s) {
    builder.add_state();
    for (int a = 0; a < actions; ++a) {
      const double p = random.uniform(0.2, 0.8), reward = scale * random.uniform(-1.0, 1.0);
      const auto first = static_cast<Index>((s + 1) % states), second = static_cast<Index>(random.below(states));
      if (deterministic)
        builder.add_action(reward, a == 0 ? first : second);
      else
        builder.add_action(reward, {{first, p}, {second, 1.0 - p}});
    }
  }
  return std::move(builder).build();
}

}  // namespace

// Every sweep replaces the expectation by the mean over m fresh samples. From Q = 0 all values stay within
// B = (max |r| + α log A)/(1 − γ), so that by Hoeffding's inequality, with probability 1 − p, no mean of the run is off
// by more than η = 2 B sqrt(log(2 K N/p) / (2 m)), and the error is at most γⁿ |Q*| + γ η / (1 − γ).
Theorem sampled_q_iteration(const TheorySetting& setting) {
  Theorem theorem{.id = "sampled_q_iteration",
                  .name = "Soft Q-iteration from samples converges",
                  .source = "[SQL] Theorem 3, with Hoeffding's inequality",
                  .statement = "max over n of |Q_n - Q*| - discount^n |Q_0 - Q*| <= discount eta / (1 - discount)"};
  constexpr double false_alarm = 1e-9, discount = 0.5;
  constexpr int sweeps = 20, samples = 4000;
  const double temperature = setting.options.temperature, scale = temperature > 0.0 ? temperature : 1.0;
  Random random(setting.options.seed, theorem.id);
  const Mdp mdp = small_model(scale, discount, false, random);
  const Problem problem{.mdp = mdp, .temperature = temperature};
  const Solution optimum = setting.solve(problem);
  const VectorXd optimal = setting.operators.action_values(problem, optimum.values);
  const double bound = (mdp.largest_reward() + temperature * std::log(mdp.largest_action_set())) / (1.0 - discount);
  const double eta = 2.0 * bound * std::sqrt(std::log(2.0 * mdp.pairs() * sweeps / false_alarm) / (2.0 * samples));

  VectorXd q = VectorXd::Zero(mdp.pairs());
  double measured = -infinity, reach = largest(optimal);
  std::vector<double> errors, bounds;
  for (int n = 0; n <= sweeps; ++n, reach *= discount) {
    errors.push_back(largest(q - optimal));
    bounds.push_back(reach + (n == 0 ? 0.0 : discount * eta / (1.0 - discount)));
    measured = worst(measured, errors.back() - reach);
    const VectorXd values = setting.operators.state_values(problem, q);
    for (Index k = 0; k < mdp.pairs(); ++k) {
      double sum = 0.0;
      for (int i = 0; i < samples; ++i)
        sum += values(mdp.successors(k)[static_cast<std::size_t>(random.categorical(mdp.probabilities(k)))]);
      q(k) = mdp.reward(k) + discount * sum / samples;
    }
  }
  theorem.measured_on = fmt::format(
      "a built-in random model, {} sweeps of {} samples for each state-action; a false alarm has probability at most "
      "{:g}",
      sweeps, samples, false_alarm);
  theorem.plot = {.x_label = "sweep n",
                  .y_label = "|Q_n - Q*|",
                  .log_y = true,
                  .curves = {line("measured", errors), line("bound", bounds, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured,
                  discount * eta / (1.0 - discount) +
                      2.0 * (optimum.error_bound + samples * unit * bound + backup_error(problem, bound)));
}

// Step size 1 and no chance: every update is one entry of a backup, so the error never grows, and once every
// state-action has been updated it has shrunk by the discount. A round is a run of learning in which all were: with one
// state and one action every step is a round, and shrinks it by no more.
Theorem soft_q_learning_rounds(const TheorySetting& setting) {
  Theorem theorem{.id = "soft_q_learning_rounds",
                  .name = "Soft Q-learning contracts every round",
                  .source = "[SQL] Theorem 3, section 3.2; math.md 2.3, 2.4",
                  .statement = "max over rounds of |Q - Q*| - discount^round |Q_0 - Q*| <= 0"};
  constexpr double discount = 0.8;
  constexpr int runs = 25;
  const double temperature = setting.options.temperature, scale = temperature > 0.0 ? temperature : 1.0;
  Random random(setting.options.seed, theorem.id);
  const Mdp mdp = small_model(scale, discount, true, random);
  const Problem problem{.mdp = mdp, .temperature = temperature};
  const Solution optimum = setting.solve(problem);
  const VectorXd optimal = setting.operators.action_values(problem, optimum.values);
  const DenseTable target = to_dense(mdp, optimal);

  SoftQLearningOptions options{.discount = discount,
                               .temperature = {.initial = temperature},
                               .log_weights = dense_log_weights(mdp),
                               .step_size = {.initial = 1.0},
                               .exploration = {.initial = 1.0},
                               .steps = 400};
  double measured = -infinity;
  DenseTable q = DenseTable::Zero(target.rows(), target.cols());
  const double start = (q - target).cwiseAbs().maxCoeff();
  double reach = start;
  int rounds = 0;
  std::vector<double> errors{start}, bounds{start};
  for (int run = 0; run < runs; ++run) {
    options.seed = random.bits();
    options.initial_action_values = q;
    const SoftQLearningResult learned = setting.operators.learn(problem, options);
    q = learned.action_values;
    if (learned.updates.minCoeff() > 0) {
      reach *= discount;
      ++rounds;
    }
    errors.push_back((q - target).cwiseAbs().maxCoeff());
    bounds.push_back(reach);
    measured = worst(measured, errors.back() - reach);
  }

  constexpr int steps = 10;
  const Mdp loop = loop_instance({scale}, discount);
  const Problem instance{.mdp = loop, .temperature = temperature};
  const Solution known = setting.solve(instance);
  SoftQLearningOptions stepwise = options;
  stepwise.steps = steps;
  stepwise.log_weights = dense_log_weights(loop);
  stepwise.initial_action_values = DenseTable::Constant(1, 1, known.values(0) + scale);
  const SoftQLearningResult stepped = setting.operators.learn(instance, stepwise);
  attain(theorem, "one state with one action, Q_0 = Q* + c, 10 steps: |Q - Q*| / |Q_0 - Q*|",
         std::abs(stepped.action_values(0, 0) - known.values(0)) / scale, std::pow(discount, steps),
         (2.0 * known.error_bound + steps * backup_error(instance, largest(known.values) + scale)) / scale);

  theorem.measured_on =
      fmt::format("a built-in deterministic model, {} runs of {} uniformly random steps, {} of them complete rounds",
                  runs, options.steps, rounds);
  theorem.plot = {
      .x_label = "run of learning",
      .y_label = "|Q - Q*|",
      .log_y = true,
      .curves = {line("measured", errors), line("discount^rounds |Q_0 - Q*|", bounds, Curve::Style::Dashed)}};
  const double magnitude = largest(optimal) + start;
  return conclude(std::move(theorem), measured,
                  2.0 * (optimum.error_bound + backup_error(problem, magnitude)) +
                      2.0 * backup_error(problem, magnitude) / (1.0 - discount));
}

}  // namespace softrl::tabular
