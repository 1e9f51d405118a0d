// Chapter 11: at discount 1 the path sum exists exactly while the spectral radius of its operator is below 1
// (docs/math.md 2.11, 4.4). Built-in graphs with an exit from every state; the temperature moves the radius across 1.
#include <algorithm>
#include <cmath>

#include <Eigen/Dense>
#include <fmt/format.h>

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

}  // namespace

// Below the boundary the solution is the logarithm of z = (I − M)⁻¹ b. Its computed residual, solved for again, bounds
// its error because I − M is an M-matrix. Above, there is none, and the solver must say so.
Theorem path_sum_exists(const TheorySetting& setting) {
  Theorem theorem{.id = "path_sum_exists",
                  .name = "The path sum exists while the spectral radius is below 1",
                  .source = "[IRL] section Deterministic Path Distributions; math.md 2.11, 4.4",
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

// The eigenvalues are computed with a backward error of a few units times the norm of M, which the conditioning of the
// Perron root turns into an error of the radius.
Theorem spectral_radius_bounds(const TheorySetting& setting) {
  Theorem theorem{.id = "spectral_radius_bounds",
                  .name = "The radius is bounded from both sides",
                  .source = "math.md 4.4 (Collatz-Wielandt)",
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
      const double radius = dense_spectral_radius(mdp, problem.temperature);
      const SpectralRadiusBounds bounds = spectral_radius(setting.operators.existence(problem), problem.temperature);
      measured = worst(measured, worst(bounds.lower - radius, radius - bounds.upper));
      // The Perron root of a positive matrix of 5 rows: its condition is at most max v/min v of either eigenvector.
      const Eigen::EigenSolver<Eigen::MatrixXd> right(path_sum(mdp, problem.temperature).moves);
      Eigen::Index perron = 0;
      right.eigenvalues().cwiseAbs().maxCoeff(&perron);
      const VectorXd vector = right.eigenvectors().col(perron).cwiseAbs();
      const double norm = path_sum(mdp, problem.temperature).moves.norm();
      allowance = worst(allowance, 100.0 * unit * norm * std::pow(vector.maxCoeff() / vector.minCoeff(), 2));
      if (graph > 0) continue;
      temperatures.push_back(factor);
      radii.push_back(radius);
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

  theorem.measured_on = fmt::format("{} random graphs, 9 temperatures each, dense eigenvalues", graphs);
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

}  // namespace softrl::tabular
