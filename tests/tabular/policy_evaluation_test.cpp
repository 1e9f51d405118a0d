#include "tabular/policy_evaluation.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/bellman.hpp"
#include "tabular/examples.hpp"
#include "tabular/high_precision.hpp"

namespace softrl::tabular {
namespace {

// A corridor whose policy goes on with probability p: the steps to the end from i are geometric, (n − i)/p in the mean.
TEST(PolicyEvaluation, CountsTheStepsOfAWalk) {
  const int n = 5;
  const Mdp mdp = corridor(n, 1.0, 1.0);
  Eigen::VectorXd policy(mdp.pairs());
  for (int s = 0; s < n; ++s) policy.segment(2 * s, 2) << 0.3, 0.7;
  const double entropy = -0.3 * std::log(0.3) - 0.7 * std::log(0.7);
  for (const double temperature : {0.0, 2.0}) {
    const auto result = policy_evaluation(mdp, policy, {.temperature = temperature});
    EXPECT_EQ(result.status, Status::Converged);
    EXPECT_LT(result.error_bound, 1e-12);
    for (int s = 0; s <= n; ++s)
      EXPECT_NEAR(result.values(s), (n - s) / 0.3 * (temperature * entropy - 1.0), result.error_bound);
  }
}

// The value is what repeating the policy's backup leads to, from anywhere.
TEST(PolicyEvaluation, IsTheLimitOfThePolicyBackup) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Mdp mdp = random_mdp({.discount = 0.8, .terminal_probability = seed % 2 ? 0.1 : 0.0}, seed);
    const BaseMeasure counting;
    const Bellman bellman(mdp, 0.7, counting);
    const Eigen::VectorXd policy = base_policy(mdp, counting);
    Eigen::VectorXd values = bellman.start_values({});
    for (int i = 0; i < 400; ++i) values = bellman.policy_values(policy, bellman.action_values(values));
    const auto result = policy_evaluation(mdp, policy, {.temperature = 0.7});
    EXPECT_LE((result.values - values).cwiseAbs().maxCoeff(), 2.0 * result.error_bound);
    EXPECT_LT(result.error_bound, 1e-12);
  }
}

// The same in 50 digits: the bound covers the value's own rounding, also where the computed residual is 0.
TEST(PolicyEvaluation, BoundHoldsAgainstHighPrecision) {
  int exact_looking = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Mdp mdp = random_mdp({.states = 3, .discount = 0.5}, seed);
    const Eigen::VectorXd policy = base_policy(mdp, {});
    const auto result = policy_evaluation(mdp, policy, {.temperature = 0.7});
    exact_looking += result.residual == 0.0;
    EXPECT_LE(largest_distance(precise(result.values), precise_policy_value(mdp, policy, 0.7)), result.error_bound)
        << "seed " << seed;
  }
  EXPECT_GT(exact_looking, 0);
}

TEST(PolicyEvaluation, SaysThatAPolicyNeverEnds) {
  const Mdp mdp = corridor(2, 1.0, 1.0);
  const auto result = policy_evaluation(mdp, Eigen::Vector4d(1.0, 0.0, 0.0, 1.0), {.temperature = 0.0});
  EXPECT_EQ(result.status, Status::Infeasible);
  EXPECT_TRUE(std::isinf(result.error_bound));
}

TEST(PolicyEvaluation, RefusesWhatIsNotAPolicy) {
  using ::testing::HasSubstr;
  using ::testing::ThrowsMessage;
  const Mdp mdp = corridor(2, 1.0, 0.9);
  EXPECT_THAT([&] { policy_evaluation(mdp, Eigen::Vector4d(0.5, 0.5, 0.5, 0.6)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("state 1")));
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_THAT(
      [&] {
        policy_evaluation(mdp, Eigen::Vector4d(0.5, 0.5, 0.5, 0.5),
                          {.base_measure = {.log_weights = Eigen::Vector4d(0.0, 0.0, -inf, 0.0)}});
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("takes action 0 of state 1")));
}

// A state whose many tiny moves back to itself leave a chance of ending of about the rounding of their sum, which adds
// up in one direction because they are alike. V = Σ π r/(1 − Σ π P) in 50 digits.
TEST(PolicyEvaluation, IsNotMisledBySumsOfManyTinyMoves) {
  int certified = 0;
  for (const int actions : {50, 100, 150}) {
    for (double end = 1e-12; end < 1e-6; end *= 1.5) {
      MdpBuilder builder(1.0);
      builder.add_state();
      std::vector<Successor> row(static_cast<std::size_t>(actions), {0, (1.0 - end) / actions});
      row.push_back({1, end});
      for (int a = 0; a < actions; ++a) builder.add_action(-1.0, row);
      builder.add_terminal_state();
      const Mdp mdp = std::move(builder).build();
      const Eigen::VectorXd policy = Eigen::VectorXd::Constant(mdp.pairs(), 1.0 / actions);
      const PolicyEvaluation result = policy_evaluation(mdp, policy, {.temperature = 0.0});
      Precise stay = 0, reward = 0;
      for (Index k = 0; k < mdp.pairs(); ++k) {
        reward += Precise(policy(k)) * Precise(mdp.reward(k));
        for (std::size_t t = 0; t < mdp.successors(k).size(); ++t)
          if (mdp.successors(k)[t] == 0) stay += Precise(policy(k)) * Precise(mdp.probabilities(k)[t]);
      }
      const Precise truth = reward / (1 - stay);
      EXPECT_LE(abs(Precise(result.values(0)) - truth), Precise(result.error_bound)) << actions << ", " << end;
      certified += std::isfinite(result.error_bound);
    }
  }
  EXPECT_GT(certified, 20);
}

}  // namespace
}  // namespace softrl::tabular
