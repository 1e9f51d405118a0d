#include "tabular/bellman.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "softrl/operators.hpp"
#include "tabular/examples.hpp"

namespace softrl::tabular {
namespace {

Eigen::VectorXd random_vector(Eigen::Index size, Random& random) {
  Eigen::VectorXd result(size);
  for (double& x : result) x = random.normal();
  return result;
}

// The fused sweep against math.md 2.1 spelt out with a dense table of transitions.
TEST(Bellman, SweepIsTheBackupSpeltOut) {
  Random random(1, "bellman");
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Mdp mdp = random_mdp({.discount = 0.8, .terminal_probability = seed % 2 ? 0.2 : 0.0}, seed);
    const BaseMeasure measure{.log_weights = random_vector(mdp.pairs(), random)};
    const double temperature = 0.4;
    Bellman bellman(mdp, temperature, measure);
    const Eigen::VectorXd values = bellman.start_values(random_vector(mdp.states(), random));
    Eigen::VectorXd next(mdp.states());
    const Sweep sweep = bellman.optimal_sweep(values, next);
    double largest = -1e300;
    for (Index s = 0; s < mdp.states(); ++s) {
      if (mdp.is_terminal(s)) {
        EXPECT_EQ(next(s), -1.5);
        continue;
      }
      double sum = 0.0;
      for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
        double q = mdp.reward(k);
        for (std::size_t t = 0; t < mdp.successors(k).size(); ++t)
          q += 0.8 * mdp.probabilities(k)[t] * values(mdp.successors(k)[t]);
        sum += std::exp(measure.log_weights(k) + q / temperature);
      }
      EXPECT_NEAR(next(s), temperature * std::log(sum), 1e-13);
      largest = std::max(largest, next(s) - values(s));
    }
    EXPECT_EQ(sweep.largest_change, largest);
    EXPECT_EQ(sweep.largest_value, values.cwiseAbs().maxCoeff());
  }
}

// Three roads to TV: the sweep, V_Q of the backed-up action values, and the policy backup of the Boltzmann policy
// (1.3).
TEST(Bellman, SweepAgreesWithTheQFormsAndWithTheBoltzmannPolicy) {
  Random random(2, "bellman");
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Mdp mdp = random_mdp({.terminal_probability = 0.1}, seed);
    const BaseMeasure counting;
    for (const double temperature : {0.0, 0.6}) {
      Bellman bellman(mdp, temperature, counting);
      const Eigen::VectorXd values = bellman.start_values(random_vector(mdp.states(), random));
      Eigen::VectorXd next(mdp.states());
      bellman.optimal_sweep(values, next);
      const Eigen::VectorXd q = bellman.action_values(values);
      EXPECT_EQ(bellman.state_values(q), next);
      EXPECT_LE((bellman.policy_values(bellman.boltzmann(q), q) - next).cwiseAbs().maxCoeff(), 1e-14);
      EXPECT_EQ(bellman.optimal_backup(q), bellman.action_values(next));
    }
  }
}

