#include "tabular/tabular_environment.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "softrl/operators.hpp"

namespace softrl::tabular {

TabularEnvironment::TabularEnvironment(const Mdp& mdp)
    : mdp_(mdp), initial_(mdp.initial_distribution()), random_(0, "tabular environment") {}

int TabularEnvironment::reset(std::optional<std::uint64_t> seed) {
  if (seed) random_ = Random(*seed, "tabular environment");
  state_ = random_.categorical(as_span(initial_));
  return state_;
}

Step<int> TabularEnvironment::step(const int& action) {
  if (state_ < 0 || mdp_.is_terminal(state_)) throw std::logic_error("step: call reset() first, no episode is running");
  const Index pair = mdp_.find_pair(state_, action);
  if (pair < 0) throw std::invalid_argument(fmt::format("action {} is not available in state {}", action, state_));
  const auto successors = mdp_.successors(pair);
  state_ = mdp_.deterministic() ? successors.front()
                                : successors[static_cast<std::size_t>(random_.categorical(mdp_.probabilities(pair)))];

  Step<int> step{.observation = state_, .reward = mdp_.reward(pair), .terminated = mdp_.is_terminal(state_)};
  if (step.terminated) step.reward += mdp_.discount() * mdp_.terminal_value(state_);
  return step;
}

}  // namespace softrl::tabular
