#include "irl/gridworld_features.hpp"

#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "tabular/predecessors.hpp"

namespace softrl::irl {
namespace {

using tabular::Gridworld;
using tabular::Index;
using tabular::Mdp;

std::vector<Index> cells_with(const Gridworld& world, char symbol) {
  std::vector<Index> states;
  for (Index s = 0; s < static_cast<Index>(world.cells.size()); ++s)
    if (world.symbol(s) == symbol) states.push_back(s);
  if (states.empty()) throw std::invalid_argument(fmt::format("no cell of the map is a '{}'", symbol));
  return states;
}

// [N] the value of the state that each transition enters.
Eigen::VectorXd of_state_entered(const Mdp& mdp, const Eigen::VectorXd& values) {
  Eigen::VectorXd result(mdp.transitions());
  Index transition = 0;
  for (Index k = 0; k < mdp.pairs(); ++k)
    for (const Index next : mdp.successors(k)) result(transition++) = values(next);
  return result;
}

}  // namespace

Eigen::VectorXd entering(const Gridworld& world, const Mdp& mdp, char symbol) {
  Eigen::VectorXd is_symbol = Eigen::VectorXd::Zero(mdp.states());
  for (const Index s : cells_with(world, symbol)) is_symbol(s) = 1.0;
  return of_state_entered(mdp, is_symbol);
}

// Breadth first, backwards from the cells with the symbol.
Eigen::VectorXd distance_to(const Gridworld& world, const Mdp& mdp, char symbol) {
  const tabular::Predecessors predecessors(mdp);
  std::vector<Index> found = cells_with(world, symbol);
  Eigen::VectorXd distance = Eigen::VectorXd::Constant(mdp.states(), -1.0);
  for (const Index s : found) distance(s) = 0.0;
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const Index before : predecessors.of(found[i])) {
      if (distance(before) >= 0.0) continue;
      distance(before) = distance(found[i]) + 1.0;
      found.push_back(before);
    }
  for (Index s = 0; s < mdp.states(); ++s) {
    if (distance(s) >= 0.0 || mdp.is_terminal(s)) continue;
    const auto& cell = world.cells[static_cast<std::size_t>(s)];
    throw std::invalid_argument(
        fmt::format("row {}, column {} of the map has no way to a '{}'", cell.row + 1, cell.column + 1, symbol));
  }
  const double farthest = distance.maxCoeff();
  for (const auto& [state, value] : mdp.terminal())
    if (distance(state) < 0.0) distance(state) = farthest;
  return of_state_entered(mdp, distance);
}

}  // namespace softrl::irl
