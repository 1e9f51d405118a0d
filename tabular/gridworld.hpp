// Gridworlds drawn as text: a small TOML file with a map.
//
//     map = """
//     #######
//     #S..HG#        '#' wall, '.' or ' ' floor, 'S' floor where episodes start; the world outside is wall
//     #######        'G' goal and 'H' hazard unless [legend] says otherwise
//     """
//     slip = 0.1               # probability to move at a right angle to the action, half of it to either side
//     step_cost = 0.04         # subtracted from every step's reward
//     discount = 0.95          # for whoever does not choose one
//     [legend]
//     G = { reward = 1.0 }                       # on entering; ends the episode
//     H = { reward = -1.0 }
//     m = { reward = -0.3, terminal = false }    # any other letter may be given a meaning
//
// The four actions are up, right, down and left; a move into a wall stays where it is (and enters the cell anew). Cells
// that are not wall are the states, row by row from the top left. All episodes start in an 'S', each equally likely;
// without one, anywhere on cells that are not terminal.
#pragma once
#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/Core>

#include "tabular/mdp.hpp"

namespace softrl::tabular {

struct Tile {
  double reward = 0.0;   // Added to the reward of every move that enters the cell.
  bool terminal = true;  // Whether entering it ends the episode.
};

struct Cell {
  int row, column;  // From the top left, 0-based.
};

struct Gridworld {
  std::vector<std::string> map;  // Rows of equal length.
  std::map<char, Tile> legend;   // G and H always included.
  double slip = 0.0;             // In [0, 1].
  double step_cost = 0.0;
  double discount = 0.95;    // In [0, 1].
  std::vector<Cell> cells;   // [S] the cell of each state.
  Eigen::MatrixXi state_at;  // [rows × columns] the state of each cell, −1 at walls.

  char symbol(Index state) const {
    const Cell& cell = cells[static_cast<std::size_t>(state)];
    return map[static_cast<std::size_t>(cell.row)][static_cast<std::size_t>(cell.column)];
  }
};

inline constexpr std::array<std::string_view, 4> gridworld_actions{"up", "right", "down", "left"};

// Throw std::runtime_error "file:line: what is wrong", for a map with unequal rows with the line of the row.
Gridworld read_gridworld(const std::filesystem::path& file);
Gridworld parse_gridworld(std::string_view text, std::string_view name);  // `name` stands for the file in messages.

// The file's text: parse_gridworld() of it is the same world, to the last bit.
std::string to_toml(const Gridworld& world);

// Fills `cells` and `state_at` from `map`, for whoever makes a world in memory.
void number_states(Gridworld& world);

// r(s, a) is the mean over where the move ends. A world of 10⁷ cells takes seconds and no more memory than the Mdp.
// Throws std::invalid_argument if the discount is not in [0, 1], or if 32-bit indices do not reach.
Mdp gridworld_mdp(const Gridworld& world, double discount);
inline Mdp gridworld_mdp(const Gridworld& world) { return gridworld_mdp(world, world.discount); }

}  // namespace softrl::tabular
