#include "irl/nested_values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "softrl/panel_operators.hpp"

namespace softrl::irl {
namespace {

static_assert(lane_count % panel_step == 0);

constexpr double never = -std::numeric_limits<double>::infinity();
constexpr int all_lanes = (1 << lane_count) - 1;
constexpr int warm_iterations = 20, cold_iterations = 100;

// A residual that shrinks by this need not have new factors for the next step.
constexpr double quick = 1e-4;

// A bend of T along a step (see below) that is at most so much of the residual is worth a correction.
constexpr double little = 0.25;

// Beyond this, values keep fewer than 8 digits after the point.
constexpr double largest_value = 1e8;

// The proof must be about this much, in nats.
constexpr double largest_error = 1e-6;

bool has(std::uint8_t bits, int lane) { return (bits >> lane & 1) != 0; }

// How much rounding may leave of the residual of values of this size, with something to spare.
double rounding(double largest) { return 1e-14 * (100.0 + largest); }

// The greatest size of what is not −∞; NaN if something is NaN or +∞.
double largest_size(const Lanes& values) {
  Lane largest{}, poison{};
  for (const Lane& v : values) {
    for (int lane = 0; lane < lane_count; ++lane) {
      const double size = v[lane] == never ? 0.0 : std::abs(v[lane]);
      largest[lane] = size > largest[lane] ? size : largest[lane];
      poison[lane] += size - size;
    }
  }
  double result = 0.0;
  for (int lane = 0; lane < lane_count; ++lane) result = std::max(result, largest[lane]) + poison[lane];
  return result;
}

// V of travellers who always take the best path: at most that of all others, and at most TV. False if there is none,
// because a cycle gains.
bool best_values(const NestedProblem& problem, const NestedUtilities& utilities, Lanes& values) {
  const RoadNetwork& network = *problem.network;
  values = problem.fixed;
  for (int k = 0; k < network.link_count(); ++k)
    for (int lane = 0; lane < lane_count; ++lane)
      if (has(problem.choice[k], lane)) values[k][lane] = has(problem.ending[k], lane) ? 0.0 : never;
  for (int sweep = 0; sweep <= network.link_count(); ++sweep) {
    bool changed = false;
    for (int i = 0; i < network.link_count(); ++i) {
      const int k = sweep % 2 == 0 ? i : network.link_count() - 1 - i;
      if (problem.choice[k] == 0) continue;
      Lane best = values[k];
      for (int m = network.first_move[k]; m < network.first_move[k + 1]; ++m) {
        const Lane& next = values[network.to[m]];
        const Lane& size = problem.link_size(network.to[m]);
        for (int lane = 0; lane < lane_count; ++lane)
          best[lane] = std::max(best[lane], utilities.moves(m) + utilities.link_size * size[lane] + next[lane]);
      }
      bool better = false;
      for (int lane = 0; lane < lane_count; ++lane) better |= best[lane] > values[k][lane];
      if (!better) continue;
      for (int lane = 0; lane < lane_count; ++lane) {
        if (!has(problem.choice[k], lane) || !(best[lane] > values[k][lane])) continue;
        values[k][lane] = best[lane];
        changed = true;
      }
    }
    if (!changed) return true;
  }
  return false;
}

// T bends along a step s from V: T(V + s) − TV − P s is about Var_P(s) / 2μ, where ending counts as s = 0. That is the
// residual which Newton's step leaves.
void bend_along(const NestedProblem& problem, const NestedUtilities& utilities, const Lanes& policy, const Lanes& step,
                Lanes& bend) {
  const RoadNetwork& network = *problem.network;
  for (int k = 0; k < network.link_count(); ++k) {
    bend[k] = {};
    if (problem.choice[k] == 0) continue;
    Lane mean{}, square{};
    for (int m = network.first_move[k]; m < network.first_move[k + 1]; ++m) {
      const Lane& p = policy[m];
      const Lane& s = step[network.to[m]];
      for (int lane = 0; lane < lane_count; ++lane) {
        mean[lane] += p[lane] * s[lane];
        square[lane] += p[lane] * s[lane] * s[lane];
      }
    }
    const double factor = 0.5 / utilities.scales(k);
    for (int lane = 0; lane < lane_count; ++lane) bend[k][lane] = factor * (square[lane] - mean[lane] * mean[lane]);
  }
}

}  // namespace

SparseRows rows_of(const RoadNetwork& network) { return {.start = network.first_move, .column = network.to}; }

NestedProblem nested_problem(const RouteData& data, const std::vector<int>& destinations,
                             const std::vector<std::vector<bool>>& matter) {
  const auto links = static_cast<std::size_t>(data.network.link_count());
  NestedProblem problem{.network = &data.network,
                        .choice = std::vector<std::uint8_t>(links, 0),
                        .ending = std::vector<std::uint8_t>(links, 0),
                        .fixed = Lanes(links)};
  for (Lane& fixed : problem.fixed) fixed.fill(never);
  for (std::size_t lane = 0; lane < destinations.size(); ++lane) {
    const auto bit = static_cast<std::uint8_t>(1U << lane);
    for (std::size_t k = 0; k < links; ++k)
      if (matter[lane][k]) problem.choice[k] |= bit;
    for (const int link : data.destinations[destinations[lane]].links) {
      if (data.ending == Ending::OnEntering) {
        problem.choice[link] &= static_cast<std::uint8_t>(~bit);
        problem.fixed[link][lane] = 0.0;
      } else if (matter[lane][link]) {
        problem.ending[link] |= bit;
      }
    }
  }
  return problem;
}

void nested_backup(const NestedProblem& problem, const NestedUtilities& utilities, const Lanes& values, Lanes& policy,
                   Lanes& residual) {
  const RoadNetwork& network = *problem.network;
  Lanes with_ending;
  Lane backup;
  for (int k = 0; k < network.link_count(); ++k) {
    const int first = network.first_move[k], degree = network.out_degree(k);
    const std::uint8_t choice = problem.choice[k], ending = problem.ending[k];
    Lane* const p = policy.data() + first;
    if (choice == 0) {
      std::fill_n(p, degree, Lane{});
      residual[k] = {};
      continue;
    }
    Lane* q = p;  // becomes P
    if (ending != 0) {
      with_ending.resize(degree + 1);
      q = with_ending.data();
      for (int lane = 0; lane < lane_count; ++lane) q[degree][lane] = has(ending, lane) ? 0.0 : never;
    }
    for (int i = 0; i < degree; ++i) {
      const double utility = utilities.moves(first + i);
      const Lane& next = values[network.to[first + i]];
      const Lane& size = problem.link_size(network.to[first + i]);
      for (int lane = 0; lane < lane_count; ++lane)
        q[i][lane] = utility + utilities.link_size * size[lane] + next[lane];
    }
    if (choice != all_lanes)
      for (int i = 0; i < degree; ++i)
        for (int lane = 0; lane < lane_count; ++lane)
          if (!has(choice, lane)) q[i][lane] = never;
    const std::span<double> all(q->data(), static_cast<std::size_t>(lane_count * (ending != 0 ? degree + 1 : degree)));
    boltzmann_policies(all, utilities.scales(k), {}, all, backup);
    if (ending != 0) std::copy_n(q, degree, p);
    for (int lane = 0; lane < lane_count; ++lane) residual[k][lane] = backup[lane] - values[k][lane];
    if (choice != all_lanes)
      for (int lane = 0; lane < lane_count; ++lane)
        if (!has(choice, lane)) residual[k][lane] = 0.0;
  }
}

NestedSolver::NestedSolver(const RoadNetwork& network, std::shared_ptr<const LuPattern> pattern)
    : rows_(rows_of(network)), lu_(std::move(pattern)), policy_(network.to.size()), residual_(network.links.size()) {}

bool NestedSolver::solve(const NestedProblem& problem, const NestedUtilities& utilities, Lanes& values) {
  bool found = !values.empty() && iterate(problem, utilities, values, warm_iterations);
  if (!found) found = best_values(problem, utilities, values) && iterate(problem, utilities, values, cold_iterations);
  if (found) {
    const double residual = largest_size(residual_) + 4e-16 * (10.0 + largest_size(values));
    moves_left_.resize(values.size());
    for (Lane& moves : moves_left_) moves.fill(1.0);
    found = refine(moves_left_, false, 0.5);
    const double most_moves = largest_size(moves_left_);
    error_ = 4.0 * residual * most_moves;
    found =
        found && error_ <= largest_error && residual <= utilities.scales.minCoeff() / (2.0 * most_moves * most_moves);
  }
  if (!found) values.clear();
  return found;
}

bool NestedSolver::factorise() {
  ++factorisations_;
  return lu_.factorise(rows_, policy_) == 0;
}

bool NestedSolver::iterate(const NestedProblem& problem, const NestedUtilities& utilities, Lanes& values,
                           int max_iterations) {
  double previous = 0.0;
  for (int iteration = 0; iteration < max_iterations; ++iteration) {
    nested_backup(problem, utilities, values, policy_, residual_);
    const double size = largest_size(residual_);
    if (!(size <= largest_value)) return false;
    const bool done = size <= rounding(largest_value) && size <= rounding(largest_size(values));
    // At first those at hand are of whatever was solved before.
    const bool new_factors = iteration == 0 || (!(size <= quick * previous) && !done);
    if (new_factors && !factorise()) return false;
    previous = size;
    step_ = residual_;
    lu_.solve(step_);
    if (new_factors && !done) {
      bend_along(problem, utilities, policy_, step_, residual_);
      if (largest_size(residual_) <= little * size) {
        lu_.solve(residual_);
        for (std::size_t k = 0; k < values.size(); ++k)
          for (int lane = 0; lane < lane_count; ++lane) step_[k][lane] += residual_[k][lane];
      }
    }
    for (std::size_t k = 0; k < values.size(); ++k)
      for (int lane = 0; lane < lane_count; ++lane) values[k][lane] += step_[k][lane];
    if (done) return true;
  }
  return false;
}

bool NestedSolver::apply_inverse(Lanes& b) { return refine(b, false, 1e-13); }
bool NestedSolver::apply_inverse_transposed(Lanes& b) { return refine(b, true, 1e-13); }

// The factors may be those of an earlier policy.
bool NestedSolver::refine(Lanes& b, bool transposed, double tolerance) {
  const auto add_product = transposed ? lu_kernels().add_transposed_product : lu_kernels().add_product;
  const double size = largest_size(b);
  Lanes& x = solution_;
  x.assign(b.size(), {});
  step_ = b;
  double previous = std::numeric_limits<double>::infinity();
  for (int iteration = 0; iteration < 10; ++iteration) {
    transposed ? lu_.solve_transposed(step_) : lu_.solve(step_);
    for (std::size_t k = 0; k < x.size(); ++k) {
      for (int lane = 0; lane < lane_count; ++lane) {
        x[k][lane] += step_[k][lane];
        step_[k][lane] = b[k][lane] - x[k][lane];
      }
    }
    add_product(view(rows_, policy_), rows_.rows(), numbers_of(x), numbers_of(step_));
    const double left = largest_size(step_);
    if (left <= tolerance * size || left <= 1e-13 * (size + largest_size(x))) {
      b.swap(x);
      return true;
    }
    if (!(left <= 0.1 * previous) && !factorise()) return false;
    previous = left;
  }
  return false;
}

}  // namespace softrl::irl
