#include "tabular/generators.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/soft_value_iteration.hpp"

namespace softrl::tabular {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// P(s'|s, a) for all s'.
Eigen::VectorXd row(const Mdp& mdp, Index state, Index action) {
  Eigen::VectorXd result = Eigen::VectorXd::Zero(mdp.states());
  const Index pair = mdp.find_pair(state, action);
  const auto successors = mdp.successors(pair);
  for (std::size_t t = 0; t < successors.size(); ++t)
    result(successors[t]) += mdp.deterministic() ? 1.0 : mdp.probabilities(pair)[t];
  return result;
}

// The definition, cell by cell: 1 − slip ahead, half of slip to either side, and who would leave the world stays.
TEST(OpenGridworld, MovesByItsDefinition) {
  for (const auto& [rows, columns, slip] :
       {std::tuple{1, 2, 0.2}, {2, 1, 0.2}, {3, 5, 0.2}, {4, 3, 0.0}, {3, 3, 1.0}}) {
    const Gridworld world = open_gridworld({.rows = rows, .columns = columns, .slip = slip, .step_cost = 0.5});
    const Mdp mdp = gridworld_mdp(world);
    ASSERT_EQ(mdp.states(), rows * columns);
    EXPECT_EQ(mdp.deterministic(), slip == 0.0);
    EXPECT_EQ(mdp.initial_distribution()(0), 1.0);
    ASSERT_EQ(mdp.terminal().size(), 1u);
    EXPECT_EQ(mdp.terminal().front().state, rows * columns - 1);
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) {
        if (mdp.is_terminal(r * columns + c)) continue;
        const int up = std::max(r - 1, 0) * columns + c, down = std::min(r + 1, rows - 1) * columns + c;
        const int left = r * columns + std::max(c - 1, 0), right = r * columns + std::min(c + 1, columns - 1);
        const int ends[] = {up, right, down, left};
        for (int a = 0; a < 4; ++a) {
          Eigen::VectorXd expected = Eigen::VectorXd::Zero(mdp.states());
          expected(ends[a]) += 1.0 - slip;
          expected(ends[(a + 1) % 4]) += slip / 2.0;
          expected(ends[(a + 3) % 4]) += slip / 2.0;
          EXPECT_LE((row(mdp, r * columns + c, a) - expected).cwiseAbs().maxCoeff(), 1e-15);
          EXPECT_EQ(mdp.reward(mdp.find_pair(r * columns + c, a)), -0.5);
        }
      }
    }
  }
}

TEST(OpenGridworld, IsTheWorldOfTheSameMap) {
  const Gridworld made = open_gridworld({.rows = 2, .columns = 3, .slip = 0.1, .goal_reward = 4.0, .discount = 0.9});
  const Gridworld read = parse_gridworld(
      "map = \"\"\"\nS..\n..G\n\"\"\"\nslip = 0.1\nstep_cost = 1\ndiscount = 0.9\n[legend]\nG = {reward = 4}\n", "x");
  EXPECT_EQ(to_toml(made), to_toml(read));
}

TEST(FourRooms, OfSize11AreTheShippedOnes) {
  const Gridworld shipped = read_gridworld(SOFTRL_SOURCE_DIR "/examples/gridworlds/four_rooms.toml");
  EXPECT_EQ(four_rooms().map, shipped.map);
  EXPECT_EQ(to_toml(four_rooms()), to_toml(shipped));
}

// At discount 1 and temperature 0 the value is minus the number of steps, and every room is reached: the longest way
// within a grid of that size bounds it.
TEST(FourRooms, OfEverySizeAreJoined) {
  for (int size = 5; size < 20; ++size) {
    const Mdp mdp = gridworld_mdp(four_rooms({.size = size}), 1.0);
    EXPECT_EQ(mdp.states(), size * size - (2 * size - 1) + 4) << size;
    const auto solution = soft_value_iteration(mdp, {.temperature = 0.0});
    EXPECT_EQ(solution.status, Status::Converged) << size;
    EXPECT_GE(solution.values.minCoeff(), -4.0 * size) << size;
  }
}

