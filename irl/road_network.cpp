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

namespace {

// Where one comes to from `sources` where next(k, visit) visits the neighbours of link k.
template <class Next>
std::vector<bool> walk(int links, const std::vector<int>& sources, const Next& next) {
  std::vector<bool> found(links, false);
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
    next(link, visit);
  }
  return found;
}

}  // namespace

std::vector<bool> reachable(const RoadNetwork& network, const std::vector<int>& sources, Direction direction) {
  if (direction == Direction::Backward) return reachable(network, sources, incoming_moves(network));
  return reachable(network, sources, std::vector<bool>(network.links.size(), false));
}

std::vector<bool> reachable(const RoadNetwork& network, const std::vector<int>& sources,
                            const std::vector<bool>& closed) {
  return walk(network.link_count(), sources, [&](int link, const auto& visit) {
    if (closed[link]) return;
    for (int m = network.first_move[link]; m < network.first_move[link + 1]; ++m) visit(network.to[m]);
  });
}

std::vector<bool> reachable(const RoadNetwork& network, const std::vector<int>& sources,
                            const IncomingMoves& incoming) {
  return walk(network.link_count(), sources, [&](int link, const auto& visit) {
    for (int i = incoming.first[link]; i < incoming.first[link + 1]; ++i) visit(network.from[incoming.moves[i]]);
  });
}

}  // namespace softrl::irl
