#include "tabular/feasibility.hpp"

#include <algorithm>
#include <cmath>

#include "softrl/operators.hpp"
#include "tabular/certificate.hpp"
#include "tabular/predecessors.hpp"

namespace softrl::tabular {
std::vector<Index> states_without_exit(const Mdp& mdp, const BaseMeasure& measure) {
  const Predecessors predecessors(mdp, measure);
  std::vector<char> exits(static_cast<std::size_t>(mdp.states()), 0);
  std::vector<Index> queue;
  for (const auto& [state, value] : mdp.terminal()) {
    exits[static_cast<std::size_t>(state)] = 1;
    queue.push_back(state);
  }
  while (!queue.empty()) {
    const Index state = queue.back();
    queue.pop_back();
    for (const Index from : predecessors.of(state)) {
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
    for (const Index from : predecessors.of(state)) {
      const auto f = static_cast<std::size_t>(from);
      if (!kept[f] || waiting[f]) continue;
      waiting[f] = 1;
      queue.push_back(from);
    }
  }
  return count > 0;
}

}  // namespace softrl::tabular
