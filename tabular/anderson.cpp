#include "tabular/anderson.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

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

}  // namespace

// A plain sweep from a kept point reduces the spread by γ, so it never leaves the budget, and what extrapolations may
// cost is bounded: after n sweeps, half of which may have been rejected, the spread is at most 10 γ^(n/2) that of the
// start.
Solution anderson(const Mdp& mdp, const SolverOptions& options) {
  Bellman bellman(mdp, options.temperature, options.base_measure);
  Differences differences(mdp.states());
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
    if (extrapolated && !(size <= budget && norm <= mdp.discount() * highest_norm)) {
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
    differences.add(f, at.next);
    at.values = differences.extrapolated();
    extrapolated = at.values.allFinite();
    if (!extrapolated) {
      at.values = at.next;
      differences.forget();
    }
    return Move::Certify;
  });
}

}  // namespace softrl::tabular
