#include "tabular/prioritized_sweeping.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <vector>

#include "tabular/iterate.hpp"
#include "tabular/predecessors.hpp"

namespace softrl::tabular {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// States by priority, to within a factor of 2: level i holds those with 2^i threshold ≤ priority < 2^(i+1) threshold.
// Raising a state leaves its old entry behind, which counts no more when it is met.
class PriorityQueue {
 public:
  explicit PriorityQueue(Index states) : level_of_(static_cast<std::size_t>(states), absent) {}

  void reset(double threshold) {
    for (auto& level : levels_) level.clear();
    std::fill(level_of_.begin(), level_of_.end(), absent);
    threshold_ = threshold;
    top_ = -1;
  }

  // Where the state already has a larger priority, it keeps that.
  void raise(Index state, double priority) {
    if (!(priority >= threshold_ && priority > 0.0)) return;
    const int level = std::clamp(std::ilogb(priority / threshold_), 0, highest);
    auto& present = level_of_[static_cast<std::size_t>(state)];
    if (level <= present) return;
    present = static_cast<std::int8_t>(level);
    levels_[static_cast<std::size_t>(level)].push_back(state);
    top_ = std::max(top_, level);
  }

  // A state of the highest level, −1 if there is none.
  Index pop() {
    for (; top_ >= 0; --top_) {
      auto& level = levels_[static_cast<std::size_t>(top_)];
      while (!level.empty()) {
        const Index state = level.front();
        level.pop_front();
        auto& present = level_of_[static_cast<std::size_t>(state)];
        if (present != top_) continue;
        present = absent;
        return state;
      }
    }
    return -1;
  }

 private:
  static constexpr std::int8_t absent = -1;
  static constexpr int highest = 31;

  std::vector<std::int8_t> level_of_;
  std::array<std::deque<Index>, highest + 1> levels_;
  double threshold_ = infinity;
  int top_ = -1;
};

}  // namespace

Solution prioritized_sweeping(const Mdp& mdp, const SolverOptions& options) {
  Bellman bellman(mdp, options.temperature, options.base_measure, options.threads);
  const Predecessors predecessors(mdp, options.base_measure);
  PriorityQueue queue(mdp.states());
  return iterate(bellman, Method::PrioritizedSweeping, options, [&](Iterate& at) {
    if (at.iterations == 0) return Move::Certify;
    if (at.certified) {
      move_to_midpoint(bellman, at);
      const Eigen::VectorXd errors = (at.next - at.values).cwiseAbs();
      constexpr double reduction = 0.1;
      queue.reset(reduction * errors.maxCoeff());
      for (Index s = 0; s < mdp.states(); ++s) queue.raise(s, errors(s));
    }
    at.sweep.smallest_change = infinity;
    at.sweep.largest_change = -infinity;
    for (Index backups = 0; backups < mdp.states(); ++backups) {
      const Index s = queue.pop();
      if (s < 0) return Move::Certify;
      const double value = bellman.backup(s, at.values);
      const double change = value - at.values(s);
      if (!std::isfinite(change)) return Move::Last;
      at.sweep.smallest_change = std::min(at.sweep.smallest_change, change);
      at.sweep.largest_change = std::max(at.sweep.largest_change, change);
      at.values(s) = value;
      for (const Index from : predecessors.of(s)) queue.raise(from, mdp.discount() * std::abs(change));
    }
    return Move::Continue;
  });
}

}  // namespace softrl::tabular
