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

MultiGoal::Outcome MultiGoal::move(const Eigen::Vector2d& position, const Eigen::Vector2d& action) {
  const Eigen::Vector2d clipped = action.cwiseMax(-1.0).cwiseMin(1.0);
  const Eigen::Vector2d next = (position + clipped).cwiseMax(-bound).cwiseMin(bound);
  const double squared_distance = nearest_goal(next).squared_distance;
  const bool reached = inside(squared_distance);
  const double reward = -action_cost * clipped.squaredNorm() - squared_distance + (reached ? goal_bonus : 0.0);
  return {.position = next, .reward = reward, .terminated = reached};
}

Space MultiGoal::observation_space() const {
  return BoxSpace{.low = Eigen::Vector2d::Constant(-bound), .high = Eigen::Vector2d::Constant(bound)};
}

Space MultiGoal::action_space() const {
  return BoxSpace{.low = Eigen::Vector2d::Constant(-1.0), .high = Eigen::Vector2d::Constant(1.0)};
}

Eigen::VectorXd MultiGoal::reset(std::optional<std::uint64_t> seed) {
  if (seed) random_ = Random(*seed, "multi_goal");
  const double x = start_deviation * random_.normal();
  const double y = start_deviation * random_.normal();
  position_ = {x, y};
  return position_;
}

Step<Eigen::VectorXd> MultiGoal::step(const Eigen::VectorXd& action) {
  check_size("action", action.size(), 2);
  for (const double a : action) check_finite("action", a);
  const Outcome outcome = move(position_, action);
  position_ = outcome.position;
  return {.observation = position_, .reward = outcome.reward, .terminated = outcome.terminated};
}

Eigen::VectorXd MultiGoal::start_from(const Eigen::VectorXd& state) {
  check_size("state", state.size(), 2);
  for (const double x : state) check_in_range("state", x, -bound, bound);
  position_ = state;
  return position_;
}

}  // namespace softrl::continuous
