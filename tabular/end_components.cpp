#include "tabular/end_components.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include "tabular/predecessors.hpp"
#include "tabular/strong_components.hpp"

namespace softrl::tabular {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// What is left of the process while it is taken apart.
class Remains {
 public:
  Remains(const Mdp& mdp, const BaseMeasure& measure)
      : mdp_(mdp),
        predecessors_(mdp, measure),
        kept_{.log_weights = Eigen::VectorXd::Zero(mdp.pairs())},
        alive_(static_cast<std::size_t>(mdp.states()), 1) {
    for (Index k = 0; k < mdp.pairs(); ++k) {
      if (measure.log_weights.size() != 0 && std::isinf(measure.log_weights(k))) remove(k);
    }
    for (const auto& [state, value] : mdp.terminal()) alive_[static_cast<std::size_t>(state)] = 0;
    std::vector<Index> all(static_cast<std::size_t>(mdp.states()));
    std::iota(all.begin(), all.end(), 0);
    prune(std::move(all));
  }

  bool keeps(Index pair) const { return kept_.log_weights(pair) == 0.0; }
  bool alive(Index state) const { return alive_[static_cast<std::size_t>(state)] != 0; }
  StrongComponents strong_components() const { return StrongComponents(mdp_, kept_); }

  // Removes the actions that lead out of their state's component; false if there are none.
  bool cut_between(const std::vector<Index>& component) {
    std::vector<Index> changed;
    for (Index s = 0; s < mdp_.states(); ++s) {
      if (!alive(s)) continue;
      const Index own = component[static_cast<std::size_t>(s)];
      if (remove_unless(s, [&](Index next) { return component[static_cast<std::size_t>(next)] == own; }))
        changed.push_back(s);
    }
    const bool any = !changed.empty();
    prune(std::move(changed));
    return any;
  }

 private:
  void remove(Index pair) { kept_.log_weights(pair) = -infinity; }

  // Removes the kept actions of `state` that may lead to a state of which `stays` is false, and says whether any did.
  template <class Stays>
  bool remove_unless(Index state, Stays stays) {
    bool removed = false;
    for (Index k = mdp_.first_pair(state); k < mdp_.first_pair(state + 1); ++k) {
      if (!keeps(k)) continue;
      const auto next = mdp_.successors(k);
      const auto probabilities = mdp_.probabilities(k);
      for (std::size_t t = 0; t < next.size(); ++t) {
        if ((probabilities.empty() || probabilities[t] > 0.0) && !stays(next[t])) {
          remove(k);
          removed = true;
          break;
        }
      }
    }
    return removed;
  }

  // Removes states of the queue without actions, then the actions that lead to them, and so on.
  void prune(std::vector<Index> queue) {
    std::vector<char> waiting(alive_.size(), 0);
    for (const Index s : queue) waiting[static_cast<std::size_t>(s)] = 1;
    while (!queue.empty()) {
      const Index s = queue.back();
      queue.pop_back();
      waiting[static_cast<std::size_t>(s)] = 0;
      if (!alive(s)) continue;
      remove_unless(s, [&](Index next) { return alive(next); });
      bool acts = false;
      for (Index k = mdp_.first_pair(s); k < mdp_.first_pair(s + 1); ++k) acts = acts || keeps(k);
      if (acts) continue;
      alive_[static_cast<std::size_t>(s)] = 0;
      for (const Index from : predecessors_.of(s)) {
        auto& waits = waiting[static_cast<std::size_t>(from)];
        if (!alive(from) || waits) continue;
        waits = 1;
        queue.push_back(from);
      }
    }
  }

  const Mdp& mdp_;
  Predecessors predecessors_;
  BaseMeasure kept_;  // log weight 0 for the actions that are left, −∞ for the others
  std::vector<char> alive_;
};

}  // namespace

EndComponents end_components(const Mdp& mdp, const BaseMeasure& measure) {
  Remains remains(mdp, measure);
  EndComponents result{.count = 0,
                       .component = std::vector<Index>(static_cast<std::size_t>(mdp.states()), -1),
                       .stays = std::vector<char>(static_cast<std::size_t>(mdp.pairs()), 0)};
  do {  // each round but the last removes an action
    const StrongComponents strong = remains.strong_components();
    result.count = 0;
    std::fill(result.component.begin(), result.component.end(), -1);
    for (Index c = 0; c < strong.count(); ++c) {
      if (!remains.alive(strong.states(c).front())) continue;
      for (const Index s : strong.states(c)) result.component[static_cast<std::size_t>(s)] = result.count;
      ++result.count;
    }
  } while (remains.cut_between(result.component));
  for (Index k = 0; k < mdp.pairs(); ++k) result.stays[static_cast<std::size_t>(k)] = remains.keeps(k);
  return result;
}

}  // namespace softrl::tabular
