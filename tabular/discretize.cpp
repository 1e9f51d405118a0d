#include "tabular/discretize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>

#include "softrl/check.hpp"

namespace softrl::tabular {
namespace {

Index checked_size(const std::vector<Axis>& axes, std::int64_t least_points) {
  check_count("number of axes", static_cast<std::int64_t>(axes.size()), 1);
  std::int64_t size = 1;
  for (const Axis& axis : axes) {
    check_finite("low end of an axis", axis.low);
    check_finite("high end of an axis", axis.high);
    check_count("points of an axis", axis.points, least_points);
    if (!(axis.low < axis.high))
      throw std::invalid_argument(fmt::format("axis must have low < high, got {} and {}", axis.low, axis.high));
    size *= axis.points;
    if (size > std::numeric_limits<Index>::max())
      throw std::invalid_argument("grid has more points than 32-bit indices reach");
  }
  return static_cast<Index>(size);
}

// The position on every axis of point `index`.
std::vector<int> positions(const std::vector<Axis>& axes, Index index) {
  std::vector<int> result(axes.size());
  for (std::size_t i = axes.size(); i-- > 0; index /= axes[i].points) result[i] = index % axes[i].points;
  return result;
}

// Sorts by state, each of them once.
void add_up(std::vector<Successor>& successors) {
  std::ranges::sort(successors, {}, &Successor::state);
  std::size_t last = 0;
  for (std::size_t i = 1; i < successors.size(); ++i) {
    if (successors[i].state == successors[last].state)
      successors[last].probability += successors[i].probability;
    else
      successors[++last] = successors[i];
  }
  if (!successors.empty()) successors.resize(last + 1);
}

}  // namespace

StateGrid::StateGrid(std::vector<Axis> axes) : axes_(std::move(axes)), size_(checked_size(axes_, 2)) {}

Eigen::VectorXd StateGrid::point(Index node) const {
  const auto at = positions(axes_, node);
  Eigen::VectorXd x(static_cast<Eigen::Index>(axes_.size()));
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    const double share = static_cast<double>(at[i]) / (axes_[i].points - 1);
    x(static_cast<Eigen::Index>(i)) = (1.0 - share) * axes_[i].low + share * axes_[i].high;
  }
  return x;
}

std::vector<Successor> StateGrid::interpolate(const Eigen::VectorXd& x) const {
  check_size("state", x.size(), static_cast<std::int64_t>(axes_.size()));
  std::vector<Successor> corners{{0, 1.0}};
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    const Axis& axis = axes_[i];
    const int cells = axis.points - 1;
    const double share = (x(static_cast<Eigen::Index>(i)) - axis.low) / (axis.high - axis.low);
    const double position = std::clamp(share, 0.0, 1.0) * cells;
    const int left = std::min(static_cast<int>(position), cells - 1);
    const double right_weight = position - left;
    std::vector<Successor> finer;
    for (const auto& [node, weight] : corners) {
      const Index base = node * axis.points + left;
      if (right_weight < 1.0) finer.push_back({base, weight * (1.0 - right_weight)});
      if (right_weight > 0.0) finer.push_back({base + 1, weight * right_weight});
    }
    corners = std::move(finer);
  }
  return corners;
}

double StateGrid::interpolate(const Eigen::VectorXd& values, const Eigen::VectorXd& x) const {
  double sum = 0.0;
  for (const auto& [node, weight] : interpolate(x)) sum += weight * values(node);
  return sum;
}

ActionGrid::ActionGrid(std::vector<Axis> axes) : axes_(std::move(axes)), size_(checked_size(axes_, 1)) {}

Eigen::VectorXd ActionGrid::point(Index cell) const {
  const auto at = positions(axes_, cell);
  Eigen::VectorXd x(static_cast<Eigen::Index>(axes_.size()));
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    const double share = (at[i] + 0.5) / axes_[i].points;
    x(static_cast<Eigen::Index>(i)) = (1.0 - share) * axes_[i].low + share * axes_[i].high;
  }
  return x;
}

double ActionGrid::cell_volume() const {
  double volume = 1.0;
  for (const Axis& axis : axes_) volume *= (axis.high - axis.low) / axis.points;
  return volume;
}

DiscretizedTask discretize(const Dynamics& dynamics, const StateGrid& states, const ActionGrid& actions,
                           double discount) {
  const ChanceDynamics sure = [&](const Eigen::VectorXd& state, const Eigen::VectorXd& action) {
    return std::vector<PossibleOutcome>{{1.0, dynamics(state, action)}};
  };
  return discretize(sure, states, actions, discount);
}

DiscretizedTask discretize(const ChanceDynamics& dynamics, const StateGrid& states, const ActionGrid& actions,
                           double discount) {
  MdpBuilder builder(discount);
  const Index end = states.size();
  std::vector<Eigen::VectorXd> action_points;
  for (Index j = 0; j < actions.size(); ++j) action_points.push_back(actions.point(j));

  for (Index i = 0; i < states.size(); ++i) {
    builder.add_state();
    const Eigen::VectorXd state = states.point(i);
    for (Index j = 0; j < actions.size(); ++j) {
      double reward = 0.0;
      std::vector<Successor> successors;
      for (const auto& [probability, outcome] : dynamics(state, action_points[static_cast<std::size_t>(j)])) {
        if (outcome.next_state.size() != state.size() || !outcome.next_state.allFinite() ||
            !std::isfinite(outcome.reward))
          throw std::invalid_argument(
              fmt::format("outcome of node {}, cell {} is not finite or has the wrong dimension", i, j));
        reward += probability * outcome.reward;
        if (outcome.terminated)
          successors.push_back({end, probability});
        else
          for (const auto& [node, weight] : states.interpolate(outcome.next_state))
            successors.push_back({node, probability * weight});
      }
      add_up(successors);
      builder.add_action(reward, successors);
    }
  }
  builder.add_terminal_state();
  Mdp mdp = std::move(builder).build();
  BaseMeasure lebesgue{.log_weights = Eigen::VectorXd::Constant(mdp.pairs(), std::log(actions.cell_volume()))};
  return {.mdp = std::move(mdp), .end = end, .lebesgue = std::move(lebesgue), .states = states, .actions = actions};
}

}  // namespace softrl::tabular
