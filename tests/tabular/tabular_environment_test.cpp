#include "tabular/tabular_environment.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "softrl/trajectory.hpp"
#include "tabular/examples.hpp"
#include "tabular/policy_evaluation.hpp"
#include "tabular/tabular_policy.hpp"

namespace softrl::tabular {
namespace {

// The mean discounted return of n episodes against the exact value of the policy. Returns lie in [low, high]: rewards
// of at most R in size and the terminal value −1.5 give |return| ≤ R/(1 − γ) + 1.5, cutting at T steps costs at most
// γ^T of that. Hoeffding: the mean is off by more than (high − low) √(log(2/δ)/(2n)) with probability at most δ = 1e-7
// (5 cases).
TEST(TabularEnvironment, ReturnsAverageToTheExactValue) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Mdp mdp = random_mdp({.states = 6, .discount = 0.8, .terminal_probability = 0.1}, seed);
    const Eigen::VectorXd policy = base_policy(mdp, {});
    const double exact = mdp.initial_distribution().dot(policy_evaluation(mdp, policy, {.temperature = 0.0}).values);

    TabularEnvironment environment(mdp);
    const TabularPolicy actor(mdp, policy);
    Random random(seed, "actions");
    const int episodes = 40'000, steps = 80;
    double sum = 0.0;
    environment.reset(seed);
    for (int i = 0; i < episodes; ++i) sum += rollout(environment, actor, random, steps).discounted_return(0.8);

    const double reach = mdp.largest_reward() / (1.0 - 0.8) + 1.5;
    const double deviation = 2.0 * reach * std::sqrt(std::log(2.0 / 1e-7) / (2.0 * episodes));
    EXPECT_NEAR(sum / episodes, exact, deviation + 2.0 * reach * std::pow(0.8, steps)) << "seed " << seed;
  }
}

// The last reward carries the terminal value: r + γ v.
TEST(TabularEnvironment, EndsWithTheTerminalValue) {
  MdpBuilder builder(0.5);
  builder.add_state();
  builder.add_action(1.0, 1);
  builder.add_terminal_state(10.0);
  const Mdp mdp = std::move(builder).build();
  TabularEnvironment environment(mdp);
  EXPECT_EQ(environment.reset(), 0);
  const Step<int> step = environment.step(0);
  EXPECT_EQ(step.observation, 1);
  EXPECT_TRUE(step.terminated);
  EXPECT_FALSE(step.truncated);
  EXPECT_EQ(step.reward, 1.0 + 0.5 * 10.0);
  EXPECT_THROW(environment.step(0), std::logic_error);
}

TEST(TabularEnvironment, RepeatsItselfForASeed) {
  const Mdp mdp = random_mdp({.states = 50}, 3);
  TabularEnvironment environment(mdp);
  const TabularPolicy policy(mdp, base_policy(mdp, {}));
  const auto walk = [&] {
    Random random(4, "actions");
    std::vector<int> states;
    for (const auto& t : rollout(environment, policy, random, 100, 9).transitions) states.push_back(t.next_observation);
    return states;
  };
  EXPECT_EQ(walk(), walk());
}

TEST(TabularEnvironment, RefusesActionsThatAreNotAvailable) {
  const Mdp mdp = bandit({0.0, 0.0}, 0.9);
  TabularEnvironment environment(mdp);
  EXPECT_THROW(environment.step(0), std::logic_error) << "before the first reset";
  environment.reset();
  EXPECT_THROW(environment.step(2), std::invalid_argument);
  EXPECT_THROW(environment.step(-1), std::invalid_argument);
}

TEST(TabularPolicy, TellsItsLogProbabilities) {
  MdpBuilder builder(0.5);
  builder.add_state();
  builder.add_action(0.0, 1);
  builder.skip_action();
  builder.add_action(0.0, 1);
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  const TabularPolicy policy(mdp, Eigen::Vector2d(0.25, 0.75));
  EXPECT_DOUBLE_EQ(policy.log_prob(0, 0), std::log(0.25));
  EXPECT_DOUBLE_EQ(policy.log_prob(0, 2), std::log(0.75));
  EXPECT_EQ(policy.log_prob(0, 1), -std::numeric_limits<double>::infinity());
  EXPECT_THROW(policy.log_prob(1, 0), std::invalid_argument) << "a terminal state";
  EXPECT_THROW(TabularPolicy(mdp, Eigen::Vector2d(0.25, 0.7)), std::invalid_argument);
}

// Draws follow the table: n times each action's probability, within Hoeffding's bound for δ = 1e-7.
TEST(TabularPolicy, SamplesItsProbabilities) {
  const Mdp mdp = bandit({0.0, 0.0, 0.0}, 0.5);
  const Eigen::Vector3d probabilities(0.2, 0.5, 0.3);
  const TabularPolicy policy(mdp, probabilities);
  Random random(5, "sample");
  Eigen::Vector3d counts = Eigen::Vector3d::Zero();
  const int n = 100'000;
  for (int i = 0; i < n; ++i) counts(policy.sample(0, random)) += 1.0;
  const double deviation = std::sqrt(std::log(6.0 / 1e-7) / (2.0 * n));
  EXPECT_LE((counts / n - probabilities).cwiseAbs().maxCoeff(), deviation);
}

}  // namespace
}  // namespace softrl::tabular
