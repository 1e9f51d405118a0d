#include "tabular/strong_components.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace softrl::tabular {
namespace {

constexpr Index none = -1;

// A state on the way from where the search began, and the move that comes next: entry `at` of the row of `pair`.
struct Visit {
  Index state, pair, at;
};

// The component of each state [S], numbered from 0 in the order in which they are completed (Tarjan 1972). Without
// recursion, and on the process itself: a search by Boost.Graph would first copy all moves, and then keep many times
// as much for each state on the way.
struct Search {
  const Mdp& mdp;
  const BaseMeasure& measure;
  std::vector<Index> component, met,
      earliest;                  // [S] when a state was first met, and the earliest one it leads back to.
  std::vector<Index> open = {};  // Met, but not assigned to a component yet.
  std::vector<Visit> way = {};
  Index count = 0, clock = 0;

  Search(const Mdp& process, const BaseMeasure& base)
      : mdp(process), measure(base), component(static_cast<std::size_t>(process.states()), none) {
    met = earliest = component;
    for (Index s = 0; s < mdp.states(); ++s) {
      if (of(met, s) == none) search_from(s);
    }
  }

  static Index& of(std::vector<Index>& per_state, Index s) { return per_state[static_cast<std::size_t>(s)]; }

  void meet(Index s) {
    of(met, s) = of(earliest, s) = clock++;
    open.push_back(s);
    way.push_back({s, mdp.first_pair(s), 0});
  }

  // The next state that `visit` can move to, `none` after the last.
  Index next_of(Visit& visit) const {
    for (; visit.pair < mdp.first_pair(visit.state + 1); ++visit.pair, visit.at = 0) {
      if (measure.log_weights.size() != 0 && std::isinf(measure.log_weights(visit.pair))) continue;
      const auto successors = mdp.successors(visit.pair);
      const auto probabilities = mdp.probabilities(visit.pair);
      while (visit.at < static_cast<Index>(successors.size())) {
        const auto i = static_cast<std::size_t>(visit.at++);
        if (probabilities.empty() || probabilities[i] > 0.0) return successors[i];
      }
    }
    return none;
  }

  void search_from(Index root) {
    meet(root);
    while (!way.empty()) {
      const Index s = way.back().state, next = next_of(way.back());
      if (next == none) {
        if (of(earliest, s) == of(met, s)) complete(s);
        way.pop_back();
        if (!way.empty()) lead_back(way.back().state, of(earliest, s));
      } else if (of(met, next) == none) {
        meet(next);
      } else if (of(component, next) == none) {
        lead_back(s, of(met, next));
      }
    }
  }

  void lead_back(Index s, Index to) { of(earliest, s) = std::min(of(earliest, s), to); }

  void complete(Index first) {
    for (Index s = none; s != first;) {
      s = open.back();
      open.pop_back();
      of(component, s) = count;
    }
    ++count;
  }
};

}  // namespace

StrongComponents::StrongComponents(const Mdp& mdp, const BaseMeasure& measure) {
  const auto [component, count] = [&] {
    Search search(mdp, measure);
    return std::pair(std::move(search.component), search.count);
  }();
  // A component is numbered when all that can be reached from it have been.
  offsets_.assign(static_cast<std::size_t>(count) + 1, 0);
  for (const Index c : component) ++offsets_[static_cast<std::size_t>(c) + 1];
  for (std::size_t c = 1; c < offsets_.size(); ++c) offsets_[c] += offsets_[c - 1];
  states_.resize(component.size());
  std::vector<Index> filled(offsets_.begin(), offsets_.end() - 1);
  for (Index s = 0; s < mdp.states(); ++s)
    states_[static_cast<std::size_t>(filled[static_cast<std::size_t>(component[static_cast<std::size_t>(s)])]++)] = s;
}

std::span<const Index> StrongComponents::states(Index component) const {
  const auto c = static_cast<std::size_t>(component);
  const auto begin = static_cast<std::size_t>(offsets_[c]), end = static_cast<std::size_t>(offsets_[c + 1]);
  return std::span(states_).subspan(begin, end - begin);
}

Index StrongComponents::largest() const {
  Index result = 0;
  for (Index c = 0; c < count(); ++c) result = std::max(result, static_cast<Index>(states(c).size()));
  return result;
}

}  // namespace softrl::tabular
