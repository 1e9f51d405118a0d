// A trained policy as a function of arrays: observation [N, S] to action [N, d] in the task's box. Chance, where a
// policy has it, is an input: noise [N, d] ~ N(0, I). The same noise gives the same action.
#pragma once
#include <string>

#include <Eigen/Core>

#include "continuous/policy_graph.hpp"
#include "continuous/trained_policy.hpp"

namespace softrl::continuous {

struct PolicyFunction {
  PolicyGraph graph;   // of the values "observation", and "noise" where
  bool noisy;          // there is such an input
  std::string action;  // the value that is the result
  Eigen::Index observation_size, action_size;
};

// Of the policy's draws, or of its best action. Throws std::invalid_argument for a policy that has no such form.
PolicyFunction policy_function(const TrainedPolicy& policy, bool best);

}  // namespace softrl::continuous
