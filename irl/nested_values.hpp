// Value functions of the nested recursive logit (docs/nested_logit.md) towards up to eight destinations at once, or
// of eight pairs of origin and destination.
//
//     V(k) = μ(k) log( Σ_a exp((v(k → a) + w LS(a) + V(a)) / μ(k))  + 1 where a trip may end )
//
// Link size LS (link_size.hpp) is that of a pair of origin and destination. Without it LS = 0.
//
// The right-hand side T(V) is monotone and convex in V, with the policy P as its slopes. So Newton's step
// V ← V + (I − P)⁻¹ (TV − V), which makes V the value of that policy (soft policy iteration), leads below the fixed
// point from anywhere, and upwards from then on. Near the fixed point a second solve with the same factors corrects it
// for how much T bends along the step (Chebyshev's method): convergence becomes cubic. Factors of an earlier I − P do
// as long as the residual TV − V shrinks quickly.
//
// Bounds: let h − P h ≥ ½, as it has if h is the number of moves expected before the end, and |TV − V| ≤ e. As T bends
// by at most (range of its arguments)² / 8μ, T maps V + 4e h below and V − 4e h above itself if e ≤ μ / 2h². That
// proves that there is a fixed point, and that it is between these two.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include <Eigen/Core>

#include "irl/lane_lu.hpp"
#include "irl/lu_pattern.hpp"
#include "irl/road_network.hpp"
#include "irl/trips.hpp"

namespace softrl::irl {

struct NestedUtilities {
  Eigen::VectorXd moves;   // [M] v; −∞ closes a move
  Eigen::VectorXd scales;  // [L] μ > 0
  double link_size = 0.0;  // w
};

// What V in each lane is the fixed point of.
struct NestedProblem {
  const RoadNetwork* network;
  std::vector<std::uint8_t> choice = {};  // [L] a bit per lane: whether V(k) is such a logarithm of a sum, or fixed
  std::vector<std::uint8_t> ending = {};  // [L] whether it has the 1
  Lanes fixed = {};                       // [L] V where it is fixed
  Lanes link_sizes = {};                  // [L] LS; empty: 0

  const Lane& link_size(int link) const { return link_sizes.empty() ? zero : link_sizes[link]; }
  static constexpr Lane zero{};
};

// V towards `destinations` (at most `lane_count`) through the links that `matter` for each [destinations][L], from all
// of which it can be reached. V is −∞ on the others.
NestedProblem nested_problem(const RouteData& data, const std::vector<int>& destinations,
                             const std::vector<std::vector<bool>>& matter);

// Writes P into `policy` [M] and TV − V, 0 where V is fixed, into `residual` [L].
void nested_backup(const NestedProblem& problem, const NestedUtilities& utilities, const Lanes& values, Lanes& policy,
                   Lanes& residual);

// The network's moves as places of a matrix.
SparseRows rows_of(const RoadNetwork& network);

// Room for a solution, and what belongs to the last one.
class NestedSolver {
 public:
  // Links are in the order of elimination, and so is `pattern`, that of the network's moves. `network` must outlive
  // this object.
  NestedSolver(const RoadNetwork& network, std::shared_ptr<const LuPattern> pattern);

  // Overwrites `values` [L] by V. Starts with what is in there or, if that is nothing or leads nowhere, with the
  // utilities of the best paths. False, and `values` empty, if no solution is found and proved.
  [[nodiscard]] bool solve(const NestedProblem& problem, const NestedUtilities& utilities, Lanes& values);

  const Lanes& policy() const { return policy_; }         // [M]
  double error() const { return error_; }                 // of V, at most; in nats
  int factorisations() const { return factorisations_; }  // since the object was made

  // Overwrites b [L] by (I − P)⁻¹ b or (I − P)⁻ᵀ b. False if the residual is not small.
  [[nodiscard]] bool apply_inverse(Lanes& b);
  [[nodiscard]] bool apply_inverse_transposed(Lanes& b);

 private:
  bool iterate(const NestedProblem& problem, const NestedUtilities& utilities, Lanes& values, int max_iterations);
  bool factorise();
  bool refine(Lanes& b, bool transposed, double tolerance);

  SparseRows rows_;
  LaneLu lu_;  // of I − P, or of one that is near
  Lanes policy_, residual_, step_, solution_, moves_left_;
  double error_ = 0.0;
  int factorisations_ = 0;
};

}  // namespace softrl::irl
