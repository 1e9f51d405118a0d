#include "tabular/feasibility.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include <Eigen/Eigenvalues>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/examples.hpp"
#include "tabular/solver.hpp"

namespace softrl::tabular {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

TEST(StatesWithoutExit, AreThoseThatNoMoveLeadsOutOf) {
  MdpBuilder builder(1.0);
  builder.add_state();
  builder.add_action(0.0, {{1, 0.5}, {4, 0.5}});
  builder.add_state();  // 1 and 2 are a trap
  builder.add_action(0.0, 2);
  builder.add_state();
  builder.add_action(0.0, {{1, 1.0}, {4, 0.0}});
  builder.add_state();
  builder.add_action(0.0, 3);
  builder.add_action(0.0, 0);
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  EXPECT_THAT(states_without_exit(mdp), ElementsAre(1, 2));
  // Without the action that leaves it, state 3 is a trap too.
  Eigen::VectorXd log_weights = Eigen::VectorXd::Zero(mdp.pairs());
  log_weights(4) = -std::numeric_limits<double>::infinity();
  EXPECT_THAT(states_without_exit(mdp, {.log_weights = log_weights}), ElementsAre(1, 2, 3));
  EXPECT_THAT(states_without_exit(corridor(3, 1.0, 1.0)), IsEmpty());
}

using Verdict = Existence::Verdict;

Existence existence_of(const Mdp& mdp, double temperature, const ExistenceOptions& options = {},
                       const BaseMeasure& measure = {}) {
  return existence(Bellman(mdp, temperature, measure), {}, options);
}

constexpr ExistenceOptions precisely{.relative_width = 1e-9};

// A ring of n states with two moves of cost c in each, and an exit whose cost does not matter: walks that stay multiply
// by 2 e^{−c/α} a step, so g = α log 2 − c, on both sides of the border c = α log 2.
TEST(Existence, OfARingIsAMatterOfTheCostOfAStep) {
  const int n = 12;
  const double temperature = 0.5;
  for (const double share : {0.5, 0.999, 0.999999, 1.000001, 1.001, 1.5}) {
    const double cost = share * temperature * std::log(2.0);
    MdpBuilder builder(1.0);
    for (int s = 0; s < n; ++s) {
      builder.add_state();
      builder.add_action(-cost, (s + 1) % n);
      builder.add_action(-cost, s);
      if (s == 0) builder.add_action(-100.0, n);
    }
    builder.add_terminal_state();
    const Mdp mdp = std::move(builder).build();
    const Existence found = existence_of(mdp, temperature, precisely);
    EXPECT_EQ(found.verdict, share < 1.0 ? Verdict::DoesNotExist : Verdict::Exists);
    const double gain = temperature * std::log(2.0) - cost;
    EXPECT_NEAR(found.gain_lower, gain, 1e-14);
    EXPECT_NEAR(found.gain_upper, gain, 1e-14);
    EXPECT_LT(found.gain_lower, found.gain_upper);
    const auto radius = spectral_radius(found, temperature);
    EXPECT_LT(radius.lower, 2.0 * std::exp(-cost / temperature));
    EXPECT_GT(radius.upper, 2.0 * std::exp(-cost / temperature));
  }
}

TEST(Existence, IsCertainWhereEveryPolicyEnds) {
  const Mdp mdp = random_mdp({.discount = 1.0, .terminal_probability = 0.1}, 1);
  const Existence found = existence_of(mdp, 1e6);
  EXPECT_EQ(found.verdict, Verdict::Exists);
  EXPECT_EQ(found.gain_upper, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(spectral_radius(found, 1.0).upper, 0.0);
}

TEST(Existence, NeedsAnExitFromEveryState) {
  const Existence found = existence_of(bandit({-1.0, -2.0}, 1.0), 0.5);
  EXPECT_EQ(found.verdict, Verdict::DoesNotExist);
  EXPECT_EQ(found.states_without_exit, 1);
  EXPECT_NEAR(found.gain_upper, 0.5 * std::log(std::exp(-2.0) + std::exp(-4.0)), 1e-14);
}

// Loops that cost nothing: at temperature 0 values are finite, but V = TV does not pin them down. A KL penalty to the
// uniform policy makes a loop, one action of two, cost α log 2.
TEST(Existence, LeavesLoopsWithoutCostUndecidedAtTemperatureZero) {
  const Mdp free = corridor(3, 0.0, 1.0);
  EXPECT_EQ(existence_of(free, 0.0).verdict, Verdict::Undecided);
  EXPECT_EQ(existence_of(corridor(3, 1e-9, 1.0), 0.0).verdict, Verdict::Exists);
  EXPECT_EQ(existence_of(corridor(3, -1e-9, 1.0), 0.0).verdict, Verdict::DoesNotExist);
  const auto kl = BaseMeasure::kl_to(free, base_policy(free, {}));
  const Existence with_kl = existence_of(free, 0.3, {}, kl);
  EXPECT_EQ(with_kl.verdict, Verdict::Exists);
  EXPECT_NEAR(with_kl.gain_upper, -0.3 * std::log(2.0), 1e-14);
}

// At a positive temperature, walks through loops that cost nothing add up without limit as soon as there is a way out:
// the gain is exactly 0, on which no rounded bound of it can insist. Costs just beyond rounding tell the sides apart.
TEST(Existence, DecidesLoopsWithoutCostAtPositiveTemperatures) {
  EXPECT_EQ(existence_of(corridor(4, 0.0, 1.0), 0.5).verdict, Verdict::DoesNotExist);
  EXPECT_EQ(existence_of(corridor(4, 1e-15, 1.0), 0.5).verdict, Verdict::Exists);
  // A ring whose rewards add up to 0 without rounding, and one that loses the last bit of one of them.
  for (const double lost : {0.0, 0x1p-52}) {
    const double rewards[] = {1.0 - lost, -0.25, 2.0, -2.75};
    MdpBuilder builder(1.0);
    for (int s = 0; s < 4; ++s) {
      builder.add_state();
      builder.add_action(rewards[s], {{(s + 1) % 4, 1.0}});
      builder.add_action(-5.0, 4);
    }
    builder.add_terminal_state();
    const Mdp mdp = std::move(builder).build();
    const Existence found = existence_of(mdp, 0.5);
    EXPECT_EQ(found.verdict == Verdict::DoesNotExist, lost == 0.0);
    EXPECT_EQ(found.gain_lower == 0.0, lost == 0.0);
  }
  // Chance moves around at no cost: V/2 + V/2 = V.
  MdpBuilder builder(1.0);
  for (int s = 0; s < 3; ++s) {
    builder.add_state();
    builder.add_action(0.0, {{(s + 1) % 3, 0.5}, {s, 0.5}});
    builder.add_action(-1.0, 3);
  }
  builder.add_terminal_state();
  EXPECT_EQ(existence_of(std::move(builder).build(), 2.0).verdict, Verdict::DoesNotExist);
}

// A random process with deterministic moves, its temperature, and the spectral radius of its path sum from Eigen's
// dense eigenvalues: M_ss' = Σ exp(r/α) over the states that do not end, so that g = α log ρ(M).
struct PathSum {
  Mdp mdp;
  double temperature, radius;
};

PathSum random_path_sum(std::uint64_t seed) {
  Random random(seed, "path sum");
  const int n = 9;
  const double temperature = std::exp(random.uniform(-1.0, 1.0)), cost = random.uniform(0.2, 3.0);
  MdpBuilder builder(1.0);
  Eigen::MatrixXd m = Eigen::MatrixXd::Zero(n, n);
  for (int s = 0; s < n; ++s) {
    builder.add_state();
    for (int a = 0; a < 2; ++a) {
      const auto next = random.below(n + 1);
      const double reward = random.normal() - cost;
      builder.add_action(reward, static_cast<Index>(next));
      if (next < n) m(s, next) += std::exp(reward / temperature);
    }
    builder.add_action(-3.0, n);
  }
  builder.add_terminal_state();
  return {std::move(builder).build(), temperature, m.eigenvalues().cwiseAbs().maxCoeff()};
}

TEST(Existence, BoundsTheSpectralRadiusOfThePathSum) {
  int none = 0, exists = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto [mdp, temperature, radius] = random_path_sum(seed);
    const Existence found = existence_of(mdp, temperature, precisely);
    const auto bounds = spectral_radius(found, temperature);
    EXPECT_LE(bounds.lower, radius * (1.0 + 1e-12)) << "seed " << seed;
    EXPECT_GE(bounds.upper, radius * (1.0 - 1e-12)) << "seed " << seed;
    EXPECT_LE(bounds.upper - bounds.lower, 1e-8 * radius) << "seed " << seed;
    EXPECT_EQ(found.verdict, radius < 1.0 ? Verdict::Exists : Verdict::DoesNotExist) << "seed " << seed;
    (found.verdict == Verdict::Exists ? exists : none) += 1;
  }
  EXPECT_GT(none, 20);
  EXPECT_GT(exists, 20);
}

TEST(Existence, IsReportedByEverySolver) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto [mdp, temperature, radius] = random_path_sum(seed);
    for (const Method method : all_methods()) {
      const Solution solution = solve(mdp, method, {.temperature = temperature, .max_iterations = 20'000});
      const auto label = "seed " + std::to_string(seed) + ", " + std::string(to_string(method));
      ASSERT_TRUE(solution.existence) << label;
      const auto bounds = spectral_radius(*solution.existence, temperature);
      EXPECT_LE(bounds.lower, radius * (1.0 + 1e-12)) << label;
      EXPECT_GE(bounds.upper, radius * (1.0 - 1e-12)) << label;
      if (radius > 1.0) {
        EXPECT_EQ(solution.status, Status::Infeasible) << label;
        EXPECT_EQ(solution.existence->verdict, Verdict::DoesNotExist) << label;
        EXPECT_TRUE(std::isinf(solution.error_bound)) << label;
      } else {
        EXPECT_NE(solution.status, Status::Infeasible) << label;
        EXPECT_EQ(solution.existence->verdict, Verdict::Exists) << label;
      }
    }
  }
}

// The largest mean reward of a cycle (Karp 1978), by trying all lengths: max_k max_s (M^k)_ss / k in (max, +) algebra.
TEST(Existence, AtTemperatureZeroBoundsTheBestCycle) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed, "cycles");
    const int n = 8;
    MdpBuilder builder(1.0);
    Eigen::MatrixXd best = Eigen::MatrixXd::Constant(n, n, -infinity);
    for (int s = 0; s < n; ++s) {
      builder.add_state();
      for (int a = 0; a < 3; ++a) {
        const auto next = random.below(n);
        const double reward = random.normal() - 1.0;
        builder.add_action(reward, static_cast<Index>(next));
        best(s, next) = std::max(best(s, next), reward);
      }
      builder.add_action(-10.0, n);
    }
    builder.add_terminal_state();
    const Mdp mdp = std::move(builder).build();
    double gain = -infinity;
    Eigen::MatrixXd walks = best;
    for (int k = 1; k <= n; ++k) {
      gain = std::max(gain, walks.diagonal().maxCoeff() / k);
      Eigen::MatrixXd longer(n, n);
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j) longer(i, j) = (walks.row(i).transpose() + best.col(j)).maxCoeff();
      walks = longer;
    }
    const Existence found = existence_of(mdp, 0.0, precisely);
    EXPECT_LE(found.gain_lower, gain + 1e-13) << "seed " << seed;
    EXPECT_GE(found.gain_upper, gain - 1e-13) << "seed " << seed;
    EXPECT_LE(found.gain_upper - found.gain_lower, 1e-7) << "seed " << seed;
    EXPECT_EQ(found.verdict, gain < 0.0 ? Verdict::Exists : Verdict::DoesNotExist) << "seed " << seed;
  }
}

