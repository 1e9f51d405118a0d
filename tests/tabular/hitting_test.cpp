#include "tabular/hitting.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/base_measure.hpp"
#include "tabular/examples.hpp"
#include "tabular/high_precision.hpp"

namespace softrl::tabular {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Gambler's ruin between 0 and n, up with probability p: the chance of n from i is (1 − ρ^i)/(1 − ρ^n), ρ = (1 − p)/p,
// and the time until either end i/(1 − 2p) − n/(1 − 2p) (1 − ρ^i)/(1 − ρ^n). The discount does not enter.
TEST(Hitting, SolvesGamblersRuin) {
  const int n = 10;
  const double p = 0.4, ratio = (1.0 - p) / p;
  MdpBuilder builder(0.9);
  builder.add_terminal_state();
  for (int i = 1; i < n; ++i) {
    builder.add_state();
    builder.add_action(0.0, {{i + 1, p}, {i - 1, 1.0 - p}});
  }
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  const Eigen::VectorXd policy = Eigen::VectorXd::Ones(mdp.pairs());
  const auto probability = hitting_probabilities(mdp, policy, std::vector<Index>{n});
  const auto time = expected_hitting_times(mdp, policy, std::vector<Index>{0, n});
  EXPECT_EQ(probability.status, Status::Converged);
  EXPECT_LT(probability.error_bound, 1e-12);
  EXPECT_LT(time.error_bound, 1e-11);
  EXPECT_EQ(probability.states(0), 0.0);
  EXPECT_EQ(probability.states(n), 1.0);
  for (int i = 0; i <= n; ++i) {
    const double wins = (1.0 - std::pow(ratio, i)) / (1.0 - std::pow(ratio, n));
    EXPECT_NEAR(probability.states(i), wins, probability.error_bound + 1e-15);
    EXPECT_NEAR(time.states(i), (i - n * wins) / (1.0 - 2.0 * p), time.error_bound + 1e-13);
  }
  // Ruin is not sure, so the time to n alone is infinite, except in n.
  const auto one_end = expected_hitting_times(mdp, policy, std::vector<Index>{n});
  for (int i = 0; i < n; ++i) EXPECT_EQ(one_end.states(i), infinity);
  EXPECT_EQ(one_end.states(n), 0.0);
}

// In 50 digits: h_{m+1} = P h_m from 0 rises to the minimal solution, and so do times from sums of P(not yet hit).
TEST(Hitting, BoundHoldsAgainstHighPrecision) {
  int partial = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Mdp mdp = random_mdp({.states = 10, .terminal_probability = 0.2}, seed);
    const Eigen::VectorXd policy = base_policy(mdp, {});
    const std::vector<Index> some{static_cast<Index>(seed % 10), static_cast<Index>((seed / 3) % 10)};
    const std::vector<Index> ends{some[0], 10};
    const auto probability = hitting_probabilities(mdp, policy, some);
    const auto time = expected_hitting_times(mdp, policy, ends);
    const auto is_in = [](const std::vector<Index>& set, Index s) {
      return std::find(set.begin(), set.end(), s) != set.end();
    };
    PreciseVector h(11, Precise(0)), k(11, Precise(0));
    for (int i = 0; i < 400; ++i) {  // 0.8^400 < 1e-38
      PreciseVector next_h(11, Precise(0)), next_k(11, Precise(0));
      for (Index s = 0; s < 11; ++s) {
        const auto at = static_cast<std::size_t>(s);
        if (is_in(some, s)) next_h[at] = 1;
        for (Index pair = mdp.first_pair(s); pair < mdp.first_pair(s + 1); ++pair) {
          for (std::size_t t = 0; t < mdp.successors(pair).size(); ++t) {
            const Precise p = Precise(policy(pair)) * Precise(mdp.probabilities(pair)[t]);
            const auto to = static_cast<std::size_t>(mdp.successors(pair)[t]);
            if (!is_in(some, s)) next_h[at] += p * h[to];
            if (!is_in(ends, s)) next_k[at] += p * k[to];
          }
        }
        if (!is_in(ends, s)) next_k[at] += 1;
      }
      h = next_h;
      k = next_k;
    }
    EXPECT_LE(largest_distance(precise(probability.states), h), probability.error_bound) << "seed " << seed;
    EXPECT_LE(largest_distance(precise(time.states), k), time.error_bound) << "seed " << seed;
    EXPECT_LT(time.error_bound, 1e-11);
    partial += (probability.states.array() > 0.0 && probability.states.array() < 1.0).any();
  }
  EXPECT_GT(partial, 30);
}

// What the graph decides is exact: a state behind the targets, a loop apart, a set that cannot be missed.
TEST(Hitting, IsExactWhereTheGraphDecides) {
  MdpBuilder builder(0.5);
  builder.add_state();  // 0: to 1 or 2
  builder.add_action(0.0, {{1, 0.3}, {2, 0.7}});
  builder.add_state();  // 1: target, then on to 3
  builder.add_action(0.0, 3);
  builder.add_state();  // 2: stays a while, then 1
  builder.add_action(0.0, {{2, 0.9}, {1, 0.1}});
  builder.add_state();  // 3: a trap
  builder.add_action(0.0, 3);
  const Mdp mdp = std::move(builder).build();
  const Eigen::VectorXd policy = Eigen::VectorXd::Ones(4);
  const std::vector<Index> target{1};
  EXPECT_EQ(hitting_probabilities(mdp, policy, target).states, Eigen::Vector4d(1.0, 1.0, 1.0, 0.0));
  EXPECT_EQ(hitting_probabilities(mdp, policy, target).error_bound, 0.0);
  const auto time = expected_hitting_times(mdp, policy, target);
  EXPECT_NEAR(time.states(2), 10.0, time.error_bound);
  EXPECT_NEAR(time.states(0), 8.0, time.error_bound);
  EXPECT_EQ(time.states(1), 0.0);
  EXPECT_EQ(time.states(3), infinity);
  EXPECT_EQ(hitting_probabilities(mdp, policy, {}).states, Eigen::Vector4d::Zero());
}

TEST(Hitting, NamesWhatItRefuses) {
  using ::testing::HasSubstr;
  using ::testing::ThrowsMessage;
  const Mdp mdp = corridor(1, 1.0, 0.9);
  EXPECT_THAT([&] { hitting_probabilities(mdp, Eigen::Vector2d(0.5, 0.5), std::vector<Index>{2}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("state 2")));
  EXPECT_THAT([&] { expected_hitting_times(mdp, Eigen::Vector2d(0.5, 0.6), std::vector<Index>{1}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("policy")));
}

}  // namespace
}  // namespace softrl::tabular
