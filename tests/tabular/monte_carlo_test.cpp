#include "tabular/monte_carlo.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/examples.hpp"
#include "tabular/finite_horizon.hpp"
#include "tabular/hitting.hpp"
#include "tabular/policy_evaluation.hpp"
#include "tabular/soft_value_iteration.hpp"
#include "tabular/visitation.hpp"

namespace softrl::tabular {
namespace {

// At most 16 intervals of 1 − 5e-8 in all tests below: one of them misses with probability at most 1e-6.
constexpr double sure = 1.0 - 5e-8;

// Soft and plain returns, cut early (the tail is in the interval) and not.
TEST(MonteCarlo, IntervalsCoverTheExactValue) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const Mdp mdp = random_mdp({.states = 6, .discount = 0.9, .terminal_probability = 0.1}, seed);
    const Eigen::VectorXd policy = soft_value_iteration(mdp, {.temperature = 0.5}).policy;
    const double temperature = seed % 2 ? 0.0 : 0.5;
    const int max_steps = seed < 2 ? 10 : 400;
    const auto value = policy_evaluation(mdp, policy, {.temperature = temperature});
    const double exact = mdp.initial_distribution().dot(value.values);
    // Terminal states are left out of the start.
    const auto estimate = monte_carlo_value(
        mdp, policy, {.max_steps = max_steps, .confidence = sure, .seed = seed, .temperature = temperature});
    EXPECT_LE(estimate.low, exact) << "seed " << seed;
    EXPECT_GE(estimate.high, exact) << "seed " << seed;
    EXPECT_EQ(estimate.cut_episodes > 0, max_steps == 10);
    if (max_steps == 400) {
      EXPECT_LT(estimate.high - estimate.low, 2.0);
    }
  }
}

// Those of the first steps, too, which at discount 1 are all that a cut episode tells: more may follow, without bound.
TEST(MonteCarlo, IntervalsCoverTheExactVisits) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const double discount = seed % 2 ? 1.0 : 0.9;
    const Mdp mdp = random_mdp({.states = 6, .discount = discount, .terminal_probability = 0.1}, seed);
    const Eigen::VectorXd policy = base_policy(mdp, {});
    const int max_steps = 12;
    const auto estimate =
        monte_carlo_visitation(mdp, policy, {.max_steps = max_steps, .confidence = sure, .seed = seed});
    const Visitation visits = visitation(mdp, policy);
    const Eigen::VectorXd exact = visits.states;
    const Eigen::VectorXd first =
        finite_horizon_visitation({mdp, max_steps}, policy.transpose()).states.colwise().sum();
    const bool unbounded = discount == 1.0 && estimate.cut_episodes > 0;
    for (Index s = 0; s < mdp.states(); ++s) {
      EXPECT_LE(estimate.low(s), discount == 1.0 ? first(s) : exact(s)) << "seed " << seed << ", state " << s;
      EXPECT_GE(estimate.high(s), exact(s) - visits.error_bound) << "seed " << seed << ", state " << s;
      EXPECT_EQ(std::isinf(estimate.high(s)), unbounded && !mdp.is_terminal(s));
      EXPECT_LT(estimate.mean(s) - estimate.low(s), 1.75);
    }
    EXPECT_EQ(unbounded, discount == 1.0);
  }
}

// A walk of which every step costs 1 and only the first is seen: it may cost any amount more, but not less.
TEST(MonteCarlo, ClaimsNothingOfWhatACutEpisodeMightStillCost) {
  const Mdp mdp = corridor(3, 1.0, 1.0);
  const Eigen::VectorXd policy = base_policy(mdp, {});
  const auto estimate = monte_carlo_value(mdp, policy, {.max_steps = 1, .confidence = sure});
  EXPECT_EQ(estimate.mean, -1.0);
  EXPECT_EQ(estimate.low, -std::numeric_limits<double>::infinity());
  EXPECT_LT(estimate.high, 0.0);
}

