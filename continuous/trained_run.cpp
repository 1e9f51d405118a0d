#include "continuous/trained_run.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "continuous/checkpoint.hpp"
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
  for (const FrozenNetwork& critic : critics) {
    const double q = critic.output(critic.state_part(observation), unit)(0);
    if (!std::isfinite(q)) throw std::runtime_error("Q is not finite: the observation or the action is too large");
    smallest = std::min(smallest, q);
  }
  return smallest;
}

TrainedRun load_trained_run(const std::filesystem::path& folder) {
  const TrainingOptions options = RunFolder::read_options(folder);
  const SavedAgent saved = load_agent(folder, options);
  return {.options = options,
          .step = saved.step,
          .action_box = saved.action_box,
          .policy = saved.agent->policy(saved.action_box),
          .critics = saved.agent->critics(),
          .temperature = saved.agent->current_temperature()};
}

}  // namespace softrl::continuous