TEST(Cliff, IsThatOfTheBook) {
  EXPECT_THAT(cliff().map, ::testing::ElementsAre("............", "............", "............", "SHHHHHHHHHHG"));
  // Sutton & Barto: without slips the best way is along the edge, 13 steps.
  const Mdp mdp = gridworld_mdp(cliff(), 1.0);
  const auto solution = soft_value_iteration(mdp, {.temperature = 0.0});
  EXPECT_NEAR(solution.values(36), -13.0, 1e-8);
  EXPECT_EQ(mdp.reward(mdp.find_pair(36, 1)), -100.0);
}

TEST(Garnet, HasTheShapeAskedForAndIsTheSameAgain) {
  const GarnetOptions options{.states = 40, .actions = 3, .branching = 6, .terminal = 2, .discount = 0.8, .seed = 7};
  const Mdp mdp = garnet(options), again = garnet(options);
  EXPECT_EQ(mdp.states(), 40);
  EXPECT_EQ(mdp.pairs(), 38 * 3);
  EXPECT_EQ(mdp.transitions(), 38 * 3 * 6);
  EXPECT_TRUE(mdp.is_terminal(38) && mdp.is_terminal(39) && !mdp.is_terminal(37));
  for (Index k = 0; k < mdp.pairs(); ++k) {
    const auto successors = mdp.successors(k);
    EXPECT_EQ(std::set<Index>(successors.begin(), successors.end()).size(), 6u) << "successors differ";
    EXPECT_TRUE(std::ranges::equal(successors, again.successors(k)));
    EXPECT_TRUE(std::ranges::equal(mdp.probabilities(k), again.probabilities(k)));
    EXPECT_EQ(mdp.reward(k), again.reward(k));
  }
  auto other = options;
  other.seed = 8;
  EXPECT_NE(garnet(other).reward(0), mdp.reward(0));
}

// Every state is a successor with probability branching / states; first of n sorted cuts' gaps has mean 1 / n.
// 20,000 pairs: each mean is within 6.5 standard errors with probability 1 − 8e-11, so all 20 with 1 − 2e-9.
TEST(Garnet, DrawsByItsDefinition) {
  constexpr int states = 15, branching = 5, pairs = 20'000;
  std::vector<double> seen(states, 0.0), gap(branching, 0.0);
  double reward = 0.0, square = 0.0;
  for (int seed = 0; seed < pairs / states / 4 + 1; ++seed) {
    const Mdp mdp = garnet({.states = states, .actions = 4, .branching = branching, .seed = std::uint64_t(seed)});
    for (Index k = 0; k < mdp.pairs(); ++k) {
      for (std::size_t t = 0; t < branching; ++t) {
        seen[static_cast<std::size_t>(mdp.successors(k)[t])] += 1.0;
        gap[t] += mdp.probabilities(k)[t];
      }
      reward += mdp.reward(k);
      square += mdp.reward(k) * mdp.reward(k);
    }
  }
  const double n = (pairs / states / 4 + 1) * states * 4;
  const double p = double(branching) / states;
  for (const double count : seen) EXPECT_NEAR(count / n, p, 6.5 * std::sqrt(p * (1 - p) / n));
  // The gaps are Dirichlet(1, …, 1): variance (b − 1) / (b² (b + 1)).
  for (const double sum : gap)
    EXPECT_NEAR(sum / n, 1.0 / branching,
                6.5 * std::sqrt((branching - 1.0) / (branching * branching * (branching + 1.0)) / n));
  EXPECT_NEAR(reward / n, 0.0, 6.5 / std::sqrt(n));
  EXPECT_NEAR(square / n, 1.0, 6.5 * std::sqrt(2.0 / n));
}

