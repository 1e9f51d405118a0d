// A point on a line that a force brings to rest at the origin: small enough to be solved exactly on a grid.
//
//     v' = clip(v + a Δt)   x' = clip(x + v Δt + a Δt² / 2)      Δt = 0.1 s; a in [−1, 1] m/s² (clipped)
//     r  = −(x² + 0.1 v² + 0.1 a²)                               x in [−4, 4] m, v in [−2, 2] m/s
//
// Observation and state: x, v; at the start U(−2, 2) and U(−1, 1). Never terminates.
#pragma once
#include <memory>

#include <Eigen/Core>

#include "continuous/task.hpp"

namespace softrl::continuous {

inline constexpr double double_integrator_step_s = 0.1;
inline const Eigen::Vector2d double_integrator_bound{4.0, 2.0};

// The deterministic law, for the exact engine as well as for the task: the state after `state` under `acceleration`.
Eigen::Vector2d double_integrator_move(const Eigen::Vector2d& state, double acceleration);
double double_integrator_reward(const Eigen::Vector2d& state, double acceleration);

std::unique_ptr<TaskBody> double_integrator();

}  // namespace softrl::continuous
