#include "tabular/strong_components.hpp"

#include <algorithm>
#include <cmath>

#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/strong_components.hpp>

namespace softrl::tabular {
namespace {

using Graph = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, boost::no_property,
                                                 boost::no_property, Index, Index>;

// Each distinct move to another state once.
Graph move_graph(const Mdp& mdp, const BaseMeasure& measure) {
  std::vector<Index> sources, targets, row;
  for (Index s = 0; s < mdp.states(); ++s) {
    row.clear();
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      if (measure.log_weights.size() != 0 && std::isinf(measure.log_weights(k))) continue;
      const auto next = mdp.successors(k);
      const auto probabilities = mdp.probabilities(k);
      for (std::size_t t = 0; t < next.size(); ++t) {
        if (next[t] != s && (probabilities.empty() || probabilities[t] > 0.0)) row.push_back(next[t]);
      }
    }
    std::sort(row.begin(), row.end());
    row.erase(std::unique(row.begin(), row.end()), row.end());
    targets.insert(targets.end(), row.begin(), row.end());
    sources.insert(sources.end(), row.size(), s);
  }
  return {boost::construct_inplace_from_sources_and_targets, sources, targets, mdp.states()};
}

}  // namespace

StrongComponents::StrongComponents(const Mdp& mdp, const BaseMeasure& measure) {
  const Graph graph = move_graph(mdp, measure);
  std::vector<Index> component(static_cast<std::size_t>(mdp.states()));
  const auto count = boost::strong_components(
      graph, boost::make_iterator_property_map(component.begin(), get(boost::vertex_index, graph)));
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