// Rows of the lengths, numbers of actions, terminal states and sizes that are worked on in different ways, in one
// process and in all orders: TV, Q and the policy against the operators state by state, and with four threads the same
// to the last bit.
TEST(Bellman, WorksOnEveryMixtureOfStatesOnAnyNumberOfThreads) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed, "mixture");
    MdpBuilder builder(0.9);
    const Index states = 1 + static_cast<Index>(random.below(seed % 4 == 0 ? 40'000 : 150));
    const bool sure = seed % 5 == 0;
    std::vector<Successor> row;
    for (Index s = 0, actions = 1, length = 1, left = 0; s < states; ++s, --left) {
      if (left == 0) {  // A stretch of states alike.
        left = 1 + static_cast<Index>(random.below(100));
        actions = random.uniform() < 0.05 ? 70 : static_cast<Index>(random.below(5));
        length = sure ? 1 : 1 + static_cast<Index>(random.below(6));
      }
      const auto count = random.uniform() < 0.05 ? Index{2} : actions;
      if (count == 0) {
        builder.add_terminal_state(random.normal());
        continue;
      }
      builder.add_state();
      for (Index a = 0; a < count; ++a) {
        row.clear();
        for (Index t = 0; t < length; ++t) row.push_back({static_cast<Index>(random.below(states)), 1.0 / length});
        builder.add_action(random.normal(), row);
      }
    }
    const Mdp mdp = std::move(builder).build();
    const BaseMeasure counting, weighted{.log_weights = random_vector(mdp.pairs(), random)};
    for (const double temperature : {0.0, 0.6}) {
      for (const BaseMeasure* measure : {&counting, &weighted}) {
        const Bellman bellman(mdp, temperature, *measure), threaded(mdp, temperature, *measure, 4);
        const Eigen::VectorXd values = bellman.start_values(random_vector(mdp.states(), random));
        Eigen::VectorXd next(mdp.states()), next_threaded = next;
        const Sweep sweep = bellman.optimal_sweep(values, next);
        const Sweep sweep_threaded = threaded.optimal_sweep(values, next_threaded);
        EXPECT_EQ(next_threaded, next);
        EXPECT_EQ(sweep_threaded.smallest_change, sweep.smallest_change);
        EXPECT_EQ(sweep_threaded.largest_change, sweep.largest_change);
        EXPECT_EQ(sweep_threaded.largest_value, sweep.largest_value);

        const Eigen::VectorXd q = bellman.action_values(values), policy = bellman.policy_of(values);
        EXPECT_EQ(threaded.action_values(values), q);
        EXPECT_EQ(threaded.policy_of(values), policy);
        EXPECT_EQ(bellman.boltzmann(q), policy);
        EXPECT_EQ(bellman.state_values(q), next);
        EXPECT_EQ(threaded.policy_values(policy, q), bellman.policy_values(policy, q));
        double smallest = 1e300, largest = -1e300;
        for (Index s = 0; s < mdp.states(); ++s) {
          if (mdp.is_terminal(s)) {
            EXPECT_EQ(next(s), mdp.terminal_value(s));
            continue;
          }
          std::vector<double> q_row, expected(static_cast<std::size_t>(mdp.action_count(s)));
          for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
            q_row.push_back(mdp.reward(k) + 0.9 * mdp.expectation(k, as_span(values)));
            ASSERT_NEAR(q(k), q_row.back(), 1e-15 * (2.0 + std::abs(q(k)))) << "pair " << k << ", seed " << seed;
          }
          ASSERT_NEAR(next(s), boltzmann_policy(q_row, temperature, bellman.log_weights(s), expected), 1e-14)
              << "state " << s << ", seed " << seed;
          for (std::size_t i = 0; i < expected.size(); ++i)
            ASSERT_NEAR(policy(mdp.first_pair(s) + static_cast<Index>(i)), expected[i], 1e-13);
          smallest = std::min(smallest, next(s) - values(s));
          largest = std::max(largest, next(s) - values(s));
        }
        if (smallest <= largest) {
          EXPECT_EQ(sweep.smallest_change, smallest);
          EXPECT_EQ(sweep.largest_change, largest);
        }
      }
    }
  }
}

// An action of base weight 0 is as if it were not there.
TEST(Bellman, WeightZeroRemovesAnAction) {
  const Mdp mdp = bandit({1.0, 5.0}, 0.5);
  const BaseMeasure only_first{.log_weights = Eigen::Vector2d(0.0, -std::numeric_limits<double>::infinity())};
  for (const double temperature : {0.0, 1.0}) {
    Bellman bellman(mdp, temperature, only_first);
    Eigen::VectorXd next(1);
    bellman.optimal_sweep(Eigen::VectorXd::Constant(1, 4.0), next);
    EXPECT_DOUBLE_EQ(next(0), 1.0 + 0.5 * 4.0);
    EXPECT_EQ(bellman.boltzmann(Eigen::Vector2d(1.0, 5.0)), Eigen::VectorXd(Eigen::Vector2d(1.0, 0.0)));
  }
}

TEST(Bellman, RefusesArraysOfTheWrongSize) {
  const Mdp mdp = bandit({1.0, 5.0}, 0.5);
  const BaseMeasure counting;
  const Bellman bellman(mdp, 1.0, counting);
  EXPECT_THROW(bellman.action_values(Eigen::VectorXd::Zero(2)), std::invalid_argument);
  EXPECT_THROW(bellman.state_values(Eigen::VectorXd::Zero(1)), std::invalid_argument);
  EXPECT_THROW(bellman.start_values(Eigen::VectorXd::Constant(1, NAN)), std::invalid_argument);
}

}  // namespace
}  // namespace softrl::tabular
