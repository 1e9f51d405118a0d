#include "tabular/policy_evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>

#include "tabular/bellman.hpp"
#include "tabular/certificate.hpp"
#include "tabular/policy_system.hpp"

namespace softrl::tabular {
namespace {

constexpr double unit = std::numeric_limits<double>::epsilon() / 2.0;

void check_support(const Bellman& bellman, const Eigen::VectorXd& policy) {
  const Mdp& mdp = bellman.mdp();
  if (bellman.temperature() == 0.0 || bellman.measure().log_weights.size() == 0) return;
  for (Index s = 0; s < mdp.states(); ++s) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      if (policy(k) > 0.0 && std::isinf(bellman.measure().log_weights(k)))
        throw std::invalid_argument(
            fmt::format("policy: takes action {} of state {}, whose base weight is 0", mdp.action(k, s), s));
    }
  }
}

}  // namespace

// For h > 0 with h − γ P_π h ≥ κ > 0, |V − V_π| ≤ (max|T_π V − V| / κ) h, because I − γ P_π is then an M-matrix. The h
// used is the discounted number of steps to the end, for which κ = 1 but for rounding.
PolicyEvaluation policy_evaluation(const Mdp& mdp, const Eigen::VectorXd& policy,
                                   const PolicyEvaluationOptions& options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Bellman bellman(mdp, options.temperature, options.base_measure);
  check_policy(mdp, policy);
  check_support(bellman, policy);

  PolicyEvaluation result{
      .status = Status::Infeasible, .residual = infinity, .error_bound = infinity, .values = bellman.start_values({})};
  const PolicySystem system(mdp, policy);
  if (!system.regular()) return result;
  const Eigen::VectorXd rewards = bellman.action_values(Eigen::VectorXd::Zero(mdp.states()));
  const Eigen::VectorXd solved = system.solve(bellman.policy_values(policy, rewards));
  Eigen::VectorXd steps_right_side = Eigen::VectorXd::Ones(mdp.states());
  for (const auto& [state, value] : mdp.terminal()) steps_right_side(state) = 0.0;
  const Eigen::VectorXd steps = system.solve(steps_right_side);
  if (!solved.allFinite() || !steps.allFinite() || steps.minCoeff() < 0.0) return result;

  result.values = bellman.start_values(solved);
  const Eigen::VectorXd backed_up = bellman.policy_values(policy, bellman.action_values(result.values));
  result.residual = (backed_up - result.values).cwiseAbs().maxCoeff();

  const Eigen::VectorXd steps_left = system.apply(steps);  // h − γ P_π h
  const double longest = steps.maxCoeff();
  double least = infinity;
  for (Index s = 0; s < mdp.states(); ++s) {
    if (!mdp.is_terminal(s)) least = std::min(least, steps_left(s));
  }
  const double entries = static_cast<double>(mdp.longest_row()) * mdp.largest_action_set();
  const double row_error = mdp.discount() * mdp.row_sum_error();
  least -= unit * (entries + 8.0) * 3.0 * longest;
  least -= row_error * longest;
  if (!(least > 0.0)) return result;
  const double largest = result.values.cwiseAbs().maxCoeff();
  const double error = result.residual + policy_backup_rounding_error(bellman, largest) + row_error * largest;
  result.status = Status::Converged;
  result.error_bound = std::isinf(least) ? 0.0 : error / least * longest * (1.0 + 8.0 * unit);
  return result;
}

}  // namespace softrl::tabular
