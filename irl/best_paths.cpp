#include "irl/best_paths.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <queue>
#include <utility>

namespace softrl::irl {
namespace {

constexpr double never = -std::numeric_limits<double>::infinity();

// No utility is positive: links are settled in the order of their utilities, best first.
BestPaths by_dijkstra(const RoadNetwork& network, const IncomingMoves& incoming, const Eigen::VectorXd& utilities,
                      const std::vector<int>& ends, const std::vector<bool>& closed, int until) {
  const auto links = network.links.size();
  BestPaths best{.utility = Eigen::VectorXd::Constant(network.link_count(), never),
                 .move = std::vector<int>(links, -1),
                 .order = {}};
  std::vector<bool> settled(links, false);
  std::priority_queue<std::pair<double, int>> frontier;
  for (const int link : ends) {
    best.utility(link) = 0.0;
    frontier.emplace(0.0, link);
  }
  while (!frontier.empty()) {
    const int link = frontier.top().second;
    frontier.pop();
    if (settled[link]) continue;
    settled[link] = true;
    best.order.push_back(link);
    if (link == until) break;
    for (int i = incoming.first[link]; i < incoming.first[link + 1]; ++i) {
      const int move = incoming.moves[i], from = network.from[move];
      const double utility = utilities(move) + best.utility(link);
      if (settled[from] || !(utility > best.utility(from)) || (!closed.empty() && closed[from])) continue;
      best.utility(from) = utility;
      best.move[from] = move;
      frontier.emplace(utility, from);
    }
  }
  while (!frontier.empty()) {  // Where the search stopped early, what it had not settled is not known.
    const int link = frontier.top().second;
    frontier.pop();
    if (settled[link]) continue;
    best.utility(link) = never;
    best.move[link] = -1;
  }
  return best;
}

// Every link behind the one that its move leads to; none if the moves lead round a cycle, which rounding can make of
// one whose utility is 0.
std::optional<std::vector<int>> order_of(const RoadNetwork& network, const BestPaths& best) {
  std::vector<int> order, chain;
  enum : char { New, InChain, Listed };
  std::vector<char> state(network.links.size(), New);
  for (int link = 0; link < network.link_count(); ++link) {
    if (best.utility(link) == never) continue;
    int k = link;
    while (state[k] == New) {
      state[k] = InChain;
      chain.push_back(k);
      if (best.move[k] >= 0) k = network.to[best.move[k]];
    }
    if (state[k] == InChain && best.move[k] >= 0) return std::nullopt;
    for (; !chain.empty(); chain.pop_back()) {
      order.push_back(chain.back());
      state[chain.back()] = Listed;
    }
  }
  return order;
}

std::optional<BestPaths> by_sweeps(const RoadNetwork& network, const Eigen::VectorXd& utilities,
                                   const std::vector<int>& ends, const std::vector<bool>& closed) {
  BestPaths best{.utility = Eigen::VectorXd::Constant(network.link_count(), never),
                 .move = std::vector<int>(network.links.size(), -1),
                 .order = {}};
  for (const int link : ends) best.utility(link) = 0.0;
  // Without such a cycle a best path meets no link twice, so that as many sweeps as links find it.
  for (int sweep = 0; sweep <= network.link_count(); ++sweep) {
    bool changed = false;
    for (int m = network.move_count() - 1; m >= 0; --m) {
      const int from = network.from[m];
      const double utility = utilities(m) + best.utility(network.to[m]);
      if (!(utility > best.utility(from)) || (!closed.empty() && closed[from])) continue;
      best.utility(from) = utility;
      best.move[from] = m;
      changed = true;
    }
    if (changed) continue;
    std::optional<std::vector<int>> order = order_of(network, best);
    if (!order) return std::nullopt;
    best.order = std::move(*order);
    return best;
  }
  return std::nullopt;
}

}  // namespace

std::optional<BestPaths> best_paths(const RoadNetwork& network, const IncomingMoves& incoming,
                                    const Eigen::VectorXd& utilities, const std::vector<int>& ends,
                                    const std::vector<bool>& closed, int until) {
  if (utilities.size() == 0 || utilities.maxCoeff() <= 0.0)
    return by_dijkstra(network, incoming, utilities, ends, closed, until);
  return by_sweeps(network, utilities, ends, closed);
}

std::optional<Eigen::VectorXd> best_utilities(const RoadNetwork& network, const Eigen::VectorXd& utilities,
                                              const std::vector<int>& ends, const std::vector<bool>& closed) {
  std::optional<BestPaths> best = best_paths(network, incoming_moves(network), utilities, ends, closed);
  if (!best) return std::nullopt;
  return std::move(best->utility);
}

std::vector<int> moves_of_best_path(const RoadNetwork& network, const BestPaths& paths, int origin) {
  assert(paths.utility(origin) != never);
  std::vector<int> moves;
  for (int move = paths.move[origin]; move >= 0; move = paths.move[network.to[move]]) moves.push_back(move);
  return moves;
}

}  // namespace softrl::irl
