#include "validation/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <variant>

#include <fmt/format.h>

#include "softrl/check.hpp"
#include "softrl/operators.hpp"
#include "softrl/parallel.hpp"

namespace softrl::validation {
namespace {

using continuous::FrozenNetwork;
using continuous::TrainedRun;
using Eigen::VectorXd;
using tabular::ActionGrid;
using tabular::Index;

double range(const VectorXd& values) { return values.maxCoeff() - values.minCoeff(); }
double root_mean_square(const VectorXd& values) {
  return values.norm() / std::sqrt(static_cast<double>(values.size()));
}

double soft_value_of(const VectorXd& q, double temperature, const ActionGrid& cells) {
  const VectorXd weights = VectorXd::Constant(q.size(), std::log(cells.cell_volume()));
  return soft_value(as_span(q), temperature, as_span(weights));
}

Eigen::MatrixXd points(const ActionGrid& cells) {
  Eigen::MatrixXd result(cells.point(0).size(), cells.size());
  for (Index j = 0; j < cells.size(); ++j) result.col(j) = cells.point(j);
  return result;
}

// At actions in the columns.
VectorXd smallest_q(const TrainedRun& run, const VectorXd& observation, const Eigen::MatrixXd& actions) {
  VectorXd smallest = VectorXd::Constant(actions.cols(), std::numeric_limits<double>::infinity());
  const VectorXd state = run.agents_view(observation);
  for (const FrozenNetwork& critic : run.critics)
    smallest = smallest.cwiseMin(critic.outputs(critic.state_part(state), actions).row(0).transpose());
  return smallest / reward_scale(run);
}

// The logarithms of the cells' probabilities under exp(Q/α), which themselves may be too small for a double; at
// temperature 0 those of the uniform law over the best points.
std::vector<double> log_shares(const std::vector<std::vector<double>>& q_of_cell, double temperature) {
  std::vector<double> values, result;
  if (temperature > 0.0) {
    for (const auto& q : q_of_cell) values.push_back(soft_value(q, temperature));
    const double total = soft_value(values, temperature);
    for (const double value : values) result.push_back((value - total) / temperature);
  } else {
    for (const auto& q : q_of_cell) values.push_back(*std::ranges::max_element(q));
    const double best = *std::ranges::max_element(values);
    std::vector<double> counts;
    for (const auto& q : q_of_cell) counts.push_back(static_cast<double>(std::ranges::count(q, best)));
    const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
    for (const double count : counts) result.push_back(std::log(count / total));
  }
  return result;
}

}  // namespace

double reward_scale(const TrainedRun& run) { return continuous::reward_scale(run.options) / run.reward_deviation; }
double temperature(const TrainedRun& run) { return run.temperature / reward_scale(run); }
double discount(const TrainedRun& run) { return continuous::discount(run.options); }

VectorXd learned_q(const TrainedRun& run, const VectorXd& observation, const ActionGrid& cells) {
  return smallest_q(run, observation, points(cells));
}

double learned_value(const TrainedRun& run, double temperature, const VectorXd& observation, const ActionGrid& cells) {
  return soft_value_of(learned_q(run, observation, cells), temperature, cells);
}

std::vector<VisitedPair> visited_pairs(const TaskModel& model,
                                       const std::vector<continuous::ContinuousTrajectory>& trajectories,
                                       std::int64_t at_most) {
  check_count("at_most", at_most, 1);
  std::int64_t steps = 0;
  for (const auto& trajectory : trajectories) steps += static_cast<std::int64_t>(trajectory.transitions.size());
  const std::int64_t kept = std::min(steps, at_most);
  std::vector<VisitedPair> pairs;
  std::int64_t step = 0;
  for (const auto& trajectory : trajectories)
    for (const auto& transition : trajectory.transitions)
      if (const auto next = static_cast<std::int64_t>(pairs.size()); step++ == next * steps / kept)
        pairs.push_back({model.state(transition.observation), to_unit(model.action_box, transition.action)});
  return pairs;
}

ValueComparison compare_values(const TrainedRun& run, const ExactSolution& exact, const ExactSolution& coarse,
                               const std::vector<VisitedPair>& pairs, int threads) {
  check_count("pairs", static_cast<std::int64_t>(pairs.size()), 1);
  const auto count = static_cast<std::ptrdiff_t>(pairs.size());
  const TaskModel& model = exact.model();
  VectorXd v(count), q(count), coarse_v(count), learned_v(count), learned_q(count);
  // The model's law is not for several threads at once.
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const auto& [state, action] = pairs[static_cast<std::size_t>(i)];
    v(i) = exact.value(state);
    q(i) = exact.q(state, action);
    coarse_v(i) = coarse.value(state);
  }
  parallel_for(thread_count(threads), count, 4, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      const auto& [state, action] = pairs[static_cast<std::size_t>(i)];
      const VectorXd observation = model.observation(state);
      learned_v(i) = learned_value(run, exact.temperature(), observation, exact.task().actions);
      learned_q(i) = smallest_q(run, observation, action)(0);
    }
  });

  const double value_range = range(v), q_range = range(q);
  const VectorXd refinement = v - coarse_v, error = learned_v - v;
  ValueComparison result{.pairs = count,
                         .value_range = value_range,
                         .q_range = q_range,
                         .value_rmse = root_mean_square(error) / value_range,
                         .q_rmse = root_mean_square(learned_q - q) / q_range,
                         .value_bias = error.mean() / value_range,
                         .discretisation_error = root_mean_square(refinement) / value_range,
                         .discretisation_worst = refinement.cwiseAbs().maxCoeff() / value_range,
                         .closed_form = {}};
  if (model.closed_form && exact.temperature() > 0.0 && exact.discount() < 1.0) {
    VectorXd truth(count);
    for (std::ptrdiff_t i = 0; i < count; ++i)
      truth(i) = model.closed_form(pairs[static_cast<std::size_t>(i)].state, exact.temperature(), exact.discount());
    result.closed_form = {.exact_rmse = root_mean_square(v - truth) / value_range,
                          .exact_worst = (v - truth).cwiseAbs().maxCoeff() / value_range,
                          .value_rmse = root_mean_square(learned_v - truth) / value_range};
  }
  return result;
}

