// The spectral radius of the weighted moves of a network, between two bounds. A path sum is finite exactly if it is
// below 1 (docs/math.md 4.4).
//
// On a strongly connected component M is irreducible, and for every vector x > 0 the radius lies between the least and
// the greatest of (Mx)_k / x_k (Collatz and Wielandt). Noda's iteration x ← (σI − M)⁻¹ x with σ the upper bound so far
// keeps x positive and closes the bounds quadratically; while they are far apart, a σ in their geometric middle does,
// or is found too small.
#pragma once
#include <string>
#include <vector>

#include "irl/road_network.hpp"
#include "irl/sparse_lu.hpp"
#include "softrl/status.hpp"

namespace softrl::irl {

struct SpectralRadiusOptions {
  double tolerance = 1e-9;   // ≥ 0: stop once upper − lower ≤ tolerance · upper in every component.
  int max_iterations = 100;  // ≥ 1 per component.
};

struct SpectralRadius {
  Status status;        // Converged; IterationLimit or Stalled (rounding) if a component's bounds are wider than asked.
  double lower, upper;  // The radius lies between them whatever the status, up to rounding (some 1e-15 of it).

  // Where it is that large: a strongly connected component of so many links, and in it the links of a cycle, in driving
  // order, of the largest mean log-weight among those that a driver by the Perron vector meets, who always takes the
  // move k → a of the greatest M(k,a) x(a). Empty if there are no cycles.
  int region = 0;
  std::vector<int> cycle = {};
};

// The greatest radius over the strongly connected components of the `relevant` links [L]; 0 if they have no cycle.
// `move_weights` [M] ≥ 0. Throws std::invalid_argument if an option is out of range.
SpectralRadius spectral_radius(const RoadNetwork& network, const std::vector<bool>& relevant,
                               const WideValues& move_weights, const SpectralRadiusOptions& options = {});

// For people: ": the spectral radius is between 1.2 and 1.3, and must be below 1", with the region; nothing if unknown.
std::string describe_bounds(const SpectralRadius& radius, const RoadNetwork& network);

// For people: "; detours are cheapest round 1 → 2 → 1, in a region of 100 links", or nothing if there is no cycle.
std::string describe_region(const SpectralRadius& radius, const RoadNetwork& network);

}  // namespace softrl::irl
