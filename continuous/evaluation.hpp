// Evaluation: episodes of a policy, with intervals that say how much the figures can be trusted.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "continuous/task.hpp"
#include "softrl/policy.hpp"
#include "softrl/progress.hpp"
#include "softrl/trajectory.hpp"

namespace softrl::continuous {

using ContinuousTrajectory = Trajectory<Eigen::VectorXd, Eigen::VectorXd>;

// A 95 % confidence interval.
struct Interval95 {
  double low, high;
};

struct EvaluationOptions {
  int episodes = 100;      // ≥ 1
  std::uint64_t seed = 1;  // of the task's starts and of the policy's draws
};

struct EvaluationResult {
  std::vector<ContinuousTrajectory> trajectories;
  double mean_return;          // Undiscounted.
  Interval95 return_interval;  // mean_interval; infinite for one episode.
  double mean_length;          // Steps.
};

// The observer is told the mean return so far, episode by episode. Throws std::invalid_argument if there are no
// episodes to run.
EvaluationResult evaluate(Task& task, const ContinuousPolicy& policy, const EvaluationOptions& options = {},
                          const ProgressObserver& observer = {});

// Multi-goal: how many episodes end in each goal.
struct GoalCount {
  Eigen::Vector2d goal;
  int count;
  double share;         // of all episodes
  Interval95 interval;  // of the share (Wilson)
};
struct GoalCounts {
  std::array<GoalCount, 4> goals;
  int no_goal;
};
GoalCounts count_goals(const std::vector<ContinuousTrajectory>& trajectories);

// For the mean of `values` by the bootstrap: percentiles of the means of 10,000 resamples, which are the same every
// time. Infinite for fewer than two. Returns of episodes are often far from normal.
Interval95 mean_interval(const std::vector<double>& values);
// For a share of `count` in `total` ≥ 1 by Wilson's score.
Interval95 share_interval(int count, int total);

}  // namespace softrl::continuous
