// Chapter 11: at discount 1 the path sum exists exactly while the spectral radius of its operator is below 1
// (docs/math.md 2.11, 4.4). On built-in graphs with an exit from every state, where the temperature moves the radius
// across 1, and on the model itself, where a charge for every step does.
#include <algorithm>
#include <cmath>

#include <Eigen/Dense>
#include <fmt/format.h>

#include "tabular/strong_components.hpp"
#include "tabular/theory_statements.hpp"
#include "tabular/theory_support.hpp"

namespace softrl::tabular {

using namespace theory;

namespace {

// A deterministic graph: a ring with random shortcuts, every move at a random cost, and an exit from each state.
Mdp random_graph(double scale, Random& random) {
  constexpr int states = 5;
  MdpBuilder builder(1.0);
  for (Index s = 0; s < states; ++s) {
    builder.add_state();
    builder.add_action(-scale * random.uniform(0.5, 2.0), (s + 1) % states);
    builder.add_action(-scale * random.uniform(0.5, 2.0), static_cast<Index>(random.below(states)));
    builder.add_action(-scale * random.uniform(0.5, 2.0), states);
  }
  builder.add_terminal_state();
  return std::move(builder).build();
}

// M_ss' = Σ_a exp(r/α) over moves that do not end, and b_s that of moves that do.
struct PathSum {
  Eigen::MatrixXd moves;
  VectorXd exits;
};
PathSum path_sum(const Mdp& mdp, double temperature) {
  const Index n = mdp.states() - 1;
  PathSum sum{.moves = Eigen::MatrixXd::Zero(n, n), .exits = VectorXd::Zero(n)};
  for (Index s = 0; s < n; ++s) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      const Index next = mdp.successors(k).front();
      (next == n ? sum.exits(s) : sum.moves(s, next)) += std::exp(mdp.reward(k) / temperature);
    }
  }
  return sum;
}

double dense_spectral_radius(const Mdp& mdp, double temperature) {
  return path_sum(mdp, temperature).moves.eigenvalues().cwiseAbs().maxCoeff();
}

// The temperature at which the radius is 1: it rises with the temperature where every move costs something.
double critical_temperature(const Mdp& mdp, double scale) {
  double low = 0.05 * scale, high = 50.0 * scale;
  for (int i = 0; i < 100; ++i) {
    const double middle = std::sqrt(low * high);
    (dense_spectral_radius(mdp, middle) < 1.0 ? low : high) = middle;
  }
  return low;
}

constexpr double distances[] = {0.3, 0.1, 0.03, 0.01, 0.003};

struct Interval {
  double lower, upper;
};

// The radius of a non-negative M whose graph is strongly connected. Every positive v encloses it, min (Mv)_i/v_i ≤ ρ ≤
// max (Mv)_i/v_i (Collatz, Wielandt), the closer the nearer v is to the Perron vector: so that one is computed, but
// need not be exact. Where it underflows nothing is known: 0 and +∞.
//
// Rounding: `relative_error` of an entry of M, a sum of n products of numbers ≥ 0 and a quotient, n + 2 units.
Interval enclosed_radius(const Eigen::MatrixXd& m, double relative_error) {
  const Eigen::EigenSolver<Eigen::MatrixXd> solver(m);
  Eigen::Index perron = 0;
  solver.eigenvalues().cwiseAbs().maxCoeff(&perron);
  const VectorXd v = solver.eigenvectors().col(perron).cwiseAbs();
  if (!(v.minCoeff() > 0.0)) return {.lower = 0.0, .upper = infinity};
  const VectorXd ratios = VectorXd(m * v).cwiseQuotient(v);
  const double rounding = 2.0 * (relative_error + (static_cast<double>(m.rows()) + 2.0) * unit);
  return {.lower = ratios.minCoeff() * (1.0 - rounding), .upper = ratios.maxCoeff() * (1.0 + rounding)};
}

// Of Σ exp(x) over n terms, |x| ≤ largest_exponent, each with a rounding of its own in x: what exp and sum add.
double relative_error_of_exp(double largest_exponent, double n) { return unit * (2.0 * largest_exponent + n + 2.0); }

}  // namespace

