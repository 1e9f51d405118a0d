#include "tabular/terminal_states.hpp"

#include <algorithm>
#include <utility>

namespace softrl::tabular {
namespace {

std::pair<std::size_t, std::size_t> row_of(const MdpArrays& arrays, std::size_t pair) {
  if (arrays.successor_offsets.empty()) return {pair, pair + 1};
  return {static_cast<std::size_t>(arrays.successor_offsets[pair]),
          static_cast<std::size_t>(arrays.successor_offsets[pair + 1])};
}

}  // namespace

std::vector<TerminalState> absorbing_states(const MdpArrays& arrays) {
  std::vector<TerminalState> states;
  for (std::size_t s = 0; s + 1 < arrays.action_offsets.size(); ++s) {
    const auto pair = static_cast<std::size_t>(arrays.action_offsets[s]);
    if (arrays.action_offsets[s + 1] - arrays.action_offsets[s] != 1 || arrays.rewards[pair] != 0.0) continue;
    const auto [begin, end] = row_of(arrays, pair);
    const auto first = arrays.successors.begin();
    const auto self = static_cast<Index>(s);
    if (begin < end && std::all_of(first + static_cast<std::ptrdiff_t>(begin), first + static_cast<std::ptrdiff_t>(end),
                                   [&](Index next) { return next == self; }))
      states.push_back({self, 0.0});
  }
  return states;
}

void make_terminal(MdpArrays& arrays, const std::vector<TerminalState>& states) {
  if (states.empty()) return;
  const std::size_t count = arrays.action_offsets.size() - 1;
  std::vector<bool> terminal(count, false);
  for (const TerminalState& old : arrays.terminal) terminal[static_cast<std::size_t>(old.state)] = true;
  for (const TerminalState& state : states) {
    if (terminal[static_cast<std::size_t>(state.state)]) continue;
    terminal[static_cast<std::size_t>(state.state)] = true;
    arrays.terminal.push_back(state);
  }
  // Everything moves forward over what is dropped.
  const bool sure = arrays.successor_offsets.empty(), named = !arrays.actions.empty();
  std::size_t pairs = 0, transitions = 0;
  Index next_pair = 0;
  for (std::size_t s = 0; s < count; ++s) {
    const Index begin_pair = std::exchange(next_pair, arrays.action_offsets[s + 1]);
    for (auto k = static_cast<std::size_t>(begin_pair); k < static_cast<std::size_t>(next_pair) && !terminal[s]; ++k) {
      const auto [begin, end] = row_of(arrays, k);
      arrays.rewards[pairs] = arrays.rewards[k];
      if (named) arrays.actions[pairs] = arrays.actions[k];
      if (!sure) arrays.successor_offsets[pairs] = static_cast<Index>(transitions);
      ++pairs;
      for (std::size_t t = begin; t < end; ++t, ++transitions) {
        arrays.successors[transitions] = arrays.successors[t];
        if (!sure) arrays.probabilities[transitions] = arrays.probabilities[t];
      }
    }
    arrays.action_offsets[s + 1] = static_cast<Index>(pairs);
  }
  arrays.rewards.resize(pairs);
  arrays.successors.resize(transitions);
  if (named) arrays.actions.resize(pairs);
  if (sure) return;
  arrays.probabilities.resize(transitions);
  arrays.successor_offsets.resize(pairs);
  arrays.successor_offsets.push_back(static_cast<Index>(transitions));
}

std::vector<Successor> sorted_row(const Mdp& mdp, Index pair) {
  const auto successors = mdp.successors(pair);
  const auto probabilities = mdp.probabilities(pair);
  std::vector<Successor> row;
  for (std::size_t t = 0; t < successors.size(); ++t) {
    const double p = mdp.deterministic() ? 1.0 : probabilities[t];
    if (p > 0.0) row.push_back({successors[t], p});
  }
  std::stable_sort(row.begin(), row.end(), [](const Successor& a, const Successor& b) { return a.state < b.state; });
  std::size_t kept = 0;
  for (std::size_t t = 1; t < row.size(); ++t) {
    if (row[t].state == row[kept].state)
      row[kept].probability += row[t].probability;
    else
      row[++kept] = row[t];
  }
  if (!row.empty()) row.resize(kept + 1);
  return row;
}

}  // namespace softrl::tabular
