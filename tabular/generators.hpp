// Processes of any size to try things on. Gridworlds come as a Gridworld, for gridworld_mdp(), so that what is drawn,
// written and solved is the same; the others as an Mdp. Equal options give equal processes on every machine.
//
// All throw std::invalid_argument that names the option, also where 32-bit indices would not reach.
#pragma once
#include <cstdint>

#include "tabular/gridworld.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

// Floor without walls, 'S' in the top left corner and the goal 'G' in the bottom right one.
struct OpenGridworldOptions {
  std::int64_t rows = 10, columns = 10;  // ≥ 1, at least two cells; 10⁷ cells and more are fine.
  double slip = 0.2;                     // Of which half goes to either side.
  double step_cost = 1.0;
  double goal_reward = 0.0;
  double discount = 0.99;
};
Gridworld open_gridworld(const OpenGridworldOptions& options = {});

// Four rooms joined by four doors, as in Sutton, Precup & Singh 1999 (Fig. 2) where `size` is 11.
struct FourRoomsOptions {
  std::int64_t size = 11;  // ≥ 5 rows and columns within the outer wall.
  double slip = 0.0;
  double step_cost = 1.0;
  double goal_reward = 0.0;
  double discount = 0.95;
};
Gridworld four_rooms(const FourRoomsOptions& options = {});

// The cliff of Sutton & Barto (Example 6.6): start and goal at the ends of the bottom row, between them the edge, which
// costs `fall_reward` and ends the episode (there, the walker is put back to the start instead).
struct CliffOptions {
  std::int64_t rows = 4, columns = 12;  // ≥ 2 and ≥ 3.
  double slip = 0.0;
  double step_cost = 1.0;
  double goal_reward = 0.0;
  double fall_reward = -99.0;  // With the cost of the step −100 in all, as there.
  double discount = 0.98;
};
Gridworld cliff(const CliffOptions& options = {});

// Generic Average Reward Non-stationary Environment Testbench (Archibald, McKinnon & Thomas 1995): each pair has
// `branching` different successors, drawn uniformly, with the probabilities between sorted uniform cuts of [0, 1];
// rewards r(s, a) are standard normal.
struct GarnetOptions {
  std::int64_t states = 100;   // ≥ 1.
  std::int64_t actions = 4;    // ≥ 1, in every state.
  std::int64_t branching = 5;  // In [1, states].
  std::int64_t terminal = 0;   // The last so many states are terminal with value 0; in [0, states − 1].
  double discount = 0.95;
  std::uint64_t seed = 0;
};
Mdp garnet(const GarnetOptions& options = {});

// A swimmer against the current, as in Osband, Russo & Van Roy 2013 (Fig. 1; after Strehl & Littman 2008). Action 0
// (left) always moves left, with reward 5/1000 in the first state. Action 1 (right) in an inner state moves right with
// probability 0.35, stays with 0.6 and is swept left with 0.05; in the first it moves with 0.6, else stays; in the last
// it stays with 0.6, else is swept left, with reward 1.
struct RiverSwimOptions {
  std::int64_t states = 6;  // ≥ 2.
  double discount = 0.95;
};
Mdp river_swim(const RiverSwimOptions& options = {});

// The chain of Dearden, Friedman & Russell 1998 (and Strens 2000): action 0 moves on, and in the last state stays there
// with reward `large_reward`; action 1 returns to the first state with reward `small_reward`. With probability `slip`
// the other action is carried out. The process starts in the first state.
struct ChainOptions {
  std::int64_t states = 5;  // ≥ 1.
  double slip = 0.2;        // In [0, 1].
  double small_reward = 2.0, large_reward = 10.0;
  double discount = 0.95;
};
Mdp chain(const ChainOptions& options = {});

}  // namespace softrl::tabular
