#include "tabular/predecessors.hpp"

#include <cmath>

namespace softrl::tabular {

// A counting sort of the moves on the state they lead to.
Predecessors::Predecessors(const Mdp& mdp, const BaseMeasure& measure)
    : offsets_(static_cast<std::size_t>(mdp.states()) + 1, 0) {
  const auto for_each_move = [&](auto&& visit) {
    for (Index s = 0; s < mdp.states(); ++s) {
      for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
        if (measure.log_weights.size() != 0 && std::isinf(measure.log_weights(k))) continue;
        const auto next = mdp.successors(k);
        const auto probabilities = mdp.probabilities(k);
        for (std::size_t t = 0; t < next.size(); ++t) {
          if (probabilities.empty() || probabilities[t] > 0.0) visit(static_cast<std::size_t>(next[t]), s);
        }
      }
    }
  };
  for_each_move([&](std::size_t to, Index) { ++offsets_[to + 1]; });
  for (std::size_t s = 1; s < offsets_.size(); ++s) offsets_[s] += offsets_[s - 1];
  states_.resize(static_cast<std::size_t>(offsets_.back()));
  std::vector<Index> filled(offsets_.begin(), offsets_.end() - 1);
  for_each_move([&](std::size_t to, Index from) { states_[static_cast<std::size_t>(filled[to]++)] = from; });
}

std::span<const Index> Predecessors::of(Index state) const {
  const auto s = static_cast<std::size_t>(state);
  const auto begin = static_cast<std::size_t>(offsets_[s]), end = static_cast<std::size_t>(offsets_[s + 1]);
  return std::span(states_).subspan(begin, end - begin);
}

}  // namespace softrl::tabular
