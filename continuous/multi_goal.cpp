#include "continuous/multi_goal.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

constexpr double action_cost = 30.0;
constexpr double goal_bonus = 10.0;
constexpr double start_deviation = 0.1;
constexpr double mixture_height = 25.0;
constexpr double mixture_width = 2.0;  // standard deviation of each Gaussian

struct Nearest {
  int goal;
  double squared_distance;
};

Nearest nearest_goal(const Eigen::Vector2d& position) {
  Nearest nearest{-1, std::numeric_limits<double>::infinity()};
  for (int g = 0; g < 4; ++g) {
    const double squared = (position - MultiGoal::goals()[g]).squaredNorm();
    if (squared < nearest.squared_distance) nearest = {g, squared};
  }
  return nearest;
}

bool inside(double squared_distance) { return squared_distance < MultiGoal::goal_radius * MultiGoal::goal_radius; }

double distance_cost(const Eigen::Vector2d& position) { return nearest_goal(position).squared_distance; }

double mixture_cost(const Eigen::Vector2d& position) {
  double mixture = 0.0;
  for (const Eigen::Vector2d& goal : MultiGoal::goals())
    mixture += std::exp(-(position - goal).squaredNorm() / (2.0 * mixture_width * mixture_width));
  return mixture_height * (1.0 - mixture);
}

}  // namespace

const std::array<Eigen::Vector2d, 4>& MultiGoal::goals() {
  static const std::array<Eigen::Vector2d, 4> goals = {
      {Eigen::Vector2d(5, 0), Eigen::Vector2d(-5, 0), Eigen::Vector2d(0, 5), Eigen::Vector2d(0, -5)}};
  return goals;
}

int MultiGoal::goal_at(const Eigen::Vector2d& position) {
  const Nearest nearest = nearest_goal(position);
  return inside(nearest.squared_distance) ? nearest.goal : -1;
}

MultiGoal::Outcome MultiGoal::move(const Eigen::Vector2d& position, const Eigen::Vector2d& action,
                                   MultiGoalReward reward) {
  const Eigen::Vector2d clipped = action.cwiseMax(-1.0).cwiseMin(1.0);
  const Eigen::Vector2d next = (position + clipped).cwiseMax(-bound).cwiseMin(bound);
  const bool reached = goal_at(next) >= 0;
  const double cost = reward == MultiGoalReward::Distance ? distance_cost(next) : mixture_cost(next);
  return {.position = next,
          .reward = -action_cost * clipped.squaredNorm() - cost + (reached ? goal_bonus : 0.0),
          .terminated = reached};
}

BoxSpace MultiGoal::observation_box() const {
  return {.low = Eigen::Vector2d::Constant(-bound), .high = Eigen::Vector2d::Constant(bound)};
}

BoxSpace MultiGoal::action_box() const {
  return {.low = Eigen::Vector2d::Constant(-1.0), .high = Eigen::Vector2d::Constant(1.0)};
}

void MultiGoal::start(Random& random) {
  for (double& x : position_) x = start_deviation * random.normal();
}

void MultiGoal::start_from(const Eigen::VectorXd& state) {
  for (const double x : state) check_in_range("state", x, -bound, bound);
  position_ = state;
}

TaskBody::Outcome MultiGoal::advance(const ConstVectorRef& action, std::span<double> /*info*/, Random& /*random*/) {
  const Outcome outcome = move(position_, action, reward_);
  position_ = outcome.position;
  return {.reward = outcome.reward, .terminated = outcome.terminated};
}

std::unique_ptr<TaskBody> multi_goal() { return std::make_unique<MultiGoal>(MultiGoalReward::Distance); }
std::unique_ptr<TaskBody> multi_goal_mixture() { return std::make_unique<MultiGoal>(MultiGoalReward::Mixture); }

}  // namespace softrl::continuous