TEST(MonteCarlo, IntervalsCoverTheExactHittingProbability) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const Mdp mdp = random_mdp({.states = 8, .terminal_probability = 0.2}, seed);
    const Eigen::VectorXd policy = base_policy(mdp, {});
    const std::vector<Index> targets{2, 5};
    const double exact = mdp.initial_distribution().dot(hitting_probabilities(mdp, policy, targets).states);
    const int max_steps = seed < 2 ? 3 : 500;
    const auto estimate =
        monte_carlo_hitting(mdp, policy, targets, {.max_steps = max_steps, .confidence = sure, .seed = seed});
    EXPECT_LE(estimate.low, exact) << "seed " << seed;
    EXPECT_GE(estimate.high, exact) << "seed " << seed;
    if (max_steps == 500) {
      EXPECT_LT(estimate.high - estimate.low, 0.06);
    }
  }
}

// 90 % intervals miss at most a tenth of the time: of 400, 80 or more misses have probability below 1e-8 (binomial
// tail), so the coverage is not merely claimed.
TEST(MonteCarlo, CoversAsOftenAsStated) {
  const Mdp mdp = random_mdp({.states = 4, .discount = 0.8, .terminal_probability = 0.3}, 1);
  const Eigen::VectorXd policy = base_policy(mdp, {});
  const std::vector<Index> targets{1};
  const double value = mdp.initial_distribution().dot(policy_evaluation(mdp, policy, {.temperature = 0.0}).values);
  const double hits = mdp.initial_distribution().dot(hitting_probabilities(mdp, policy, targets).states);
  int missed_values = 0, missed_hits = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const MonteCarloOptions options{.episodes = 200, .confidence = 0.9, .seed = seed};
    const auto estimate = monte_carlo_value(mdp, policy, options);
    missed_values += value < estimate.low || value > estimate.high;
    const auto hitting = monte_carlo_hitting(mdp, policy, targets, options);
    missed_hits += hits < hitting.low || hits > hitting.high;
  }
  EXPECT_LT(missed_values, 80);
  EXPECT_LT(missed_hits, 80);
  EXPECT_GT(missed_hits, 0) << "an interval of 90 % that never misses is too wide";
}

// 10 of 10 hits: by Clopper and Pearson the interval of confidence 1 − δ is [(δ/2)^(1/10), 1].
TEST(MonteCarlo, IsClopperAndPearsonsInterval) {
  const Mdp mdp = corridor(1, 1.0, 1.0);
  const auto always =
      monte_carlo_hitting(mdp, Eigen::Vector2d(1.0, 0.0), std::vector<Index>{1}, {.episodes = 10, .confidence = 0.95});
  EXPECT_EQ(always.mean, 1.0);
  EXPECT_NEAR(always.low, std::pow(0.025, 0.1), 1e-12);
  EXPECT_EQ(always.high, 1.0);
  const auto undecided = monte_carlo_hitting(mdp, Eigen::Vector2d(0.0, 1.0), std::vector<Index>{1},
                                             {.episodes = 10, .max_steps = 5, .confidence = 0.95});
  EXPECT_EQ(undecided.low, 0.0);
  EXPECT_EQ(undecided.high, 1.0);
  EXPECT_EQ(undecided.cut_episodes, 10);
}

TEST(MonteCarlo, NamesWhatItRefuses) {
  using ::testing::HasSubstr;
  using ::testing::ThrowsMessage;
  const Mdp mdp = corridor(1, 1.0, 0.9);
  const Eigen::Vector2d policy(0.5, 0.5);
  const auto refusal = [](auto call, const char* text) {
    EXPECT_THAT(call, ThrowsMessage<std::invalid_argument>(HasSubstr(text)));
  };
  refusal([&] { monte_carlo_value(mdp, policy, {.episodes = 1}); }, "episodes");
  refusal([&] { monte_carlo_value(mdp, policy, {.max_steps = 0}); }, "max_steps");
  refusal([&] { monte_carlo_value(mdp, policy, {.confidence = 1.0}); }, "confidence");
  refusal([&] { monte_carlo_value(mdp, Eigen::Vector2d(0.5, 0.4)); }, "state 0");
  refusal([&] { monte_carlo_hitting(mdp, policy, std::vector<Index>{2}); }, "state 2");
  const double inf = std::numeric_limits<double>::infinity();
  refusal(
      [&] {
        monte_carlo_value(mdp, policy,
                          {.temperature = 1.0, .base_measure = {.log_weights = Eigen::Vector2d(0.0, -inf)}});
      },
      "takes action 1 of state 0");
}

}  // namespace
}  // namespace softrl::tabular
