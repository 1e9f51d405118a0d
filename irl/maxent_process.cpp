#include "irl/maxent_process.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "softrl/check.hpp"
#include "softrl/operators.hpp"
#include "tabular/feasibility.hpp"
#include "tabular/finite_horizon.hpp"
#include "tabular/policy_system.hpp"
#include "tabular/soft_policy_iteration.hpp"

namespace softrl::irl {
namespace {

using tabular::MdpArrays;
using tabular::PolicySystem;

// Values further than this from the optimum are no basis for a gradient.
constexpr double largest_value_error = 1e-6;

Horizon checked(const Horizon& horizon) {
  if (horizon.kind == Horizon::Kind::Fixed) check_count("steps of the horizon", horizon.steps, 1);
  check_in_range("discount", horizon.discount, 0.0, 1.0);
  if (horizon.kind == Horizon::Kind::Discounted && horizon.discount == 1.0)
    throw std::invalid_argument("discount must be below 1 for a discounted horizon; to_goal is the one of discount 1");
  return horizon;
}

// `mdp` with the choices for its pairs, no rewards, and terminal states worth 0.
Mdp choice_process(const Mdp& mdp, bool by_transition, double discount) {
  MdpArrays arrays;
  arrays.discount = discount;
  const Index choices = by_transition ? mdp.transitions() : mdp.pairs();
  arrays.rewards.assign(static_cast<std::size_t>(choices), 0.0);
  for (const auto& [state, value] : mdp.terminal()) arrays.terminal.push_back({.state = state});
  arrays.action_offsets.push_back(0);
  const bool rows = !by_transition && !mdp.deterministic();
  if (rows) arrays.successor_offsets.push_back(0);
  for (Index s = 0; s < mdp.states(); ++s) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      for (const Index next : mdp.successors(k)) arrays.successors.push_back(next);
      for (const double p : mdp.probabilities(k))
        if (rows) arrays.probabilities.push_back(p);
      if (rows) arrays.successor_offsets.push_back(static_cast<Index>(arrays.successors.size()));
    }
    arrays.action_offsets.push_back(by_transition ? static_cast<Index>(arrays.successors.size())
                                                  : mdp.first_pair(s + 1));
  }
  return Mdp(std::move(arrays));
}

Eigen::VectorXd solved(std::optional<Eigen::VectorXd> solution) {
  if (!solution) throw std::runtime_error("the policy takes so long to end that rounding hides how often it visits");
  return std::move(*solution);
}

}  // namespace

std::string_view to_string(PathModel model) {
  return model == PathModel::MaxEntPaths ? "maxent_paths" : "causal_entropy";
}

MaxEntProcess::MaxEntProcess(const Mdp& mdp, PathModel model, const Horizon& horizon)
    : model_(model),
      horizon_(checked(horizon)),
      by_transition_(model == PathModel::MaxEntPaths && !mdp.deterministic()),
      choices_(choice_process(mdp, by_transition_, horizon.discount)) {
  if (by_transition_) {
    measure_.log_weights.resize(mdp.transitions());
    for (Index k = 0; k < mdp.pairs(); ++k) {
      for (const double p : mdp.probabilities(k)) {
        measure_.log_weights(static_cast<Index>(pairs_.size())) = std::log(p);
        pairs_.push_back(k);
      }
    }
  }
  if (horizon_.kind != Horizon::Kind::ToGoal && !horizon_.at_goal) return;
  if (!mdp.has_terminal_states()) throw std::invalid_argument("a horizon that ends at a goal needs a terminal state");
  if (horizon_.at_goal) {
    if (!choices_.deterministic())
      throw std::invalid_argument(
          "a fixed horizon that ends at a goal needs moves that are sure, or maxent_paths: no policy can promise to be "
          "at a goal in time");
    return;
  }
  const std::vector<Index> trapped = tabular::states_without_exit(choices_, measure_);
  if (!trapped.empty())
    throw std::invalid_argument(
        fmt::format("state {} cannot reach a terminal state, as a horizon to_goal needs", trapped.front()));
}

Eigen::VectorXd MaxEntProcess::action_policy(const Eigen::VectorXd& choices) const {
  if (!by_transition_) return choices;
  Eigen::VectorXd policy = Eigen::VectorXd::Zero(pairs_.back() + 1);
  for (Index c = 0; c < choices_.pairs(); ++c) policy(pairs_[static_cast<std::size_t>(c)]) += choices(c);
  return policy;
}

SoftPolicy MaxEntProcess::solve(const Eigen::VectorXd& rewards) {
  check_size("rewards", rewards.size(), choices_.pairs());
  if (!rewards.allFinite()) return {.feasible = false};
  return horizon_.kind == Horizon::Kind::Fixed ? solve_fixed(rewards) : solve_infinite(rewards);
}

