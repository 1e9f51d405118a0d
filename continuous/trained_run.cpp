#include "continuous/trained_run.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "continuous/checkpoint.hpp"
#include "continuous/normalised_policy.hpp"
#include "continuous/run_folder.hpp"
#include "softrl/check.hpp"

namespace softrl::continuous {

double TrainedRun::q_value(const Eigen::VectorXd& observation, const Eigen::VectorXd& action) const {
  check_size("observation", observation.size(), policy->observation_size());
  check_size("action", action.size(), policy->action_size());
  for (const double x : observation) check_finite("observation", x);
  for (const double a : action) check_finite("action", a);
  const Eigen::VectorXd unit =
      (2.0 * action - action_box.high - action_box.low).cwiseQuotient(action_box.high - action_box.low);
  double smallest = std::numeric_limits<double>::infinity();
  const Eigen::VectorXd state = agents_view(observation);
  for (const FrozenNetwork& critic : critics) {
    const double q = critic.output(critic.state_part(state), unit)(0);
    if (!std::isfinite(q)) throw std::runtime_error("Q is not finite: the observation or the action is too large");
    smallest = std::min(smallest, q);
  }
  return smallest;
}

TrainedRun load_trained_run(const std::filesystem::path& folder) {
  const TrainingOptions options = RunFolder::read_options(folder);
  const SavedAgent saved = load_agent(folder, options);
  TrainedRun run{.options = options,
                 .step = saved.step,
                 .action_box = saved.action_box,
                 .policy = saved.agent->policy(saved.action_box),
                 .critics = saved.agent->critics(),
                 .temperature = saved.agent->current_temperature(),
                 .reward_deviation = saved.normalisation.reward_deviation(),
                 .skipped_checkpoints = saved.skipped_checkpoints};
  if (saved.normalisation.normalises_observations()) {
    run.observation_scale = saved.normalisation.observation_scale();
    run.policy = std::make_unique<NormalisedPolicy>(std::move(run.policy), *run.observation_scale);
  }
  return run;
}

}  // namespace softrl::continuous
