#include "tabular/hitting.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tabular/base_measure.hpp"
#include "tabular/predecessors.hpp"
#include "tabular/stopped_chain.hpp"

namespace softrl::tabular {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

enum class Chance : char { Never, Maybe, Sure };

// Marks `from` and all states that can move into what is marked, except `closed` ones.
std::vector<char> backwards(const Predecessors& predecessors, std::vector<char> marked,
                            const std::vector<char>& closed) {
  std::vector<Index> queue;
  for (std::size_t s = 0; s < marked.size(); ++s) {
    if (marked[s]) queue.push_back(static_cast<Index>(s));
  }
  while (!queue.empty()) {
    const Index state = queue.back();
    queue.pop_back();
    for (const Index from : predecessors.of(state)) {
      const auto f = static_cast<std::size_t>(from);
      if (marked[f] || closed[f]) continue;
      marked[f] = 1;
      queue.push_back(from);
    }
  }
  return marked;
}

std::vector<char> target_set(const Mdp& mdp, std::span<const Index> targets) {
  std::vector<char> set(static_cast<std::size_t>(mdp.states()), 0);
  for (const Index s : targets) {
    if (s < 0 || s >= mdp.states())
      throw std::invalid_argument(fmt::format("targets: state {} is not in [0, {})", s, mdp.states()));
    set[static_cast<std::size_t>(s)] = 1;
  }
  return set;
}

// Who cannot reach a target never hits; of a finite chain, who cannot come to such a state without passing a target is
// sure to hit.
std::vector<Chance> chances(const Mdp& mdp, const Eigen::VectorXd& policy, const std::vector<char>& targets) {
  const Predecessors predecessors(mdp, BaseMeasure::kl_to(mdp, policy));
  const std::vector<char> can_hit = backwards(predecessors, targets, std::vector<char>(targets.size(), 0));
  std::vector<char> never(targets.size());
  for (std::size_t s = 0; s < never.size(); ++s) never[s] = !can_hit[s];
  const std::vector<char> can_miss = backwards(predecessors, never, targets);
  std::vector<Chance> result(targets.size());
  for (std::size_t s = 0; s < result.size(); ++s)
    result[s] = !can_hit[s] ? Chance::Never : can_miss[s] ? Chance::Maybe : Chance::Sure;
  return result;
}

// E[Σ b(s_t)] up to and with the first state where `moves` is false; `result` where that is at once.
Hitting undiscounted_sums(const Mdp& mdp, Eigen::VectorXd policy, const std::vector<char>& moves,
                          const Eigen::VectorXd& b, Eigen::VectorXd values) {
  Hitting result{.status = Status::Converged, .error_bound = 0.0, .states = std::move(values)};
  if (std::none_of(moves.begin(), moves.end(), [](char m) { return m; })) return result;
  const double row_error = row_scaling_error(mdp, policy);
  for (Index s = 0; s < mdp.states(); ++s) {
    if (!moves[static_cast<std::size_t>(s)]) policy.segment(mdp.first_pair(s), mdp.action_count(s)).setZero();
  }
  const Mdp undiscounted = mdp.with_discount(1.0);
  StoppedChain chain(undiscounted, std::move(policy), row_error);
  result.status = Status::Stalled;
  result.error_bound = infinity;
  if (!chain.stops()) return result;
  const auto sums = chain.sums(b);
  if (!sums) return result;
  result.status = Status::Converged;
  result.error_bound = 0.0;
  for (Index s = 0; s < mdp.states(); ++s) {
    if (!moves[static_cast<std::size_t>(s)]) continue;
    result.states(s) = sums->states(s);
    result.error_bound = std::max(result.error_bound, sums->error(s));
  }
  return result;
}

}  // namespace

Hitting hitting_probabilities(const Mdp& mdp, const Eigen::VectorXd& policy, std::span<const Index> targets) {
  check_policy(mdp, policy);
  const std::vector<Chance> chance = chances(mdp, policy, target_set(mdp, targets));
  std::vector<char> moves(chance.size(), 0);
  Eigen::VectorXd sure = Eigen::VectorXd::Zero(mdp.states());
  for (Index s = 0; s < mdp.states(); ++s) {
    const Chance c = chance[static_cast<std::size_t>(s)];
    moves[static_cast<std::size_t>(s)] = c == Chance::Maybe;
    sure(s) = c == Chance::Sure ? 1.0 : 0.0;
  }
  Hitting result = undiscounted_sums(mdp, policy, moves, sure, sure);
  result.states = result.states.cwiseMax(0.0).cwiseMin(1.0);
  return result;
}

Hitting expected_hitting_times(const Mdp& mdp, const Eigen::VectorXd& policy, std::span<const Index> targets) {
  check_policy(mdp, policy);
  const std::vector<char> is_target = target_set(mdp, targets);
  const std::vector<Chance> chance = chances(mdp, policy, is_target);
  std::vector<char> moves(chance.size(), 0);
  Eigen::VectorXd steps = Eigen::VectorXd::Zero(mdp.states()), values = steps;
  for (Index s = 0; s < mdp.states(); ++s) {
    const auto i = static_cast<std::size_t>(s);
    moves[i] = chance[i] == Chance::Sure && !is_target[i];
    steps(s) = moves[i] ? 1.0 : 0.0;
    values(s) = chance[i] == Chance::Sure ? 0.0 : infinity;
  }
  return undiscounted_sums(mdp, policy, moves, steps, values);
}

}  // namespace softrl::tabular
