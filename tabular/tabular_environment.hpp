// An Mdp that is stepped through, as a DiscreteEnvironment.
#pragma once
#include <cstdint>
#include <optional>

#include "softrl/environment.hpp"
#include "softrl/random.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

// Observations are states, actions are names of actions. The reward of a step is r(s, a), plus γ times the value of the
// terminal state if one is entered: the discounted return of an episode is then an unbiased draw of the policy's value.
class TabularEnvironment : public DiscreteEnvironment {
 public:
  // Refers to `mdp`, which must outlive it.
  explicit TabularEnvironment(const Mdp& mdp);
  explicit TabularEnvironment(Mdp&&) = delete;

  Space observation_space() const override { return DiscreteSpace{mdp_.states()}; }
  Space action_space() const override { return DiscreteSpace{mdp_.action_names()}; }

  // Draws the state from the initial distribution. Seed 0 unless one was ever given.
  int reset(std::optional<std::uint64_t> seed = std::nullopt) override;

  // Throws std::invalid_argument if `action` is not available in the present state, and std::logic_error if the episode
  // has ended or was never started.
  Step<int> step(const int& action) override;

 private:
  const Mdp& mdp_;
  Eigen::VectorXd initial_;
  Random random_;
  Index state_ = -1;  // −1 before the first reset.
};

}  // namespace softrl::tabular
