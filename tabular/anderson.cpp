#include "tabular/anderson.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include <Eigen/QR>

#include "tabular/iterate.hpp"

namespace softrl::tabular {
namespace {

constexpr Eigen::Index memory = 5;

// What the certified bounds are proportional to: the spread of the changes, with the 0 of terminal states.
double spread(const Sweep& sweep, const Mdp& mdp) {
  if (!mdp.has_terminal_states()) return sweep.largest_change - sweep.smallest_change;
  return std::max(sweep.largest_change, 0.0) - std::min(sweep.smallest_change, 0.0);
}

// Differences of successive f = TV − V and g = TV, the last `memory` of them in turn.
class Differences {
 public:
  explicit Differences(Index states) : f_(states, memory), g_(states, memory) {}

  void forget() { count_ = 0; }
  void add(const Eigen::VectorXd& f, const Eigen::VectorXd& g) {
    if (last_f_.size() != 0) {
      f_.col(count_ % memory) = f - last_f_;
      g_.col(count_ % memory) = g - last_g_;
      ++count_;
    }
    last_f_ = f;
    last_g_ = g;
  }

  const Eigen::VectorXd& last_g() const { return last_g_; }

  Eigen::VectorXd extrapolated() const {
    const Eigen::Index columns = std::min(count_, memory);
    if (columns == 0) return last_g_;
    const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(f_.leftCols(columns));
    const Eigen::VectorXd weights = qr.solve(last_f_);
    return last_g_ - g_.leftCols(columns) * weights;
  }

 private:
  Eigen::MatrixXd f_, g_;  // [S × memory]
  Eigen::VectorXd last_f_, last_g_;
  Eigen::Index count_ = 0;
};

// Extrapolation that does not halve the residual within 32 kept points gives way to plain sweeps, for longer each time.
// They get away, for instance, from where the policy at hand never ends, and where the residual tells nothing of the
// error.
class Pace {
 public:
  bool rests(double norm) {
    if (norm <= 0.5 * mark_) {
      mark_ = norm;
      points_ = 0;
    } else if (rest_ == 0 && ++points_ > 32) {
      mark_ = norm;
      points_ = 0;
      rest_ = length_;
      length_ = std::min(2 * length_, 1 << 20);
    }
    if (rest_ == 0) return false;
    --rest_;
    return true;
  }

 private:
  double mark_ = std::numeric_limits<double>::infinity();
  int points_ = 0, rest_ = 0, length_ = 32;
};

}  // namespace

// A plain sweep from a kept point reduces the spread by γ, so it never leaves the budget, and what extrapolations may
// cost is bounded: after n sweeps, half of which may have been rejected, the spread is at most 10 γ^(n/2) that of the
// start.
Solution anderson(const Mdp& mdp, const SolverOptions& options) {
  Bellman bellman(mdp, options.temperature, options.base_measure, options.threads);
  Differences differences(mdp.states());
  // V* lies within γ/(1 − γ) |TV − V| of TV, and no extrapolation may lead farther away. At discount 1 it may go as far
  // as a hundred sweeps: where the policy at hand does not end, the residual does not tell how far off values are.
  const double reach = mdp.discount() < 1.0 ? mdp.discount() / (1.0 - mdp.discount()) : 100.0;
  // An extrapolation that does not reduce the residual by this is no better than a sweep, if the discount is near 1.
  const double reduction = std::min(mdp.discount(), 0.99);
  Pace pace;
  bool extrapolated = false;
  double budget = 0.0;
  std::array<double, 10> kept_norms{};  // |f|₂ of the last kept points, in turn
  std::size_t kept = 0;

  return iterate(bellman, Method::Anderson, options, [&](Iterate& at) {
    if (!at.certified) return Move::Certify;  // of the start values
    const double size = spread(at.sweep, mdp);
    // Where no state is terminal a constant error does not count, for the bounds see through it.
    Eigen::VectorXd f = at.next - at.values;
    if (!mdp.has_terminal_states()) f.array() -= f.mean();
    const double norm = f.norm();
    const double highest_norm = *std::max_element(kept_norms.begin(), kept_norms.end());
    if (extrapolated && !(size <= budget && norm <= reduction * highest_norm)) {
      at.values = differences.last_g();
      extrapolated = false;
      return Move::Certify;
    }
    if (kept == 0) {
      budget = 10.0 * size;
      kept_norms.fill(norm);
    }
    budget *= mdp.discount();
    kept_norms[kept++ % kept_norms.size()] = norm;
    if (pace.rests(norm)) {
      at.values = at.next;
      extrapolated = false;
      differences.forget();
      return Move::Certify;
    }
    differences.add(f, at.next);
    at.values = differences.extrapolated();
    const double distance = (at.values - at.next).cwiseAbs().maxCoeff();
    extrapolated = distance <= reach * at.sweep.residual();
    if (!extrapolated) {
      at.values = at.next;
      differences.forget();
    }
    return Move::Certify;
  });
}

}  // namespace softrl::tabular