// Below the boundary the solution is the logarithm of z = (I − M)⁻¹ b. Its computed residual, solved for again, bounds
// its error because I − M is an M-matrix. Above, there is none, and the solver must say so.
Theorem path_sum_exists(const TheorySetting& setting) {
  Theorem theorem{.id = "path_sum_exists",
                  .name = "Path sums exist while the radius is below 1",
                  .source = "[IRL] (2); math.md 2.11, 4.4",
                  .statement = "radius < 1: |V - alpha log((I - M)^-1 b)| = 0; radius > 1: reported infeasible"};
  const double scale = setting.options.temperature > 0.0 ? setting.options.temperature : 1.0;
  Random random(setting.options.seed, theorem.id);
  double measured = 0.0, allowance = 0.0;
  const int graphs = std::min(setting.options.trials, 5);
  int below = 0, above = 0;
  std::vector<double> radii, values, expected;
  for (int graph = 0; graph < graphs; ++graph) {
    const Mdp mdp = random_graph(scale, random);
    const double critical = critical_temperature(mdp, scale);
    for (const double distance : distances) {
      for (const double side : {-1.0, 1.0}) {
        const Problem problem{.mdp = mdp, .temperature = critical * (1.0 + side * distance)};
        const Solution solution = setting.solve(problem);
        const Existence::Verdict verdict = setting.operators.existence(problem).verdict;
        if (side > 0.0) {
          ++above;
          if (solution.status != Status::Infeasible || verdict != Existence::Verdict::DoesNotExist) measured = infinity;
          continue;
        }
        ++below;
        if (verdict != Existence::Verdict::Exists) measured = infinity;
        const PathSum sum = path_sum(mdp, problem.temperature);
        const auto n = sum.exits.size();
        const Eigen::MatrixXd system = Eigen::MatrixXd::Identity(n, n) - sum.moves;
        const Eigen::PartialPivLU<Eigen::MatrixXd> factors(system);
        const VectorXd z = factors.solve(sum.exits);
        const VectorXd off =
            (sum.exits - system * z).cwiseAbs() + 16.0 * unit * (VectorXd(sum.moves * z) + z + sum.exits);
        const double relative = 2.0 * (factors.solve(off).array() / z.array()).maxCoeff();
        const VectorXd exact = problem.temperature * z.array().log();
        measured = worst(measured, largest(solution.values.head(n) - exact));
        allowance =
            worst(allowance, solution.error_bound + problem.temperature * relative + 8.0 * unit * largest(exact));
        if (graph > 0) continue;
        radii.push_back(dense_spectral_radius(mdp, problem.temperature));
        values.push_back(solution.values(0) / problem.temperature);
        expected.push_back(exact(0) / problem.temperature);
      }
    }
  }

  // One state with two loops of cost 1 and a free exit: z = 1 / (1 − 2 exp(−1/α)), so the boundary is α = 1/log 2.
  MdpBuilder builder(1.0);
  builder.add_state();
  builder.add_action(-1.0, 0);
  builder.add_action(-1.0, 0);
  builder.add_action(0.0, 1);
  builder.add_terminal_state();
  const Mdp loops = std::move(builder).build();
  const double boundary = 1.0 / std::log(2.0);
  const Problem inside{.mdp = loops, .temperature = 0.99 * boundary},
      outside{.mdp = loops, .temperature = 1.01 * boundary};
  const Solution known = setting.solve(inside);
  const double share = 2.0 * std::exp(-1.0 / inside.temperature);
  attain(theorem, "one state, two loops of cost 1, an exit; 1 % below the boundary", known.values(0),
         -inside.temperature * std::log1p(-share),
         known.error_bound + 16.0 * unit * inside.temperature / (1.0 - share));
  attain(theorem, "the same 1 % above: 1 if infeasible",
         setting.solve(outside).status == Status::Infeasible ? 1.0 : 0.0, 1.0, 0.0);

  theorem.measured_on = fmt::format(
      "{} random graphs, {} temperatures below the boundary and {} above, as near as 0.3 %", graphs, below, above);
  theorem.plot = {.x_label = "spectral radius of M",
                  .y_label = "V / temperature in state 0",
                  .curves = {line("soft value, first graph", radii, values, Curve::Style::Points),
                             line("log of the path sum", radii, expected, Curve::Style::Dashed)}};
  return conclude(std::move(theorem), measured, allowance);
}

