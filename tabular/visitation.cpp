#include "tabular/visitation.hpp"

#include <limits>
#include <vector>

#include <fmt/format.h>

#include "softrl/check.hpp"
#include "tabular/base_measure.hpp"
#include "tabular/feasibility.hpp"
#include "tabular/stopped_chain.hpp"

namespace softrl::tabular {
namespace {

std::vector<char> reached_states(const Mdp& mdp, const Eigen::VectorXd& policy, const Eigen::VectorXd& start) {
  std::vector<char> reached(static_cast<std::size_t>(mdp.states()), 0);
  std::vector<Index> queue;
  const auto reach = [&](Index s) {
    if (reached[static_cast<std::size_t>(s)]) return;
    reached[static_cast<std::size_t>(s)] = 1;
    queue.push_back(s);
  };
  for (Index s = 0; s < mdp.states(); ++s) {
    if (start(s) > 0.0) reach(s);
  }
  while (!queue.empty()) {
    const Index state = queue.back();
    queue.pop_back();
    for (Index k = mdp.first_pair(state); k < mdp.first_pair(state + 1); ++k) {
      if (policy(k) == 0.0) continue;
      const auto next = mdp.successors(k);
      const auto probabilities = mdp.probabilities(k);
      for (std::size_t t = 0; t < next.size(); ++t) {
        if (probabilities.empty() || probabilities[t] > 0.0) reach(next[t]);
      }
    }
  }
  return reached;
}

}  // namespace

Eigen::VectorXd start_distribution(const Mdp& mdp, const Eigen::VectorXd& start) {
  if (start.size() == 0) return mdp.initial_distribution();
  check_size("start", start.size(), mdp.states());
  for (Index s = 0; s < mdp.states(); ++s) check_at_least(fmt::format("start: weight of state {}", s), start(s), 0.0);
  check_finite("sum of start", start.sum());
  return start;
}

Visitation visitation(const Mdp& mdp, const Eigen::VectorXd& policy, const Eigen::VectorXd& start) {
  check_policy(mdp, policy);
  const Eigen::VectorXd first = start_distribution(mdp, start);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Visitation result{.status = Status::Infeasible,
                    .flow_residual = infinity,
                    .error_bound = infinity,
                    .states = Eigen::VectorXd::Zero(mdp.states()),
                    .pairs = Eigen::VectorXd::Zero(mdp.pairs())};

  const std::vector<char> reached = reached_states(mdp, policy, first);
  if (mdp.discount() == 1.0) {
    for (const Index s : states_without_exit(mdp, BaseMeasure::kl_to(mdp, policy))) {
      if (reached[static_cast<std::size_t>(s)]) return result;
    }
  }

  // What the policy does where it never comes does not matter, and might not be proper.
  Eigen::VectorXd followed = policy;
  for (Index s = 0; s < mdp.states(); ++s) {
    if (!reached[static_cast<std::size_t>(s)]) followed.segment(mdp.first_pair(s), mdp.action_count(s)).setZero();
  }
  StoppedChain chain(mdp, followed);
  result.status = Status::Stalled;
  if (!chain.stops()) return result;
  auto visits = chain.visits(first);
  if (!visits) return result;
  for (Index s = 0; s < mdp.states(); ++s) {
    if (!reached[static_cast<std::size_t>(s)]) visits->states(s) = visits->error(s) = 0.0;
  }
  result.status = Status::Converged;
  result.flow_residual = visits->flow_residual;
  result.error_bound = visits->error.sum() * (1.0 + 1e-12);
  result.states = std::move(visits->states);
  for (Index s = 0; s < mdp.states(); ++s) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) result.pairs(k) = result.states(s) * policy(k);
  }
  return result;
}

}  // namespace softrl::tabular
