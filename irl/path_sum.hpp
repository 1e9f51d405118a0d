// Sums over all paths of a road network (docs/math.md 4.2-4.5), for all destinations from one factorisation.
//
//     M(k,a) = exp(θ · f(k → a))      z = M z + b      z(k) = Σ over paths from k that end, of exp(θ · f_path)
//
// b is 1 where a path may end. The sum is finite exactly if the spectral radius of M is below 1 on the links that
// matter; log z is then the soft value V of temperature 1 and discount 1.
#pragma once
#include <string_view>
#include <vector>

#include <Eigen/Core>

#include "irl/road_network.hpp"
#include "irl/sparse_lu.hpp"
#include "irl/spectral_radius.hpp"
#include "irl/trips.hpp"

namespace softrl::irl {

enum class PathSumStatus {
  Finite,
  Divergent,   // The spectral radius is not below 1: the weights make detours too cheap.
  OutOfRange,  // A utility, a move's weight or a path sum that is needed is beyond the range of double precision.
  Inaccurate,  // A solution fails its residual check: the spectral radius is within rounding of 1.
};

// A sentence for people: "the sum over paths diverges", …
std::string_view describe(PathSumStatus status);

class PathSum {
 public:
  // Paths through links that are not `relevant` [L] are left out. `network` must outlive this object.
  PathSum(const RoadNetwork& network, std::vector<bool> relevant);

  // Takes the weights θ [K] and factorises I − M. Finite only if w = (I − M)⁻¹ 1 has w > 0 and M w < w, which prove, up
  // to the rounding of M w, that the spectral radius is below 1 (Collatz and Wielandt). Only then call solve.
  // No path leaves a link that is `closed` [L]: M is 0 on the moves out of it.
  // With `best` [L], finite where not closed, M(k,a) is multiplied by exp(best(a) − best(k)), which leaves the radius
  // as it is: a right-hand side and solution are then those without it, divided by exp(best(k)).
  PathSumStatus set_weights(const Eigen::VectorXd& weights, const std::vector<bool>& closed = {},
                            const Eigen::VectorXd& best = {});

  const RoadNetwork& network() const { return *network_; }

  // M [moves]; 0 on the moves left out.
  const std::vector<double>& move_weights() const { return move_weights_; }

  // Between two bounds, at the weights last set (which need not be feasible). For OutOfRange weights: 0 and +∞.
  SpectralRadius radius(const SpectralRadiusOptions& options = {}) const;

  // Overwrites the columns of `b` [L × any] by (I − M)⁻¹ b or (I − M)⁻ᵀ b. False if a residual, entry by entry, exceeds
  // 1e-9 of the terms it is the sum of. Where b has both signs they may cancel: `size` (as b) is then what an entry is
  // measured by as well.
  [[nodiscard]] bool solve(Eigen::MatrixXd& b) const;
  [[nodiscard]] bool solve(Eigen::MatrixXd& b, const Eigen::MatrixXd& size) const;
  [[nodiscard]] bool solve_transposed(Eigen::MatrixXd& b) const;

 private:
  bool small_residual(const Eigen::MatrixXd& x, const Eigen::MatrixXd& b, const Eigen::MatrixXd& size,
                      bool transposed) const;

  const RoadNetwork* network_;
  std::vector<bool> relevant_;
  std::vector<int> place_;     // [moves] where −M goes among the values of I − M; −1 if the move is left out
  std::vector<int> diagonal_;  // [L] where the 1 goes
  std::vector<double> move_weights_;
  std::vector<bool> closed_;  // [L], or empty
  bool in_range_ = false;
  SparseLu lu_;
};

// The right-hand side b of the path sum for each of the destinations [L × count]: 1 on the links that a path may end
// on. For Ending::OnEntering its solution y counts the paths that drive on after entering the destination d as well,
// which divides out: z(k) = y(k) / y(d).
Eigen::MatrixXd ending_links(const RouteData& data, const std::vector<int>& destinations);

}  // namespace softrl::irl
