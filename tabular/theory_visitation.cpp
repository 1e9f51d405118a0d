// Chapter 10, first part: how often a policy visits a state, three ways, and what it is the gradient of
// (docs/math.md 4.1, 4.5).
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "tabular/theory_statements.hpp"
#include "tabular/theory_support.hpp"

namespace softrl::tabular {

using namespace theory;

// After n steps the forward pass misses what is still under way, for no longer than the longest walk.
Theorem visitation_forward_pass(const TheorySetting& setting) {
  Theorem theorem{
      .id = "visitation_forward_pass",
      .name = "Linear solve and forward pass visit alike",
      .source = "[IRL] Algorithm 1, steps 4-6; math.md 4.4, 4.5",
      .statement = "sum over states of |x - sum_{t<=n} (discount P_pi^T)^t start| <= mass left x longest walk"};
  if (const auto reason = too_large_to_solve(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const Problem problem = setting.problem();
  const Mdp& mdp = problem.mdp;
  Random random(setting.options.seed, theorem.id);
  double measured = -infinity, allowance = 0.0;
  const int count = std::min(trials(setting), 4);
  int walked = 0;
  std::vector<double> n, missing, bounds;
  for (int trial = 0; trial < count; ++trial) {
    const VectorXd policy = random_policy(problem, random);
    const Visitation solved = setting.operators.visitation(problem, policy);
    const double walk = longest_walk(mdp, policy);
    if (!std::isfinite(solved.error_bound) || !std::isfinite(walk)) continue;
    ++walked;
    const int steps = static_cast<int>(std::clamp(40.0 * walk, 50.0, std::max(50.0, 4e7 / (1.0 + mdp.transitions()))));
    VectorXd present = mdp.initial_distribution(), sum = present;
    double magnitude = present.sum(), under_way = 0.0;
    for (int t = 1; t <= steps; ++t) {
      present = step_forward(mdp, policy, present);
      sum += present;
      magnitude += present.sum();
      under_way = 0.0;
      for (Index s = 0; s < mdp.states(); ++s) under_way += mdp.is_terminal(s) ? 0.0 : present(s);
      const double distance = (sum - solved.states).lpNorm<1>();
      // Later states are those of the walk, of which the present one is counted already, and the terminal one.
      const double bound = under_way * walk;
      const bool visible = t == 1 || bound > unit * magnitude;  // rounding is no curve
      if (trial == 0 && visible && t % std::max(1, steps / 200) == 0) {
        n.push_back(t);
        missing.push_back(distance);
        bounds.push_back(bound);
      }
      const bool last = t == steps || under_way < 1e-300;
      if (t % 16 == 0 || last) measured = worst(measured, distance - bound);
      if (last) break;
    }
    // Each number is a sum of at most as many terms as there are transitions into a state, and steps.
    const double terms = mdp.states() * static_cast<double>(mdp.largest_action_set()) * mdp.longest_row();
    allowance = worst(allowance, solved.error_bound + unit * (steps + std::min(terms, 1e4) + 8.0) * magnitude * 2.0 +
                                     mdp.row_sum_error() * magnitude * walk);
  }
  if (walked == 0) return skip(std::move(theorem), "no random policy of the model is sure to end");

  // A coin tossed until it ends the walk: half a step is missing in the state and half a one at the end, times the
  // mass.
  MdpBuilder builder(1.0);
  builder.add_state();
  builder.add_action(0.0, {{0, 0.5}, {1, 0.5}});
  builder.add_terminal_state();
  builder.set_initial({1.0, 0.0});
  const Mdp coin = std::move(builder).build();
  const VectorXd only = VectorXd::Ones(1);
  const Visitation exact =
      setting.operators.visitation({.mdp = coin, .temperature = setting.options.temperature}, only);
  VectorXd present = coin.initial_distribution(), sum = present;
  constexpr int tosses = 5;
  for (int t = 0; t < tosses; ++t) sum += present = step_forward(coin, only, present);
  attain(theorem, "a coin that ends the walk, after 5 tosses: difference = mass left x longest walk",
         (sum - exact.states).lpNorm<1>(), 2.0 * std::pow(0.5, tosses), exact.error_bound + 16.0 * unit);
  theorem.measured_on = fmt::format("{} random policies", walked);
  theorem.plot = {
      .x_label = "steps n of the forward pass",
      .y_label = "sum of |difference| from the linear solve",
      .log_y = true,
      .curves = {line("measured", n, missing), line("mass left x longest walk", n, bounds, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

// A walk that goes on with probability γ after every step stops in s with probability (1 − γ) x(s), or has ended
// before.
Theorem visitation_monte_carlo(const TheorySetting& setting) {
  Theorem theorem{.id = "visitation_monte_carlo",
                  .name = "Sampled walks visit as computed",
                  .source = "math.md 4.5, with Hoeffding's inequality",
                  .statement = "max |frequency - (1 - g) x(s)| <= sqrt(log(2 S / p) / (2 n)), g = min(discount, 0.95)"};
  if (const auto reason = too_large_to_solve(setting); !reason.empty()) return skip(std::move(theorem), reason);
  constexpr double false_alarm = 1e-9;
  constexpr int walks = 20'000;
  const double go_on = std::min(setting.mdp.discount(), 0.95);
  const Mdp mdp = setting.mdp.with_discount(go_on);
  const Problem problem = setting.problem(mdp, setting.options.temperature);
  Random random(setting.options.seed, theorem.id);
  const VectorXd policy = random_policy(problem, random), initial = mdp.initial_distribution();
  const Visitation solved = setting.operators.visitation(problem, policy);

  VectorXd stopped = VectorXd::Zero(mdp.states());
  for (int walk = 0; walk < walks; ++walk) {
    Index state = static_cast<Index>(random.categorical(as_span(initial)));
    while (!mdp.is_terminal(state)) {
      if (!(random.uniform() < go_on)) {
        stopped(state) += 1.0;
        break;
      }
      const Index pair = mdp.first_pair(state) + static_cast<Index>(random.categorical(row(mdp, state, policy)));
      const auto probabilities = mdp.probabilities(pair);
      const std::size_t i = probabilities.empty() ? 0 : static_cast<std::size_t>(random.categorical(probabilities));
      state = mdp.successors(pair)[i];
    }
  }
  std::vector<double> expected, frequencies, lower, upper;
  double measured = 0.0;
  const double width = std::sqrt(std::log(2.0 * mdp.states() / false_alarm) / (2.0 * walks));
  for (Index s = 0; s < mdp.states(); ++s) {
    if (mdp.is_terminal(s)) continue;
    const double frequency = stopped(s) / walks, probability = (1.0 - go_on) * solved.states(s);
    measured = worst(measured, std::abs(frequency - probability));
    expected.push_back(probability);
    frequencies.push_back(frequency);
    lower.push_back(std::max(0.0, probability - width));
    upper.push_back(probability + width);
  }
  theorem.measured_on =
      fmt::format("{} walks of a random policy; a false alarm has probability at most {:g}", walks, false_alarm);
  theorem.plot = {.x_label = "(1 - g) x(s) by the linear solve",
                  .y_label = "frequency of walks that stop in s",
                  .curves = {line("measured, a point for each state", expected, frequencies, Curve::Style::Points),
                             line("interval, lower end", expected, lower, Curve::Style::Dashed),
                             line("upper end", expected, upper, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, width + solved.error_bound);
}

// V is convex in the reward, its gradient the visits x of the soft policy. The second derivative along h is the mean,
// over a walk, of the variance of h's own reward-to-go over actions, over α; for 0 ≤ h ≤ 1 that varies by at most
// 1/(1 − γ), so the remainder is at most ε²/(8 α (1 − γ)³).
Theorem visitation_is_gradient(const TheorySetting& setting) {
  Theorem theorem{.id = "visitation_is_gradient",
                  .name = "Visits are the gradient of the soft value",
                  .source = "[IRL] (6); math.md 4.1, 4.2",
                  .statement = "0 <= V(r + e h) - V(r) - e <x, h> <= e^2 / (8 alpha (1 - discount)^3), 0 <= h <= 1"};
  if (const auto reason = without_temperature(setting); !reason.empty()) return skip(std::move(theorem), reason);
  if (!without_discount(setting).empty())
    return skip(std::move(theorem),
                "the remainder has no bound at discount 1; log_partition_gradient does not need one");
  if (const auto reason = too_large_to_solve(setting); !reason.empty()) return skip(std::move(theorem), reason);

  struct Point {
    double size, remainder, bound, rounding;
  };
  const auto remainders = [&](const Problem& problem, const VectorXd& h, double size) {
    const double to_end = 1.0 / (1.0 - problem.mdp.discount());
    const Solution present = setting.solve(problem);
    const VectorXd policy =
        setting.operators.boltzmann(problem, setting.operators.action_values(problem, present.values));
    const Visitation visits = setting.operators.visitation(problem, policy);
    const VectorXd initial = problem.mdp.initial_distribution();
    std::vector<Point> points;
    for (int i = 0; i < 12; ++i, size *= 0.5) {
      const Mdp raised = with_rewards(problem.mdp, rewards_of(problem.mdp) + size * h);
      const Solution next =
          setting.solve({.mdp = raised, .temperature = problem.temperature, .measure = problem.measure});
      const double slope = visits.pairs.dot(h);
      // Of the policy, log π is off by 2 δ/α for δ the error of Q, which moves the slope by as much over walk and
      // range.
      const double q_error = present.error_bound + backup_error(problem, largest(present.values));
      const double slope_error = visits.error_bound + 4.0 * q_error / problem.temperature * to_end * to_end +
                                 unit * (8.0 + problem.mdp.pairs()) * to_end;
      const double reward_error = 4.0 * unit * (problem.mdp.largest_reward() + size) * to_end;
      points.push_back({.size = size,
                        .remainder = next.values.dot(initial) - present.values.dot(initial) - size * slope,
                        .bound = size * size * to_end * to_end * to_end / (8.0 * problem.temperature),
                        .rounding = next.error_bound + present.error_bound + size * slope_error + reward_error +
                                    unit * problem.mdp.states() * (largest(next.values) + largest(present.values))});
    }
    return points;
  };

  Random random(setting.options.seed, theorem.id);
  const Problem problem = setting.problem();
  if (const auto reason = uncertified(setting.solve(problem)); !reason.empty()) return skip(std::move(theorem), reason);
  double measured = -infinity, allowance = 0.0;
  std::vector<double> sizes, measurements, bounds;
  VectorXd direction(problem.mdp.pairs());
  for (double& x : direction) x = random.uniform();
  for (const Point& point : remainders(problem, direction, problem.temperature)) {
    measured = worst(measured, worst(-point.remainder, point.remainder - point.bound));
    allowance = worst(allowance, point.rounding);
    sizes.push_back(point.size);
    measurements.push_back(point.remainder);
    bounds.push_back(point.bound);
  }
  const Mdp loop = loop_instance({1.0}, 0.9);
  const Problem linear{.mdp = loop, .temperature = problem.temperature};
  const Point straight = remainders(linear, VectorXd::Ones(1), problem.temperature).front();
  attain(theorem, "one state with one action: the value is linear, no remainder", straight.remainder, 0.0,
         straight.rounding);
  // Two equal actions and no future, one of them raised by x α: the remainder is α log cosh(x/2) = α x²/8 (1 − x²/24
  // …).
  constexpr double x = 1e-3;
  const Mdp tie = loop_instance({0.0, 0.0}, 0.0);
  VectorXd first(2);
  first << 1.0, 0.0;
  const Point bent =
      remainders({.mdp = tie, .temperature = problem.temperature}, first, x * problem.temperature).front();
  attain(theorem, "one step, two equal actions, e = 0.001 alpha: remainder / bound", bent.remainder / bent.bound, 1.0,
         x * x / 24.0 + bent.rounding / bent.bound);

  theorem.measured_on = fmt::format("12 steps from {:g} down along a random direction", sizes.front());
  theorem.plot = {.x_label = "step e",
                  .y_label = "V(r + e h) - V(r) - e <x, h>",
                  .log_x = true,
                  .log_y = true,
                  .curves = {line("measured", sizes, measurements),
                             line("e^2 / (8 alpha (1 - discount)^3)", sizes, bounds, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

}  // namespace softrl::tabular
