// Features of gridworlds, by the symbols of the map (docs/gridworlds.md): f(s, a, s') of the cell s' that a move
// enters.
#pragma once
#include <Eigen/Core>

#include "tabular/gridworld.hpp"
#include "tabular/mdp.hpp"

namespace softrl::irl {

// Both are [N] by transitions of `mdp`, which is that of `world`, and throw std::invalid_argument if the symbol is on
// no cell of the map.

// 1 on every move that enters a cell with the symbol, 0 elsewhere.
Eigen::VectorXd entering(const tabular::Gridworld& world, const tabular::Mdp& mdp, char symbol);

// The fewest moves from the cell entered to a cell with the symbol; of a cell where another end of the episode forbids
// that, the greatest distance there is. Throws too if a cell where one can move has no way to the symbol.
Eigen::VectorXd distance_to(const tabular::Gridworld& world, const tabular::Mdp& mdp, char symbol);

}  // namespace softrl::irl