// Both enclosures are of the same number, so neither may lie beyond the other; spectral_radius takes one more exp.
Theorem spectral_radius_bounds(const TheorySetting& setting) {
  Theorem theorem{.id = "spectral_radius_bounds",
                  .name = "The radius is bounded from both sides",
                  .source = "math.md 4.4, Collatz-Wielandt",
                  .statement = "max(lower - radius, radius - upper) <= 0"};
  const double scale = setting.options.temperature > 0.0 ? setting.options.temperature : 1.0;
  Random random(setting.options.seed, theorem.id);
  double measured = -infinity, allowance = 0.0;
  const int graphs = std::min(setting.options.trials, 5);
  std::vector<double> temperatures, radii, lower, upper;
  for (int graph = 0; graph < graphs; ++graph) {
    const Mdp mdp = random_graph(scale, random);
    const double critical = critical_temperature(mdp, scale);
    for (double factor = 0.25; factor < 4.5; factor *= std::sqrt(2.0)) {
      const Problem problem{.mdp = mdp, .temperature = factor * critical};
      const double error = relative_error_of_exp(mdp.largest_reward() / problem.temperature, 3.0);
      const Interval exact = enclosed_radius(path_sum(mdp, problem.temperature).moves, error);
      const SpectralRadiusBounds bounds = spectral_radius(setting.operators.existence(problem), problem.temperature);
      measured = worst(measured, worst(bounds.lower - exact.upper, exact.lower - bounds.upper));
      allowance =
          worst(allowance, relative_error_of_exp(mdp.largest_reward() / problem.temperature, 1.0) * exact.upper);
      if (graph > 0) continue;
      temperatures.push_back(factor);
      radii.push_back(exact.upper);
      lower.push_back(bounds.lower);
      upper.push_back(bounds.upper);
    }
  }

  const Mdp loop = loop_instance({-scale, -scale}, 1.0);
  const Problem instance{.mdp = loop, .temperature = scale};
  const SpectralRadiusBounds bounds = spectral_radius(setting.operators.existence(instance), scale);
  const double exact = 2.0 * std::exp(-1.0);
  const double rounding = 64.0 * (unit + backup_error(instance, scale) / scale) * exact;
  attain(theorem, "one state, two loops of cost alpha, 2/e: lower bound", bounds.lower, exact, rounding);
  attain(theorem, "one state, two loops of cost alpha, 2/e: upper bound", bounds.upper, exact, rounding);

  theorem.measured_on =
      fmt::format("{} random graphs, 9 temperatures each, against the enclosure by the computed Perron vector", graphs);
  theorem.plot = {
      .x_label = "temperature / critical temperature",
      .y_label = "spectral radius of M",
      .log_x = true,
      .curves = {line("eigenvalues", temperatures, radii, Curve::Style::Points),
                 line("lower bound", temperatures, lower, Curve::Style::Dashed),
                 line("upper bound", temperatures, upper, Curve::Style::Dashed),
                 line("1: the boundary", temperatures, std::vector<double>(radii.size(), 1.0), Curve::Style::Line)}};
  return conclude(std::move(theorem), measured, allowance);
}

