#include "continuous/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "continuous/multi_goal.hpp"
#include "softrl/check.hpp"
#include "softrl/operators.hpp"

namespace softrl::continuous {
namespace {

constexpr std::size_t resamples = 10'000;
constexpr double normal_quantile = 1.959963984540054;  // of 0.975

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

Interval95 mean_interval(const std::vector<double>& values) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (values.size() < 2) return {-infinity, infinity};
  Random random(0, "mean_interval");
  std::vector<double> means(resamples);
  for (double& mean_of_resample : means) {
    double sum = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i)
      sum += values[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(values.size())))];
    mean_of_resample = sum / static_cast<double>(values.size());
  }
  return middle_95(std::move(means));
}

double entropy(const std::vector<int>& counts) {
  const double total = std::accumulate(counts.begin(), counts.end(), 0);
  if (total == 0.0) return std::numeric_limits<double>::quiet_NaN();
  std::vector<double> shares;
  for (const int count : counts) shares.push_back(count / total);
  return std::max(0.0, softrl::entropy(shares));  // not -0
}

Interval95 entropy_interval(const std::vector<int>& counts) {
  const double estimate = entropy(counts);
  if (std::isnan(estimate)) return {estimate, estimate};
  const std::vector<double> weights(counts.begin(), counts.end());
  const int total = std::accumulate(counts.begin(), counts.end(), 0);
  Random random(0, "entropy_interval");
  std::vector<double> entropies(resamples);
  for (double& entropy_of_resample : entropies) {
    std::vector<int> drawn(counts.size());
    for (int i = 0; i < total; ++i) ++drawn[static_cast<std::size_t>(random.categorical(weights))];
    entropy_of_resample = entropy(drawn);
  }
  const auto [low, high] = middle_95(std::move(entropies));
  return {std::max(0.0, 2.0 * estimate - high),
          std::min(std::log(static_cast<double>(counts.size())), 2.0 * estimate - low)};
}

Interval95 share_interval(int count, int total) {
  check_count("total", total, 1);
  const double n = total, z2 = normal_quantile * normal_quantile;
  const double share = count / n;
  const double centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
  const double half_width =
      normal_quantile / (1.0 + z2 / n) * std::sqrt(share * (1.0 - share) / n + z2 / (4.0 * n * n));
  return {std::max(0.0, centre - half_width), std::min(1.0, centre + half_width)};
}

EvaluationResult evaluate(Task& task, const ContinuousPolicy& policy, const EvaluationOptions& options,
                          const ProgressObserver& observer) {
  check_count("episodes", options.episodes, 1);
  Random actions(options.seed, "evaluation.actions");
  std::optional<std::uint64_t> seed = Random(options.seed, "evaluation.task").bits();
  EvaluationResult result;
  std::vector<double> returns, lengths;
  double total = 0.0;
  for (int episode = 0; episode < options.episodes; ++episode) {
    Eigen::VectorXd observation = task.reset(seed);
    seed.reset();  // later episodes go on with the task's generator
    if (options.start) observation = task.set_state(*options.start);
    result.trajectories.push_back(rollout_from(std::move(observation), task, policy, actions, task.time_limit()));
    returns.push_back(result.trajectories.back().discounted_return());
    lengths.push_back(static_cast<double>(result.trajectories.back().transitions.size()));
    total += returns.back();
    if (!observer) continue;
    const Measurement so_far{"return", total / (episode + 1)};
    observer({.done = episode + 1, .limit = options.episodes, .measurements = {&so_far, 1}});
  }
  result.mean_return = mean(returns);
  result.return_interval = mean_interval(returns);
  result.mean_length = mean(lengths);
  return result;
}

GoalCounts count_goals(const std::vector<ContinuousTrajectory>& trajectories) {
  std::vector<int> counts(4);
  int no_goal = 0;
  for (const ContinuousTrajectory& trajectory : trajectories) {
    check_size("observation", trajectory.transitions.back().next_observation.size(), 2);
    const int goal = MultiGoal::goal_at(trajectory.transitions.back().next_observation);
    if (goal < 0) {
      ++no_goal;
    } else {
      ++counts[static_cast<std::size_t>(goal)];
    }
  }
  const int total = static_cast<int>(trajectories.size());
  GoalCounts result{
      .goals = {}, .no_goal = no_goal, .entropy = entropy(counts), .entropy_interval = entropy_interval(counts)};
  for (std::size_t g = 0; g < counts.size(); ++g)
    result.goals[g] = {.goal = MultiGoal::goals()[g],
                       .count = counts[g],
                       .share = static_cast<double>(counts[g]) / total,
                       .interval = share_interval(counts[g], total)};
  return result;
}

}  // namespace softrl::continuous
