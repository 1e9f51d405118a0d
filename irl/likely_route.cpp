#include "irl/likely_route.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <queue>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// The beginnings of routes, as a tree: each is its parent and one move more.
struct Prefix {
  std::int64_t parent;  // −1: the origin alone
  int move;
  int link;  // The last.
};

bool passes(const std::vector<Prefix>& prefixes, std::int64_t prefix, int link) {
  for (; prefix >= 0; prefix = prefixes[prefix].parent)
    if (prefixes[prefix].link == link) return true;
  return false;
}

std::vector<int> moves_of(const std::vector<Prefix>& prefixes, std::int64_t prefix) {
  std::vector<int> moves;
  for (; prefixes[prefix].parent >= 0; prefix = prefixes[prefix].parent) moves.push_back(prefixes[prefix].move);
  std::reverse(moves.begin(), moves.end());
  return moves;
}

}  // namespace

// Dijkstra's algorithm, from the ends. best(k) is the greatest of log P(m) + best(to(m)) and log P(end | k) to the last
// bit, and a move that attains it leads to a link of lower rank.
LikelyRouteSearch::LikelyRouteSearch(const RoadNetwork& network, const DiscretePolicy& policy)
    : network_(&network), rank_(network.links.size(), -1) {
  const auto log_prob = [&](int link, int action) {
    const double value = policy.log_prob(link, action);
    if (!(value <= 1e-6))
      throw std::invalid_argument(
          fmt::format("the policy's log_prob on link {} must be at most 0, got {}", network.links[link], value));
    return std::min(value, 0.0);
  };
  for (int link = 0; link < network.link_count(); ++link) {
    const int degree = network.out_degree(link);
    for (int action = 0; action < degree; ++action) move_log_probs_.push_back(log_prob(link, action));
    end_log_probs_.push_back(log_prob(link, degree));
  }
  const IncomingMoves incoming = incoming_moves(network);
  best_ = end_log_probs_;
  std::priority_queue<std::pair<double, int>> frontier;
  const auto reach = [&](int link) {
    if (best_[link] > -infinity) frontier.emplace(best_[link], link);
  };
  for (int link = 0; link < network.link_count(); ++link) reach(link);
  for (int settled = 0; !frontier.empty();) {
    const int link = frontier.top().second;
    frontier.pop();
    if (rank_[link] >= 0) continue;
    rank_[link] = settled++;
    for (int i = incoming.first[link]; i < incoming.first[link + 1]; ++i) {
      const int move = incoming.moves[i];
      const int from = network.from[move];
      const double through = move_log_probs_[move] + best_[link];
      if (!(through > best_[from])) continue;
      best_[from] = through;
      reach(from);
    }
  }
}

LikelyRoutes LikelyRouteSearch::from(int origin, const LikelyRoutesOptions& options) const {
  const RoadNetwork& network = *network_;
  check_in_range("origin", origin, 0, network.link_count() - 1);
  check_count("count", options.count, 1);
  check_count("max_expansions", options.max_expansions, 1);

  // A prefix or, of rank −1, the route that ends after it. The log P of its best continuation falls by the regret of
  // every move, which is exactly 0 for a best one: that keeps it free of the rounding of long sums. Of equals the one
  // of lowest rank is grown first. A best move leads to a lower rank, so that a route ends within as many steps as
  // there are links, however many routes or cycles are equally likely.
  struct Candidate {
    double log_prob;
    int rank;
    std::int64_t prefix;
    bool operator<(const Candidate& other) const {
      return std::tuple(log_prob, -rank, -prefix) < std::tuple(other.log_prob, -other.rank, -other.prefix);
    }
  };
  std::vector<Prefix> prefixes{{.parent = -1, .move = -1, .link = origin}};
  std::priority_queue<Candidate> frontier;
  if (rank_[origin] >= 0) frontier.push({best_[origin], rank_[origin], 0});

  LikelyRoutes result{.status = Status::Converged, .routes = {}, .expansions = 0};
  while (!frontier.empty() && static_cast<int>(result.routes.size()) < options.count) {
    const Candidate candidate = frontier.top();
    if (candidate.rank < 0) {
      frontier.pop();
      result.routes.push_back({moves_of(prefixes, candidate.prefix), candidate.log_prob});
      continue;
    }
    if (result.expansions == options.max_expansions) {
      result.status = Status::IterationLimit;
      break;
    }
    frontier.pop();
    ++result.expansions;
    const int link = prefixes[candidate.prefix].link;
    const auto with_regret = [&](double through) { return candidate.log_prob + (through - best_[link]); };
    if (end_log_probs_[link] > -infinity) frontier.push({with_regret(end_log_probs_[link]), -1, candidate.prefix});
    for (int move = network.first_move[link]; move < network.first_move[link + 1]; ++move) {
      const int next = network.to[move];
      const double through = move_log_probs_[move] + best_[next];
      if (through == -infinity || (!options.loops && passes(prefixes, candidate.prefix, next))) continue;
      frontier.push({with_regret(through), rank_[next], static_cast<std::int64_t>(prefixes.size())});
      prefixes.push_back({.parent = candidate.prefix, .move = move, .link = next});
    }
  }
  return result;
}

LikelyRoutes likely_routes(const RoadNetwork& network, const DiscretePolicy& policy, int origin,
                           const LikelyRoutesOptions& options) {
  return LikelyRouteSearch(network, policy).from(origin, options);
}

}  // namespace softrl::irl