namespace {

// The same process at discount 1, every step charged c.
Mdp charged(const Mdp& mdp, double c) { return with_rewards(mdp.with_discount(1.0), rewards_of(mdp).array() - c); }

// α log of the radius of M, which is the gain, by dense eigenvalues: the largest of the strong components. Only for
// deterministic moves; +∞ and −∞ if that is too much work.
Interval dense_gain(const Problem& problem) {
  constexpr Index most_states = 300;
  const Mdp& mdp = problem.mdp;
  const StrongComponents components(mdp, problem.measure);
  if (!mdp.deterministic() || problem.temperature == 0.0 || components.largest() > most_states)
    return {.lower = -infinity, .upper = infinity};
  const Bellman bellman(mdp, problem.temperature, problem.measure);
  double largest_exponent = mdp.largest_reward() / problem.temperature + bellman.largest_log_weight();
  Interval gain{.lower = -infinity, .upper = -infinity};
  for (Index i = 0; i < components.count(); ++i) {
    const auto states = components.states(i);
    const auto n = static_cast<Index>(states.size());
    // Scaled by the largest entry: nothing overflows.
    Eigen::MatrixXd exponents = Eigen::MatrixXd::Constant(n, n, -infinity);
    for (Index row = 0; row < n; ++row) {
      const Index s = states[static_cast<std::size_t>(row)];
      for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
        const auto to = std::lower_bound(states.begin(), states.end(), mdp.successors(k).front());
        if (to == states.end() || *to != mdp.successors(k).front()) continue;
        const auto column = static_cast<Index>(to - states.begin());
        const auto weights = bellman.log_weights(s);
        const double weight = weights.empty() ? 0.0 : weights[static_cast<std::size_t>(k - mdp.first_pair(s))];
        const double terms[] = {exponents(row, column), mdp.reward(k) / problem.temperature + weight};
        exponents(row, column) = log_sum_exp(terms);
      }
    }
    const double scale = exponents.maxCoeff();
    if (scale == -infinity) continue;  // one state without a loop
    const Eigen::MatrixXd m = (exponents.array() - scale).exp();
    const double terms = static_cast<double>(mdp.largest_action_set());
    const auto radius = enclosed_radius(m, relative_error_of_exp(4.0 * largest_exponent, 4.0 * terms));
    const double rounding = 4.0 * unit * (std::abs(scale) + std::abs(std::log(radius.upper)) + 1.0);
    gain.lower = std::max(gain.lower, problem.temperature * (scale + std::log(radius.lower) - rounding));
    gain.upper = std::max(gain.upper, problem.temperature * (scale + std::log(radius.upper) + rounding));
  }
  return gain;
}

// What charges tell of the gain g: its bounds at a charge, plus the charge.
struct GainSearch {
  const TheorySetting& setting;
  double lower = -infinity, upper = infinity;
  std::vector<double> charges = {}, lowers = {}, uppers = {};  // The bounds as found, of g less the charge.

  Existence::Verdict probe(double c) {
    const Mdp mdp = charged(setting.mdp, c);
    const Existence found = setting.operators.existence(setting.problem(mdp, setting.options.temperature));
    charges.push_back(c);
    lowers.push_back(found.gain_lower);
    uppers.push_back(found.gain_upper);
    lower = std::max(lower, found.gain_lower + c);
    upper = std::min(upper, found.gain_upper + c);
    return found.verdict;
  }
};

// One state with two loops and an exit: the gain is the soft value of the loops alone.
void attain_on_two_loops(Theorem& theorem, const TheorySetting& setting, double scale) {
  const double temperature = setting.options.temperature;
  const double two[] = {-scale, -2.0 * scale};
  MdpBuilder builder(1.0);
  builder.add_state();
  for (const double reward : two) builder.add_action(reward, 0);
  builder.add_action(0.0, 1);
  builder.add_terminal_state();
  const Mdp loops = std::move(builder).build();
  const Problem instance{.mdp = loops, .temperature = temperature};
  const Existence known = setting.operators.existence(instance);
  const double gain = soft_value(two, temperature), rounding = 64.0 * backup_error(instance, 2.0 * scale);
  attain(theorem, "one state, two loops, an exit: lower bound of g", known.gain_lower, gain, rounding);
  attain(theorem, "the same: upper bound of g", known.gain_upper, gain, rounding);
}

}  // namespace

