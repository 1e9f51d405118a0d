// A generated city with trips drawn from known weights: what a fit must find again.
//
// Junctions on a jittered grid; streets between neighbours, some of them fast, some one-way, and some diagonals. Links
// from which a part of the city cannot be reached are left out. Features of a move: travel_time (minutes on the link
// entered), left_turn (by more than 30°), link_constant (1), u_turn (turning back).
// Lengths of links are in metres.
#pragma once
#include <cstdint>

#include <Eigen/Core>

#include "irl/trips.hpp"

namespace softrl::irl {

struct CityOptions {
  int rows = 12;                // ≥ 2 junctions
  int columns = 12;             // ≥ 2; rows × columns ≤ 1,000,000
  int destinations = 20;        // ≥ 1 junctions that trips go to, drawn with equal probability
  int trips = 1000;             // ≥ 1
  double one_way_share = 0.25;  // of the streets, in [0, 1)
  double diagonal_share = 0.1;  // of the blocks that a diagonal street cuts, in [0, 1]
  std::uint64_t seed = 1;
  Eigen::Vector4d weights{-2.0, -0.8, -0.6, -3.0};  // in the order above
};

// Deterministic for given options. Trips end by a move of their own. Throws std::invalid_argument, naming the option,
// if one is out of range, the weights are not feasible there, or the city falls apart (too many one-way streets).
RouteData generate_city(const CityOptions& options = {});

}  // namespace softrl::irl