SoftPolicy MaxEntProcess::solve_fixed(const Eigen::VectorXd& rewards) const {
  Eigen::VectorXd final_values = Eigen::VectorXd::Zero(choices_.states());
  if (horizon_.at_goal) final_values.setConstant(-std::numeric_limits<double>::infinity());
  try {
    tabular::FiniteHorizonSolution solution = tabular::backward_induction(
        {choices_, horizon_.steps},
        {.temperature = 1.0, .base_measure = measure_, .rewards = rewards.transpose(), .final_values = final_values});
    return {.feasible = true, .values = std::move(solution.values), .policies = std::move(solution.policy)};
  } catch (const std::invalid_argument&) {  // values might overflow
    return {.feasible = false};
  }
}

SoftPolicy MaxEntProcess::solve_infinite(const Eigen::VectorXd& rewards) {
  choices_ = std::move(choices_).with_rewards(as_span(rewards));
  tabular::Solution solution = tabular::soft_policy_iteration(choices_, {.temperature = 1.0,
                                                                         .tolerance = 1e-10,
                                                                         .max_iterations = 200,
                                                                         .base_measure = measure_,
                                                                         .initial_values = last_values_});
  const bool solved = solution.status == Status::Converged ||
                      (solution.status == Status::Stalled && solution.error_bound <= largest_value_error);
  if (!solved) return {.feasible = false};
  last_values_ = solution.values;
  return {.feasible = true, .values = solution.values.transpose(), .policies = solution.policy.transpose()};
}

std::vector<Eigen::VectorXd> MaxEntProcess::visits(const SoftPolicy& policy, const std::vector<Source>& sources) const {
  std::vector<Eigen::VectorXd> visits(static_cast<std::size_t>(horizon_.layers()),
                                      Eigen::VectorXd::Zero(choices_.states()));
  for (const auto& [step, state, weight] : sources)
    if (horizon_.layer(step) < horizon_.layers())
      visits[static_cast<std::size_t>(horizon_.layer(step))](state) += weight;
  if (horizon_.kind != Horizon::Kind::Fixed) {
    visits[0] = solved(PolicySystem(choices_, policy.policy(0)).solve_transposed(visits[0]));
    return visits;
  }
  for (std::size_t t = 0; t + 1 < visits.size(); ++t) {
    const auto probabilities = policy.policies.row(static_cast<Eigen::Index>(t));
    for (Index s = 0; s < choices_.states(); ++s) {
      if (visits[t](s) == 0.0) continue;
      for (Index c = choices_.first_pair(s); c < choices_.first_pair(s + 1); ++c) {
        const double flow = horizon_.discount * visits[t](s) * probabilities(c);
        const auto next = choices_.successors(c);
        const auto row = choices_.probabilities(c);
        for (std::size_t i = 0; i < next.size(); ++i) visits[t + 1](next[i]) += row.empty() ? flow : flow * row[i];
      }
    }
  }
  return visits;
}

// Of the layer after the last: nothing is to come of a fixed horizon; the others repeat themselves,
// ∂V = (I − γ P_π)⁻¹ f_π.
RowMatrix MaxEntProcess::last_slopes(const SoftPolicy& policy, const RowMatrix& features) const {
  RowMatrix slopes = RowMatrix::Zero(choices_.states(), features.cols());
  if (horizon_.kind == Horizon::Kind::Fixed) return slopes;
  PolicySystem system(choices_, policy.policy(0));
  const RowMatrix mean = state_slopes(policy.policy(0), features);
  for (Eigen::Index j = 0; j < features.cols(); ++j) slopes.col(j) = solved(system.solve(mean.col(j)));
  return slopes;
}

RowMatrix MaxEntProcess::choice_slopes(const RowMatrix& features, const RowMatrix& next) const {
  RowMatrix result = features;
  for (Index c = 0; c < choices_.pairs(); ++c) {
    const auto successors = choices_.successors(c);
    const auto row = choices_.probabilities(c);
    for (std::size_t i = 0; i < successors.size(); ++i)
      result.row(c) += (row.empty() ? horizon_.discount : horizon_.discount * row[i]) * next.row(successors[i]);
  }
  return result;
}

RowMatrix MaxEntProcess::state_slopes(const Eigen::VectorXd& policy, const RowMatrix& choice_slopes) const {
  RowMatrix result = RowMatrix::Zero(choices_.states(), choice_slopes.cols());
  for (Index s = 0; s < choices_.states(); ++s)
    for (Index c = choices_.first_pair(s); c < choices_.first_pair(s + 1); ++c)
      result.row(s) += policy(c) * choice_slopes.row(c);
  return result;
}

}  // namespace softrl::irl
