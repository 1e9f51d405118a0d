#include "continuous/trained_run.hpp"

#include <algorithm>
#include <limits>

#include "continuous/checkpoint.hpp"
#include "continuous/run_folder.hpp"
#include "softrl/check.hpp"

namespace softrl::continuous {

double TrainedRun::q_value(const Eigen::VectorXd& observation, const Eigen::VectorXd& action) const {
  check_size("observation", observation.size(), policy.observation_size());
  check_size("action", action.size(), policy.action_size());
  const Eigen::VectorXd unit =
      (2.0 * action - action_box.high - action_box.low).cwiseQuotient(action_box.high - action_box.low);
  double smallest = std::numeric_limits<double>::infinity();
  for (const FrozenNetwork& critic : critics)
    smallest = std::min(smallest, critic.output(critic.state_part(observation), unit)(0));
  return smallest;
}

TrainedRun load_trained_run(const std::filesystem::path& folder) {
  const TrainingOptions options = RunFolder::read_options(folder);
  TrainingState state(options);
  load_checkpoint(RunFolder::checkpoint_file(folder), state);
  const BoxSpace box = state.task->action_box();
  std::vector<FrozenNetwork> critics;
  for (const AdditiveNetwork& critic : state.agent.critics()) critics.push_back(critic.freeze());
  return {.options = options,
          .step = state.step,
          .action_box = box,
          .policy = SamplingPolicy(state.agent.sampler().freeze(), box),
          .critics = std::move(critics)};
}

}  // namespace softrl::continuous
