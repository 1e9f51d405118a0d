// Sums over all paths of a road network (docs/math.md 4.2-4.5), for all destinations from one factorisation.
//
//     M(k,a) = exp(θ · f(k → a))      z = M z + b      z(k) = Σ over paths from k that end, of exp(θ · f_path)
//
// b is 1 where a path may end. The sum is finite exactly if the spectral radius of M is below 1 on the links that
// matter; log z is then the soft value V of temperature 1 and discount 1. Sums may be of any size (wide_range.hpp).
#pragma once
#include <memory>
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
  OutOfRange,  // The utility of a move is not finite, or too large for that of a path to have any digits.
  Inaccurate,  // The spectral radius is so near 1 that a solution fails its residual check, or has too few digits.
};

// A sentence for people: "the sum over paths diverges", …
std::string_view describe(PathSumStatus status);

// How the equations are solved: by factors, or by sweeps over the links (sweeps.hpp), destination by destination, which
// need no more memory than the network. Auto: by factors if these take less than 8 GiB.
enum class PathSolver { Auto, Direct, Iterative };

class PathSum {
 public:
  // Paths through links that are not `relevant` [L] are left out. `network` must outlive this object.
  PathSum(const RoadNetwork& network, const std::vector<bool>& relevant, PathSolver solver = PathSolver::Auto);

  // Takes the `utilities` θ · f of the moves [moves] and factorises I − M. Finite only if some w > 0 has M w < w, which
  // proves, up to the rounding of M w, that the spectral radius is below 1 (Collatz and Wielandt). Only then call what
  // solves. No path leaves a link that is `closed` [L]: M is 0 on the moves out of it.
  PathSumStatus set_utilities(const Eigen::VectorXd& utilities, const std::vector<bool>& closed = {});
  PathSumStatus set_weights(const Eigen::VectorXd& weights, const std::vector<bool>& closed = {});

  const RoadNetwork& network() const { return *network_; }
  const std::shared_ptr<const LuPattern>& pattern() const { return lu_.pattern(); }

  // Between two bounds, at the weights last set (which need not be feasible). For OutOfRange weights: 0 and +∞.
  SpectralRadius radius(const SpectralRadiusOptions& options = {}) const;

  // What follows may be called from many threads at once. The rows of blocks are links in the order of elimination.
  WideBlock zero_block() const { return WideBlock(network_->link_count()); }
  int row(int link) const { return lu_.pattern()->position[link]; }

  // Whether to sweep. Then set_utilities factorises nothing, and so proves nothing; what is for factors is not to be
  // called; and sweeps take the place of solutions.
  bool iterative() const { return iterative_; }

  // The path sums to one destination, by sweeps in the order of its best paths, scaled by them.
  struct Swept {
    PathSumStatus status;
    std::vector<int> order = {};      // the rows with a path, each behind the row that its best move leads to
    std::vector<double> scaled = {};  // by place, M(k,a) exp(u(a) − u(k)) with u the utility of the best path
    Eigen::VectorXd best = {};        // [L] u
  };
  // Puts the path sums of paths that end on `ends` and do not drive on from `closed` [L] into a column of `sums`.
  Swept sweep_sums(const std::vector<int>& ends, const std::vector<bool>& closed, int column, WideBlock& sums) const;

  // Overwrites a column b ≥ 0 of `flows` by (I − M)⁻ᵀ b, in the reverse order.
  PathSumStatus sweep_flows(const Swept& swept, int column, WideBlock& flows) const;

  // As sum_along, for either sign of g on its own.
  PathSumStatus sweep_along(const Swept& swept, const std::vector<double>& chances, RowMatrix& g) const;

  // Overwrites b ≥ 0 by (I − M)⁻¹ b or (I − M)⁻ᵀ b. False if a residual, entry by entry, exceeds 1e-9 of the terms that
  // it is the sum of.
  [[nodiscard]] bool solve(WideBlock& b) const;
  [[nodiscard]] bool solve_transposed(WideBlock& b) const;

  // As solve_transposed, for b of either sign. Where b y counts trips that start, x y counts visits: a residual of
  // these may not exceed 1e-9 of the terms and of `size` [8] trips, by which visits are measured where they cancel. y >
  // 0.
  [[nodiscard]] bool solve_signed_transposed(WideBlock& b, const WideBlock& y, const double* size) const;

  // uses(m) += Σ over columns of x(from) M y(to): how often each move [moves] is made on the paths that x enters and y
  // weighs. `uses` are by place (see moves()).
  void add_uses(const WideBlock& x, const WideBlock& y, std::vector<double>& uses) const;

  // With solutions y, the chances P(k,a) = M(k,a) y(a) / y(k) of driving on, by place; 0 where y is 0: those of one
  // column, and of all [places × 8].
  std::vector<double> chances(const WideBlock& y, int column) const;
  std::vector<double> chances(const WideBlock& y) const;

  // Writes r = (I − P)⁻¹ g [K × L × 8], g(k) = Σ_a P(k,a) f(k → a): what each f [places × K] sums up to from each link
  // on, in expectation over the paths that each column of y weighs, with their `chances` of driving on. False if a
  // residual exceeds 1e-9 of its terms and of `sizes` [K], what terms are measured by where they have cancelled.
  [[nodiscard]] bool sum_along(const WideBlock& y, const std::vector<double>& chances, const Eigen::MatrixXd& f,
                               const Eigen::VectorXd& sizes, double* r) const;

  // The moves in the order that this object keeps them in, row by row; a place is an index into it.
  const SparseRows& rows() const { return rows_; }
  const std::vector<int>& moves() const { return moves_; }

 private:
  bool proves_finite() const;

  const RoadNetwork* network_;
  std::vector<bool> relevant_, closed_;
  SparseRows rows_;         // of M, in the order of elimination
  std::vector<int> moves_;  // by place
  bool iterative_ = false;
  SparseLu lu_;
  Rearranged transposed_;
  WideValues values_, transposed_values_;  // of M
  bool plain_ = false;                     // these are
  Eigen::VectorXd utilities_;              // [moves], for sweeps
  bool in_range_ = false;
};

}  // namespace softrl::irl