// A charge of c for every step lowers the gain g of staying for ever by c, so that exp((g − c)/α), the radius of M
// where moves are deterministic, crosses 1 at c = g. Bisection finds g: each bound of the gain at a charge, plus the
// charge, bounds g, and all these bounds must agree, with each other and with the eigenvalues.
Theorem path_sum_of_model(const TheorySetting& setting) {
  Theorem theorem{.id = "path_sum_of_model",
                  .name = "The model's path sum exists from a charge on",
                  .source = "[IRL] (2), [Z10]; math.md 2.11, 4.4",
                  .statement =
                      "discount 1, each step charged c, g the gain of staying: a solution for c > g, none for "
                      "c < g; all bounds of g agree: max lower - min upper <= 0"};
  if (const auto reason = too_large_to_solve(setting); !reason.empty()) return skip(std::move(theorem), reason);
  const double temperature = setting.options.temperature;
  if (const auto trapped = states_without_exit(setting.mdp, setting.options.base_measure); !trapped.empty())
    return skip(std::move(theorem), fmt::format("{} of {} states cannot reach a terminal state, so at discount 1 there "
                                                "is no path sum, whatever steps cost",
                                                trapped.size(), setting.mdp.states()));

  GainSearch search{.setting = setting};
  double &lower = search.lower, &upper = search.upper;
  double measured = 0.0;
  search.probe(0.0);
  const bool stays = upper > -infinity;
  const double largest_reward = setting.mdp.largest_reward();
  // Beside rewards that are far larger, a share of the temperature is nothing.
  const double own_scale = temperature > 0.0 ? std::max(temperature, 1e-9 * largest_reward) : largest_reward;
  const double scale = own_scale > 0.0 ? own_scale : 1.0;
  constexpr int most_probes = 30;
  for (int i = 0; stays && i < most_probes && upper - lower > 1e-4 * scale; ++i) search.probe(0.5 * (lower + upper));
  if (stays && !(std::isfinite(lower) && std::isfinite(upper)))
    return skip(std::move(theorem), "the gain of staying for ever has no two-sided bound");
  if (stays) {
    const Mdp mdp = charged(setting.mdp, upper);
    const Interval dense = dense_gain(setting.problem(mdp, temperature));
    lower = std::max(lower, dense.lower + upper);
    measured = worst(measured, lower - std::min(upper, dense.upper + upper));
  }

  // Either side. Nothing to stay in: no charge, nor a reward for every step, makes the sum infinite.
  const double middle = stays ? 0.5 * (lower + upper) : 0.0, width = stays ? std::max(0.0, upper - lower) : 0.0;
  int with_solution = 0, without = 0, undecided = 0;
  std::vector<double> solved_charges, solved_values;
  for (const double distance : {0.3, 0.1, 0.03}) {
    for (const double side : {-1.0, 1.0}) {
      const double c = middle + side * (distance * scale + width);
      const Existence::Verdict verdict = search.probe(c);
      const Mdp mdp = charged(setting.mdp, c);
      const Solution solution = setting.solve(setting.problem(mdp, temperature));
      const bool exists = side > 0.0 || !stays;
      ++(exists ? with_solution : without);
      const bool certified = std::isfinite(solution.error_bound), infeasible = solution.status == Status::Infeasible;
      if (verdict == Existence::Verdict::Undecided || (exists && !certified && !infeasible)) ++undecided;
      if (exists ? infeasible || verdict == Existence::Verdict::DoesNotExist
                 : certified || verdict == Existence::Verdict::Exists)
        measured = infinity;
      if (!certified) continue;
      solved_charges.push_back(c);
      solved_values.push_back(largest(solution.values));
    }
  }
  if (stays) measured = worst(measured, lower - upper);

  attain_on_two_loops(theorem, setting, scale);
  const std::string undecided_text = undecided == 0 ? "" : fmt::format(", {} of them undecided", undecided);
  if (stays) {
    theorem.measured_on =
        fmt::format("the model at discount 1, g from {:.9g} to {:.9g}; {} charges above it and {} below{}", lower,
                    upper, with_solution, without, undecided_text);
    std::vector<double> expected;
    for (const double c : search.charges) expected.push_back(middle - c);
    theorem.plot = {.x_label = "charge c for a step",
                    .y_label = "gain of the charged process",
                    .curves = {line("lower bound", search.charges, search.lowers, Curve::Style::Points),
                               line("upper bound", search.charges, search.uppers, Curve::Style::Points),
                               line("g - c", search.charges, expected, Curve::Style::Dashed)}};
  } else {
    theorem.measured_on =
        fmt::format("the model at discount 1, where every policy ends: {} charges, some of them a reward{}",
                    with_solution, undecided_text);
    theorem.plot = {.x_label = "charge c for a step",
                    .y_label = "largest |V|",
                    .curves = {line("certified solution", solved_charges, solved_values, Curve::Style::Points)}};
  }
  double largest_charge = 0.0;
  for (const double c : search.charges) largest_charge = std::max(largest_charge, std::abs(c));
  return conclude(std::move(theorem), measured, 8.0 * unit * (largest_reward + 2.0 * largest_charge));
}

}  // namespace softrl::tabular
