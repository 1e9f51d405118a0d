#include "tabular/feasibility.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "softrl/operators.hpp"
#include "tabular/certificate.hpp"

namespace softrl::tabular {
namespace {

// (state, predecessor) for every possible move, by counting sort on the state.
struct Predecessors {
  std::vector<Index> offsets, states;

  Predecessors(const Mdp& mdp, const BaseMeasure& measure) : offsets(static_cast<std::size_t>(mdp.states()) + 1, 0) {
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
    for_each_move([&](std::size_t to, Index) { ++offsets[to + 1]; });
    for (std::size_t s = 1; s < offsets.size(); ++s) offsets[s] += offsets[s - 1];
    states.resize(static_cast<std::size_t>(offsets.back()));
    std::vector<Index> filled(offsets.begin(), offsets.end() - 1);
    for_each_move([&](std::size_t to, Index from) { states[static_cast<std::size_t>(filled[to]++)] = from; });
  }
};

}  // namespace

std::vector<Index> states_without_exit(const Mdp& mdp, const BaseMeasure& measure) {
  const Predecessors predecessors(mdp, measure);
  std::vector<char> exits(static_cast<std::size_t>(mdp.states()), 0);
  std::vector<Index> queue;
  for (const auto& [state, value] : mdp.terminal()) {
    exits[static_cast<std::size_t>(state)] = 1;
    queue.push_back(state);
  }
  while (!queue.empty()) {
    const auto s = static_cast<std::size_t>(queue.back());
    queue.pop_back();
    for (auto i = predecessors.offsets[s]; i < predecessors.offsets[s + 1]; ++i) {
      const Index from = predecessors.states[static_cast<std::size_t>(i)];
      if (exits[static_cast<std::size_t>(from)]) continue;
      exits[static_cast<std::size_t>(from)] = 1;
      queue.push_back(from);
    }
  }
  std::vector<Index> result;
  for (Index s = 0; s < mdp.states(); ++s) {
    if (!exits[static_cast<std::size_t>(s)]) result.push_back(s);
  }
  return result;
}

// The largest closed set is what remains after removing, again and again, states that do not grow with the actions left
// to them. In it, T restricted to those actions maps V to at least V + g for some g > 0, hence by monotonicity T^n V to
// at least V + n g.
bool grows_forever(const Bellman& bellman, const Eigen::VectorXd& values) {
  const Mdp& mdp = bellman.mdp();
  const auto v = as_span(values);
  const double error = backup_rounding_error(bellman, values.cwiseAbs().maxCoeff());
  if (!std::isfinite(error)) return false;

  std::vector<char> kept(static_cast<std::size_t>(mdp.states())), waiting(kept.size());
  std::vector<Index> queue;
  for (Index s = 0; s < mdp.states(); ++s) {
    if (mdp.is_terminal(s)) continue;
    kept[static_cast<std::size_t>(s)] = waiting[static_cast<std::size_t>(s)] = 1;
    queue.push_back(s);
  }
  std::size_t count = queue.size();

  const auto stays = [&](Index pair) {
    const auto next = mdp.successors(pair);
    const auto probabilities = mdp.probabilities(pair);
    for (std::size_t t = 0; t < next.size(); ++t) {
      if (!kept[static_cast<std::size_t>(next[t])] && (probabilities.empty() || probabilities[t] > 0.0)) return false;
    }
    return true;
  };
  std::vector<double> q, log_weights;
  const auto grows = [&](Index s) {
    q.clear();
    log_weights.clear();
    const auto weights = bellman.log_weights(s);
    for (Index i = 0; i < mdp.action_count(s); ++i) {
      const Index pair = mdp.first_pair(s) + i;
      if (!stays(pair)) continue;
      q.push_back(mdp.reward(pair) + mdp.expectation(pair, v));
      log_weights.push_back(weights.empty() ? 0.0 : weights[static_cast<std::size_t>(i)]);
    }
    return soft_value(q, bellman.temperature(), log_weights) - values(s) > 2.0 * error;
  };

  // A state is looked at once, and again whenever one that it may move to has been removed.
  const Predecessors predecessors(mdp, bellman.measure());
  while (!queue.empty()) {
    const Index state = queue.back();
    const auto s = static_cast<std::size_t>(state);
    queue.pop_back();
    waiting[s] = 0;
    if (grows(state)) continue;
    kept[s] = 0;
    --count;
    for (auto i = predecessors.offsets[s]; i < predecessors.offsets[s + 1]; ++i) {
      const Index from = predecessors.states[static_cast<std::size_t>(i)];
      const auto f = static_cast<std::size_t>(from);
      if (!kept[f] || waiting[f]) continue;
      waiting[f] = 1;
      queue.push_back(from);
    }
  }
  return count > 0;
}

}  // namespace softrl::tabular
