#include "tabular/advantage.hpp"

#include <cmath>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "softrl/operators.hpp"
#include "tabular/base_measure.hpp"
#include "tabular/examples.hpp"
#include "tabular/high_precision.hpp"
#include "tabular/policy_evaluation.hpp"
#include "tabular/soft_value_iteration.hpp"

namespace softrl::tabular {
namespace {

// E_π[A_π] = α D(π) in every state, 0 for the plain advantage.
TEST(Advantage, AveragesToTheDivergence) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Mdp mdp = random_mdp({.terminal_probability = 0.1}, seed);
    const Eigen::VectorXd policy = soft_value_iteration(mdp, {.temperature = 0.2}).policy;
    for (const double temperature : {0.0, 0.6}) {
      const auto value = policy_evaluation(mdp, policy, {.temperature = temperature});
      const auto result = advantage(mdp, value.values, value.error_bound);
      for (Index s = 0; s < mdp.states(); ++s) {
        const auto row = policy.segment(mdp.first_pair(s), mdp.action_count(s));
        const double mean = row.dot(result.advantages.segment(mdp.first_pair(s), mdp.action_count(s)));
        const Eigen::VectorXd probabilities = row;
        EXPECT_NEAR(mean, temperature * divergence(as_span(probabilities)), result.error_bound + 1e-14);
      }
    }
  }
}

// The optimal advantage is α log π*, and at temperature 0 at most 0, attained by the best action.
TEST(Advantage, OfTheOptimumIsTheLogPolicy) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Mdp mdp = random_mdp({}, seed);
    const auto soft = soft_value_iteration(mdp, {.temperature = 0.5, .tolerance = 1e-11});
    const auto advantages = advantage(mdp, soft.values, soft.error_bound);
    const Eigen::VectorXd expected = 0.5 * soft.policy.array().log();
    EXPECT_LE((advantages.advantages - expected).cwiseAbs().maxCoeff(), 4.0 * advantages.error_bound);
    const auto hard = soft_value_iteration(mdp, {.temperature = 0.0, .tolerance = 1e-11});
    const auto greedy = advantage(mdp, hard.values, hard.error_bound);
    for (Index s = 0; s < mdp.states(); ++s)
      EXPECT_NEAR(greedy.advantages.segment(mdp.first_pair(s), mdp.action_count(s)).maxCoeff(), 0.0,
                  greedy.error_bound);
  }
}

// In 50 digits, given exact values rounded to double.
TEST(Advantage, BoundHoldsAgainstHighPrecision) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Mdp mdp = random_mdp({.states = 4, .discount = 0.5}, seed);
    const PreciseVector exact = precise_solution(mdp, 0.5);
    Eigen::VectorXd values(mdp.states());
    for (Index s = 0; s < mdp.states(); ++s) values(s) = static_cast<double>(exact[static_cast<std::size_t>(s)]);
    const double error = largest_distance(precise(values), exact);
    const auto result = advantage(mdp, values, error);
    EXPECT_LT(result.error_bound, 1e-13);
    for (Index s = 0; s < mdp.states(); ++s) {
      for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
        Precise q = 0;
        for (std::size_t t = 0; t < mdp.successors(k).size(); ++t)
          q += Precise(mdp.deterministic() ? 1.0 : mdp.probabilities(k)[t]) *
               exact[static_cast<std::size_t>(mdp.successors(k)[t])];
        q = Precise(mdp.reward(k)) + Precise(mdp.discount()) * q;
        EXPECT_LE(abs(q - result.action_values(k)), result.error_bound);
        EXPECT_LE(abs(q - exact[static_cast<std::size_t>(s)] - result.advantages(k)), result.error_bound);
      }
    }
  }
}

TEST(AverageValue, WeighsTheStart) {
  MdpBuilder builder(0.5);
  builder.add_state();
  builder.add_action(0.0, 1);
  builder.add_terminal_state(4.0);
  builder.set_initial({0.25, 0.75});
  const Mdp mdp = std::move(builder).build();
  const auto mean = average_value(mdp, Eigen::Vector2d(2.0, 4.0), 0.5);
  EXPECT_EQ(mean.value, 3.5);
  EXPECT_NEAR(mean.error_bound, 0.5, 1e-14);
  EXPECT_GE(mean.error_bound, 0.5);
  EXPECT_EQ(average_value(mdp, Eigen::Vector2d(2.0, 4.0), 0.5, Eigen::Vector2d(2.0, 0.0)).value, 4.0);
}

TEST(Advantage, NamesWhatItRefuses) {
  using ::testing::HasSubstr;
  using ::testing::ThrowsMessage;
  const Mdp mdp = corridor(1, 1.0, 0.9);
  EXPECT_THAT([&] { advantage(mdp, Eigen::VectorXd::Zero(3)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("values")));
  EXPECT_THAT([&] { advantage(mdp, Eigen::VectorXd::Zero(2), -1.0); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("values_error")));
  EXPECT_THAT([&] { average_value(mdp, Eigen::VectorXd::Zero(2), 0.0, Eigen::Vector2d(0.0, -1.0)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("state 1")));
}

}  // namespace
}  // namespace softrl::tabular
