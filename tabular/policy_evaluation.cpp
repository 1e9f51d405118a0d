#include "tabular/policy_evaluation.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "tabular/bellman.hpp"
#include "tabular/certificate.hpp"
#include "tabular/feasibility.hpp"
#include "tabular/stopped_chain.hpp"

namespace softrl::tabular {
namespace {

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

PolicyEvaluation policy_evaluation(const Mdp& mdp, const Eigen::VectorXd& policy,
                                   const PolicyEvaluationOptions& options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Bellman bellman(mdp, options.temperature, options.base_measure);
  check_policy(mdp, policy);
  check_support(bellman, policy);

  PolicyEvaluation result{
      .status = Status::Infeasible, .residual = infinity, .error_bound = infinity, .values = bellman.start_values({})};
  if (mdp.discount() == 1.0 && !states_without_exit(mdp, BaseMeasure::kl_to(mdp, policy)).empty()) return result;
  result.status = Status::Stalled;
  StoppedChain chain(mdp, policy, 1.001 * mdp.row_sum_error());
  if (!chain.stops()) return result;
  const Eigen::VectorXd rewards = bellman.action_values(Eigen::VectorXd::Zero(mdp.states()));
  auto sums = chain.sums(bellman.policy_values(policy, rewards), policy_backup_rounding_error(bellman, 0.0));
  if (!sums) return result;
  result.status = Status::Converged;
  result.values = std::move(sums->states);
  result.error_bound = sums->error.maxCoeff();
  const Eigen::VectorXd backed_up = bellman.policy_values(policy, bellman.action_values(result.values));
  result.residual = (backed_up - result.values).cwiseAbs().maxCoeff();
  return result;
}

}  // namespace softrl::tabular
