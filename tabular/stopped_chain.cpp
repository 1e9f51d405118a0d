#include "tabular/stopped_chain.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "softrl/operators.hpp"

namespace softrl::tabular {
namespace {

constexpr double unit = std::numeric_limits<double>::epsilon() / 2.0;

// γ P_π v. A sum of products, each of them rounded and added: the relative error is below this many units, in sums
// without negative terms.
Eigen::VectorXd step_back(const Mdp& mdp, const Eigen::VectorXd& policy, const Eigen::VectorXd& v) {
  Eigen::VectorXd result = Eigen::VectorXd::Zero(mdp.states());
  for (Index s = 0; s < mdp.states(); ++s) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      if (policy(k) > 0.0) result(s) += mdp.discount() * policy(k) * mdp.expectation(k, as_span(v));
    }
  }
  return result;
}
double units_of_step_back(const Mdp& mdp) {
  return static_cast<double>(mdp.longest_row()) + mdp.largest_action_set() + 4.0;
}

}  // namespace

double row_scaling_error(const Mdp& mdp, const Eigen::VectorXd& policy) {
  double error = 0.0;
  for (Index s = 0; s < mdp.states(); ++s) {
    if (mdp.is_terminal(s)) continue;
    error = std::max(error, std::abs(policy.segment(mdp.first_pair(s), mdp.action_count(s)).sum() - 1.0));
  }
  return 1.001 * (error + mdp.row_sum_error() + unit * mdp.largest_action_set());
}

StoppedChain::StoppedChain(const Mdp& mdp, Eigen::VectorXd policy, double relative_error)
    : mdp_(mdp), policy_(std::move(policy)), units_(relative_error / unit), system_(mdp, policy_) {
  auto steps = system_.solve(Eigen::VectorXd::Ones(mdp.states()));
  if (!steps || !(steps->minCoeff() > 0.0)) return;
  steps_ = std::move(*steps);
  const Eigen::VectorXd later = step_back(mdp_, policy_, steps_) * (1.0 + unit * (units_of_step_back(mdp_) + units_));
  least_ = (steps_ - later).minCoeff() * (1.0 - 4.0 * unit);
}

std::optional<StoppedChain::Visits> StoppedChain::visits(const Eigen::VectorXd& start, double start_error) {
  assert(stops() && start.size() == mdp_.states());
  const auto solved = system_.solve_transposed(start);
  if (!solved) return std::nullopt;
  Visits result{.states = solved->cwiseMax(0.0), .error = {}, .flow_residual = 0.0};
  Eigen::VectorXd inflow = start;
  std::vector<double> terms(static_cast<std::size_t>(mdp_.states()), 0.0);
  for (Index s = 0; s < mdp_.states(); ++s) {
    for (Index k = mdp_.first_pair(s); k < mdp_.first_pair(s + 1); ++k) {
      const double weight = mdp_.discount() * result.states(s) * policy_(k);
      if (weight == 0.0) continue;
      const auto next = mdp_.successors(k);
      const auto probabilities = mdp_.probabilities(k);
      for (std::size_t t = 0; t < next.size(); ++t) {
        inflow(next[t]) += probabilities.empty() ? weight : weight * probabilities[t];
        terms[static_cast<std::size_t>(next[t])] += 1.0;
      }
    }
  }
  const Eigen::VectorXd residual = (result.states - inflow).cwiseAbs();
  result.flow_residual = residual.sum();
  const Eigen::Map<const Eigen::ArrayXd> n(terms.data(), mdp_.states());
  // Products may underflow, too.
  const Eigen::ArrayXd rounding =
      unit * (n + 6.0 + units_) * (inflow + result.states).array() + start_error * start.array() + 1e-300;
  result.error = steps_.array() * (residual.array() + rounding) / least_ * (1.0 + 8.0 * unit);
  if (!result.error.allFinite()) return std::nullopt;
  return result;
}

std::optional<StoppedChain::Sums> StoppedChain::sums(const Eigen::VectorXd& b, double b_error) {
  assert(stops() && b.size() == mdp_.states());
  auto solved = system_.solve(b);
  if (!solved) return std::nullopt;
  Sums result{.states = std::move(*solved), .error = {}};
  const Eigen::VectorXd back = step_back(mdp_, policy_, result.states);
  const Eigen::VectorXd magnitude = step_back(mdp_, policy_, result.states.cwiseAbs());
  const Eigen::ArrayXd residual = (b + back - result.states).array().abs();
  const Eigen::ArrayXd rounding =
      unit * (units_of_step_back(mdp_) + 4.0 + units_) * (magnitude + b.cwiseAbs() + result.states.cwiseAbs()).array() +
      1e-300;
  const double most = (residual + rounding).maxCoeff() + b_error;
  result.error = steps_ * (most / least_ * (1.0 + 8.0 * unit));
  if (!result.error.allFinite()) return std::nullopt;
  return result;
}

}  // namespace softrl::tabular
