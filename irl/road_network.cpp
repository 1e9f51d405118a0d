#include "irl/road_network.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/strong_components.hpp>
#include <fmt/format.h>

#include "softrl/check.hpp"

namespace softrl::irl {

int RoadNetwork::find_move(int from_link, int to_link) const {
  const auto begin = to.begin() + first_move[from_link];
  const auto end = to.begin() + first_move[from_link + 1];
  const auto found = std::lower_bound(begin, end, to_link);
  return found != end && *found == to_link ? static_cast<int>(found - to.begin()) : -1;
}

RoadNetwork make_road_network(std::vector<std::string> links, const std::vector<std::pair<int, int>>& moves,
                              std::vector<std::string> features, const RowMatrix& attributes) {
  check_size("rows of attributes", attributes.rows(), static_cast<std::int64_t>(moves.size()));
  check_size("columns of attributes", attributes.cols(), static_cast<std::int64_t>(features.size()));
  if (!attributes.allFinite()) throw std::invalid_argument("attributes must be finite");

  std::vector<int> order(moves.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) { return moves[a] < moves[b]; });

  RoadNetwork network;
  network.links = std::move(links);
  network.features = std::move(features);
  network.first_move.assign(network.links.size() + 1, 0);
  network.attributes.resize(attributes.rows(), attributes.cols());
  for (const int m : order) {
    const auto [from, to] = moves[m];
    if (from < 0 || to < 0 || from >= network.link_count() || to >= network.link_count())
      throw std::invalid_argument(fmt::format("move {} → {} is between links that do not exist", from, to));
    if (!network.to.empty() && network.from.back() == from && network.to.back() == to)
      throw std::invalid_argument(fmt::format("move {} → {} appears twice", network.links[from], network.links[to]));
    network.attributes.row(network.move_count()) = attributes.row(m);
    network.from.push_back(from);
    network.to.push_back(to);
    ++network.first_move[from + 1];
  }
  std::partial_sum(network.first_move.begin(), network.first_move.end(), network.first_move.begin());
  return network;
}

IncomingMoves incoming_moves(const RoadNetwork& network) {
  IncomingMoves incoming{.first = std::vector<int>(network.links.size() + 1, 0), .moves = std::vector<int>(network.to)};
  for (const int a : network.to) ++incoming.first[a + 1];
  std::partial_sum(incoming.first.begin(), incoming.first.end(), incoming.first.begin());
  std::vector<int> slot(incoming.first.begin(), incoming.first.end() - 1);
  for (int m = 0; m < network.move_count(); ++m) incoming.moves[slot[network.to[m]]++] = m;
  return incoming;
}

std::vector<int> strong_components(const RoadNetwork& network, const std::vector<bool>& relevant) {
  std::vector<std::pair<int, int>> edges;
  for (int m = 0; m < network.move_count(); ++m)
    if (relevant[network.from[m]] && relevant[network.to[m]]) edges.emplace_back(network.from[m], network.to[m]);
  const boost::compressed_sparse_row_graph<boost::directedS> graph(boost::edges_are_sorted, edges.begin(), edges.end(),
                                                                   network.link_count());
  std::vector<int> component(network.links.size());
  boost::strong_components(
      graph, boost::make_iterator_property_map(component.begin(), get(boost::vertex_index, graph), component[0]));
  for (int k = 0; k < network.link_count(); ++k)
    if (!relevant[k]) component[k] = -1;
  return component;
}

std::vector<bool> reachable(const RoadNetwork& network, const std::vector<int>& sources, Direction direction,
                            const std::vector<bool>& closed) {
  std::vector<int> first(network.first_move), next(network.to);
  if (direction == Direction::Backward) {
    IncomingMoves incoming = incoming_moves(network);
    first = std::move(incoming.first);
    for (int i = 0; i < network.move_count(); ++i) next[i] = network.from[incoming.moves[i]];
  }
  std::vector<bool> found(network.links.size(), false);
  std::vector<int> frontier;
  const auto visit = [&](int link) {
    if (found[link]) return;
    found[link] = true;
    frontier.push_back(link);
  };
  for (const int source : sources) visit(source);
  while (!frontier.empty()) {
    const int link = frontier.back();
    frontier.pop_back();
    if (!closed.empty() && closed[link]) continue;
    for (int m = first[link]; m < first[link + 1]; ++m) visit(next[m]);
  }
  return found;
}

}  // namespace softrl::irl