// Stochastic moves and entropy: the growth per sweep of T^n V, after so many of them that the start is forgotten.
TEST(Existence, BoundsTheGrowthPerSweepOfAStochasticProcess) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Mdp mdp = random_mdp({.discount = 1.0}, seed);
    const BaseMeasure counting;
    Bellman bellman(mdp, 0.7, counting);
    const Existence found = existence(bellman, {}, precisely);
    const int sweeps = 20'000;
    Eigen::VectorXd values = bellman.start_values({}), next = values;
    for (int i = 0; i < sweeps; ++i) {
      bellman.optimal_sweep(values, next);
      std::swap(values, next);
    }
    EXPECT_NEAR(values.maxCoeff() / sweeps, 0.5 * (found.gain_lower + found.gain_upper), 0.02) << "seed " << seed;
    EXPECT_LE(found.gain_upper - found.gain_lower, 1e-8) << "seed " << seed;
  }
}

// A guess is a start, not a premise.
TEST(Existence, IsNotMisledByTheGuess) {
  const Mdp mdp = random_mdp({.discount = 1.0}, 3);
  const BaseMeasure counting;
  const Bellman bellman(mdp, 0.7, counting);
  const Existence without = existence(bellman, {}, precisely);
  Random random(1, "guess");
  Eigen::VectorXd noise(mdp.states());
  for (double& v : noise) v = 1e8 * random.normal();
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  for (const Eigen::VectorXd& guess : {noise, Eigen::VectorXd::Constant(mdp.states(), nan).eval(),
                                       Eigen::VectorXd::Constant(mdp.states(), infinity).eval()}) {
    const Existence found = existence(bellman, guess, precisely);
    EXPECT_LE(found.gain_lower, without.gain_upper);
    EXPECT_GE(found.gain_upper, without.gain_lower);
    EXPECT_EQ(found.verdict, without.verdict);
  }
}