int policy_cells(Eigen::Index dimensions) {
  if (dimensions > 2)
    throw std::invalid_argument(fmt::format("histograms are of actions of at most 2 dimensions, got {}", dimensions));
  return dimensions == 1 ? 20 : 10;
}

PolicyComparison compare_policies(const TrainedRun& run, const ExactSolution& exact, const VectorXd& state, int samples,
                                  std::uint64_t seed) {
  check_count("samples", samples, 1);
  constexpr int points_per_cell = 5;
  const BoxSpace& box = exact.model().action_box;
  const int cells = policy_cells(box.low.size());
  const auto cell_of = [&](const VectorXd& action) {
    std::size_t cell = 0;
    for (const double a : action)
      cell = cell * static_cast<std::size_t>(cells) +
             static_cast<std::size_t>(std::clamp(static_cast<int>((a + 1.0) * 0.5 * cells), 0, cells - 1));
    return cell;
  };
  const auto size = static_cast<std::size_t>(std::pow(cells, box.low.size()));
  PolicyComparison result{
      .state = state, .exact = std::vector(size, 0.0), .learned = std::vector(size, 0.0), .kl = 0.0, .uniform_kl = 0.0};

  const ActionGrid fine = unit_cells(box.low.size(), points_per_cell * cells);
  const VectorXd q = exact.q(state, fine);
  std::vector<std::vector<double>> q_of_cell(size);
  for (Index j = 0; j < fine.size(); ++j) q_of_cell[cell_of(fine.point(j))].push_back(q(j));
  const std::vector<double> log_exact = log_shares(q_of_cell, exact.temperature());
  std::ranges::transform(log_exact, result.exact.begin(), [](double x) { return std::exp(x); });

  Random random(seed, "histogram");
  const VectorXd observation = exact.model().observation(state);
  for (int i = 0; i < samples; ++i)
    result.learned[cell_of(to_unit(box, run.policy->sample(observation, random)))] += 1.0 / samples;

  result.kl = divergence(result.learned, log_exact);
  result.uniform_kl = divergence(std::vector(size, 1.0 / static_cast<double>(size)), log_exact);
  return result;
}

ValueTable value_table(const TrainedRun& run, const ExactSolution& exact, const tabular::StateGrid& nodes,
                       int threads) {
  const auto count = static_cast<std::size_t>(nodes.size());
  ValueTable table{.states = {}, .exact = {}, .learned = std::vector<double>(count)};
  for (Index i = 0; i < nodes.size(); ++i) {
    table.states.push_back(nodes.point(i));
    table.exact.push_back(exact.value(table.states.back()));
  }
  parallel_for(thread_count(threads), nodes.size(), 4, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
      table.learned[i] =
          learned_value(run, exact.temperature(), exact.model().observation(table.states[i]), exact.task().actions);
  });
  return table;
}

}  // namespace softrl::validation