// The numbers as published (Osband, Russo & Van Roy 2013, Fig. 1).
TEST(RiverSwim, HasThePublishedNumbers) {
  const Mdp mdp = river_swim();
  ASSERT_EQ(mdp.states(), 6);
  ASSERT_EQ(mdp.pairs(), 12);
  const double right[6][6] = {{0.4, 0.6, 0, 0, 0, 0},     {0.05, 0.6, 0.35, 0, 0, 0}, {0, 0.05, 0.6, 0.35, 0, 0},
                              {0, 0, 0.05, 0.6, 0.35, 0}, {0, 0, 0, 0.05, 0.6, 0.35}, {0, 0, 0, 0, 0.4, 0.6}};
  for (Index s = 0; s < 6; ++s) {
    for (Index next = 0; next < 6; ++next) {
      EXPECT_NEAR(row(mdp, s, 1)(next), right[s][next], 1e-15);
      EXPECT_EQ(row(mdp, s, 0)(next), next == std::max(s - 1, 0) ? 1.0 : 0.0);
    }
    EXPECT_EQ(mdp.reward(mdp.find_pair(s, 0)), s == 0 ? 0.005 : 0.0);
    EXPECT_EQ(mdp.reward(mdp.find_pair(s, 1)), s == 5 ? 1.0 : 0.0);
  }
}

// Moving on for ever, with p the slip, g = γ (1 − p) and c = p (small + γ V_0): V_n = (c + (1 − p) large) / (1 − g) in
// the last state and V_s = c + g V_{s+1} before it, so V_0 = (c + (1 − p) g^{n−1} (large + …)); solved for V_0 below.
TEST(Chain, HasItsClosedForm) {
  for (const double slip : {0.0, 0.1, 0.2}) {
    constexpr int n = 5;
    constexpr double discount = 0.98, small = 2.0, large = 10.0;
    const Mdp mdp = chain({.states = n, .slip = slip, .discount = discount});
    EXPECT_EQ(mdp.deterministic(), slip == 0.0);
    const double g = discount * (1.0 - slip);
    // V_s = c (1 + … ) is c / (1 − g) plus what the large reward adds, discounted by g per step to the end.
    const double prize = (1.0 - slip) * large / (1.0 - g);
    // V_0 = slip (small + γ V_0) / (1 − g) + g^{n−1} prize.
    const double v0 = (slip * small / (1.0 - g) + std::pow(g, n - 1) * prize) / (1.0 - slip * discount / (1.0 - g));
    const double c = slip * (small + discount * v0);
    const auto solution = soft_value_iteration(mdp, {.temperature = 0.0, .tolerance = 1e-10});
    for (int s = 0; s < n; ++s)
      EXPECT_NEAR(solution.values(s), c / (1.0 - g) + std::pow(g, n - 1 - s) * prize, 1e-9) << "slip " << slip;
  }
}

TEST(Generators, NameTheOptionTheyRefuse) {
  const auto refuses = [](auto call, const char* name) {
    EXPECT_THAT(call, ThrowsMessage<std::invalid_argument>(HasSubstr(name)));
  };
  refuses([] { open_gridworld({.rows = 0}); }, "rows");
  refuses([] { open_gridworld({.columns = -3}); }, "columns");
  refuses([] { open_gridworld({.rows = 1, .columns = 1}); }, "two cells");
  refuses([] { open_gridworld({.rows = 100'000, .columns = 100'000}); }, "32-bit");
  refuses([] { open_gridworld({.slip = 1.5}); }, "slip");
  refuses([] { open_gridworld({.step_cost = NAN}); }, "step_cost");
  refuses([] { four_rooms({.size = 4}); }, "size");
  refuses([] { cliff({.columns = 2}); }, "columns");
  refuses([] { garnet({.states = 3, .branching = 4}); }, "branching");
  refuses([] { garnet({.states = 3, .branching = 1, .terminal = 3}); }, "terminal");
  refuses([] { garnet({.states = 1'000'000'000, .actions = 1000}); }, "32-bit");
  refuses([] { garnet({.discount = 2.0}); }, "discount");
  refuses([] { river_swim({.states = 1}); }, "states");
  refuses([] { chain({.slip = -0.1}); }, "slip");
}

}  // namespace
}  // namespace softrl::tabular