// Every step costs 1e-30, so the gain is negative. Yet at suitable equal values V, V/2 + V/4 + V/8 + V/8 is rounded
// above V, and a sweep seems to gain.
TEST(Existence, IsNotMisledByRounding) {
  const std::vector<Successor> row{{0, 0.5}, {1, 0.25}, {2, 0.125}, {3, 0.125}};
  MdpBuilder builder(1.0);
  for (int s = 0; s < 4; ++s) {
    builder.add_state();
    builder.add_action(-1e-30, row);
    builder.add_action(-1.0, {{4, 1.0}});
  }
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  const BaseMeasure counting;
  const Bellman bellman(mdp, 0.0, counting);
  Random random(1, "misled");
  for (int trial = 0; trial < 1000; ++trial) {
    Eigen::VectorXd guess(5);
    for (double& v : guess) v = random.uniform(1.0, 2.0);
    EXPECT_NE(existence(bellman, guess, {.max_sweeps = 3, .max_solves = 2}).verdict, Verdict::DoesNotExist);
  }
}

TEST(Existence, NamesTheOptionItRefuses) {
  EXPECT_THAT([] { existence_of(bandit({1.0}, 1.0), 1.0, {.max_sweeps = 0}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("max_sweeps")));
  EXPECT_THAT([] { existence_of(bandit({1.0}, 1.0), 1.0, {.relative_width = -1.0}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("relative_width")));
}

}  // namespace
}  // namespace softrl::tabular
