#include "continuous/policy_function.hpp"

namespace softrl::continuous {

PolicyFunction policy_function(const TrainedPolicy& policy, bool best) {
  PolicyFunction function{.graph = {},
                          .noisy = !best && !policy.deterministic(),
                          .action = "",
                          .observation_size = policy.observation_size(),
                          .action_size = policy.action_size()};
  function.action = policy.describe(function.graph, "observation", function.noisy ? "noise" : "");
  return function;
}

}  // namespace softrl::continuous
