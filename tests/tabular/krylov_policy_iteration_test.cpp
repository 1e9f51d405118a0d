#include "tabular/krylov_policy_iteration.hpp"

#include <cmath>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/examples.hpp"
#include "tabular/generators.hpp"
#include "tabular/high_precision.hpp"
#include "tabular/soft_policy_iteration.hpp"

namespace softrl::tabular {
namespace {

double distance(const Solution& a, const Solution& b) { return (a.values - b.values).cwiseAbs().maxCoeff(); }

// The direct solver factorises what this one iterates on: from the hard maximum to a temperature at which rewards
// hardly count, and to discounts whose systems have condition numbers of 10⁵.
TEST(KrylovPolicyIteration, AgreesWithDirectSolves) {
  for (const double discount : {0.0, 0.5, 0.99, 0.9999, 0.99999}) {
    for (const double temperature : {0.0, 1e-6, 1e-2, 1.0, 1e6}) {
      for (const std::uint64_t seed : {1u, 2u}) {
        const Mdp mdp =
            random_mdp({.states = 200, .discount = discount, .terminal_probability = seed == 1 ? 0.0 : 1e-3}, seed);
        const SolverOptions options{
            .temperature = temperature, .tolerance = 1e-6 * std::max(1.0, temperature), .max_iterations = 2000};
        const auto krylov = krylov_policy_iteration(mdp, options);
        const auto direct = soft_policy_iteration(mdp, options);
        const auto where = ::testing::Message() << "discount " << discount << ", temperature " << temperature;
        EXPECT_EQ(krylov.status, direct.status) << where;
        EXPECT_LE(distance(krylov, direct), krylov.error_bound + direct.error_bound) << where;
        EXPECT_LE(krylov.iterations, 100) << where;
      }
    }
  }
}

// On a map, where information has a long way to go; large enough for several blocks of each parallel loop.
TEST(KrylovPolicyIteration, SolvesGridworldsWhateverTheThreads) {
  for (const double discount : {0.99, 0.9999}) {
    for (const double temperature : {0.0, 1.0}) {
      const Mdp mdp = gridworld_mdp(open_gridworld({.rows = 150, .columns = 150, .discount = discount}));
      SolverOptions options{.temperature = temperature, .tolerance = 1e-6};
      const auto one = krylov_policy_iteration(mdp, options);
      EXPECT_EQ(one.status, Status::Converged);
      EXPECT_LE(one.error_bound, 1e-6);
      EXPECT_LE(one.iterations, 60);
      options.threads = 3;
      const auto three = krylov_policy_iteration(mdp, options);
      EXPECT_EQ(one.iterations, three.iterations);
      EXPECT_EQ(one.values, three.values);  // to the last bit
    }
  }
}

TEST(KrylovPolicyIteration, BoundsHoldAtDiscountOne) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Mdp mdp = random_mdp({.states = 6, .discount = 1.0, .terminal_probability = 0.15}, seed);
    for (const double temperature : {0.0, 0.5}) {
      const PreciseVector truth = precise_solution(mdp, temperature);
      const auto result = krylov_policy_iteration(mdp, {.temperature = temperature, .tolerance = 1e-9});
      EXPECT_EQ(result.status, Status::Converged) << "seed " << seed;
      EXPECT_LE(largest_excess(truth, precise(result.values)), result.upper_gap);
      EXPECT_LE(largest_excess(precise(result.values), truth), result.lower_gap);
      EXPECT_LE(result.error_bound, 1e-9);
    }
  }
}

// A step costs 1 and a walker in a corridor of n cells that is undecided between going on and staying pays for it: with
// the hard maximum V = −(steps to go).
TEST(KrylovPolicyIteration, CountsTheStepsOfACorridor) {
  const auto result = krylov_policy_iteration(corridor(50, 1.0, 1.0), {.temperature = 0.0});
  EXPECT_EQ(result.status, Status::Converged);
  for (int s = 0; s < 50; ++s) EXPECT_NEAR(result.values(s), s - 50.0, result.error_bound + 1e-12);
}

TEST(KrylovPolicyIteration, StartsWarm) {
  const Mdp mdp = random_mdp({.states = 20, .discount = 0.99}, 5);
  const auto cold = krylov_policy_iteration(mdp, {.temperature = 0.1});
  const auto warm = krylov_policy_iteration(mdp, {.temperature = 0.1, .initial_values = cold.values});
  EXPECT_EQ(warm.status, Status::Converged);
  EXPECT_LE(warm.iterations, 2);
}

TEST(KrylovPolicyIteration, NeverClaimsAnInfiniteValue) {
  EXPECT_EQ(krylov_policy_iteration(corridor(4, -0.1, 1.0), {.temperature = 0.5}).status, Status::Infeasible);
  EXPECT_EQ(krylov_policy_iteration(corridor(4, -0.1, 1.0), {.temperature = 0.0}).status, Status::Infeasible);
  EXPECT_EQ(krylov_policy_iteration(bandit({-1.0, -2.0}, 1.0)).status, Status::Infeasible);
}

// At discount 0.999 a residual of 1e-9 certifies 1e-6: one correction does not get there from nothing.
TEST(KrylovPolicyIteration, SaysWhenItsIterationsEnd) {
  const Mdp mdp = random_mdp({.states = 50, .discount = 0.999}, 3);
  const auto result = krylov_policy_iteration(mdp, {.temperature = 0.1, .max_iterations = 2});
  EXPECT_EQ(result.status, Status::IterationLimit);
  EXPECT_EQ(result.iterations, 2);
  const auto full = soft_policy_iteration(mdp, {.temperature = 0.1});
  EXPECT_LE(distance(result, full), result.error_bound + full.error_bound);
}

TEST(KrylovPolicyIteration, NamesTheOptionItRefuses) {
  using ::testing::HasSubstr;
  using ::testing::ThrowsMessage;
  const Mdp mdp = bandit({1.0}, 0.5);
  EXPECT_THAT([&] { krylov_policy_iteration(mdp, {.temperature = -1.0}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("temperature")));
  EXPECT_THAT([&] { krylov_policy_iteration(mdp, {.max_iterations = 0}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("max_iterations")));
  EXPECT_THAT([&] { krylov_policy_iteration(mdp, {.threads = -1}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("threads")));
}

}  // namespace
}  // namespace softrl::tabular
