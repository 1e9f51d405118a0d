#include "tabular/soft_value_iteration.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/examples.hpp"
#include "tabular/high_precision.hpp"
#include "tabular/soft_policy_iteration.hpp"

namespace softrl::tabular {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// One state, A actions that return to it with reward r: V = r + α log A + γV, so V = (r + α log A) / (1 − γ).
TEST(SoftValueIteration, SymmetricBanditHasAClosedForm) {
  const auto result = soft_value_iteration(bandit({2.0, 2.0, 2.0}, 0.9), {.temperature = 0.5});
  EXPECT_EQ(result.status, Status::Converged);
  EXPECT_LE(result.error_bound, 1e-8);
  EXPECT_NEAR(result.values(0), (2.0 + 0.5 * std::log(3.0)) / (1.0 - 0.9), result.error_bound + 1e-14);
  EXPECT_TRUE(result.policy.isApprox(Eigen::Vector3d::Constant(1.0 / 3.0), 1e-15));
}

// Different rewards: log Σ exp(r/α) takes the place of r/α + log A, and π is the softmax of the rewards.
TEST(SoftValueIteration, BanditHasAClosedForm) {
  const auto result = soft_value_iteration(bandit({1.0, 0.0}, 0.5), {.temperature = 2.0, .tolerance = 1e-12});
  EXPECT_NEAR(result.values(0), 2.0 * std::log(std::exp(0.5) + 1.0) / 0.5, result.error_bound + 1e-15);
  EXPECT_NEAR(result.policy(0), 1.0 / (1.0 + std::exp(-0.5)), 1e-14);
}

// Entropy only helps, by at most α log A a step: V_hard ≤ V_soft ≤ V_hard + α log A / (1 − γ).
TEST(SoftValueIteration, LiesInTheEntropyBandAboveTheHardValues) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Mdp mdp = random_mdp({.states = 12, .actions = 4, .discount = 0.9}, seed);
    const auto soft = soft_value_iteration(mdp, {.temperature = 0.3});
    const auto hard = soft_value_iteration(mdp, {.temperature = 0.0});
    const Eigen::VectorXd gain = soft.values - hard.values;
    const double slack = soft.error_bound + hard.error_bound;
    EXPECT_GE(gain.minCoeff(), -slack) << "seed " << seed;
    EXPECT_LE(gain.maxCoeff(), 0.3 * std::log(4.0) / (1.0 - 0.9) + slack) << "seed " << seed;
  }
}

// The KL penalty to the uniform policy shifts the values by −α log A / (1 − γ) where all states have A actions, and
// leaves the policy alone (docs/math.md 1).
TEST(SoftValueIteration, KlToUniformIsAShift) {
  MdpBuilder builder(0.8);
  for (int s = 0; s < 3; ++s) {
    builder.add_state();
    for (int a = 0; a < 2; ++a) builder.add_action(0.3 * s - a, (s + a) % 3);
  }
  const Mdp mdp = std::move(builder).build();
  const auto bonus = soft_value_iteration(mdp, {.temperature = 0.5, .tolerance = 1e-12});
  const auto penalty =
      soft_value_iteration(mdp, {.temperature = 0.5,
                                 .tolerance = 1e-12,
                                 .base_measure = BaseMeasure::kl_to(mdp, Eigen::VectorXd::Constant(mdp.pairs(), 0.5))});
  for (int s = 0; s < 3; ++s)
    EXPECT_NEAR(bonus.values(s) - penalty.values(s), 0.5 * std::log(2.0) / (1.0 - 0.8), 3e-12);
  EXPECT_TRUE(bonus.policy.isApprox(penalty.policy, 1e-10));
}

// The certified gaps hold against 50 digits at every stage: after few sweeps, converged, and at the limit of rounding.
TEST(SoftValueIteration, BoundsHoldAgainstHighPrecision) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Mdp mdp = random_mdp({.states = 6, .discount = 0.85, .terminal_probability = seed % 2 ? 0.1 : 0.0}, seed);
    for (const double temperature : {0.0, 0.05, 2.0}) {
      const PreciseVector truth = precise_solution(mdp, temperature);
      for (const int sweeps : {1, 10, 100'000}) {
        const auto result =
            soft_value_iteration(mdp, {.temperature = temperature, .tolerance = 0.0, .max_iterations = sweeps});
        EXPECT_EQ(result.status, sweeps < 100 ? Status::IterationLimit : Status::Stalled);
        EXPECT_LE(largest_excess(truth, precise(result.values)), result.upper_gap);
        EXPECT_LE(largest_excess(precise(result.values), truth), result.lower_gap);
        EXPECT_EQ(result.error_bound, std::max(result.lower_gap, result.upper_gap));
        if (sweeps > 100) {
          EXPECT_LT(result.error_bound, 1e-12);
        }
      }
    }
  }
}

TEST(SoftValueIteration, SaysThatRoundingForbidsTheTolerance) {
  const auto result = soft_value_iteration(bandit({1e6, 1e6}, 0.9), {.temperature = 1.0, .tolerance = 1e-12});
  EXPECT_EQ(result.status, Status::Stalled);
  EXPECT_GT(result.error_bound, 1e-12);
  EXPECT_NEAR(result.values(0), (1e6 + std::log(2.0)) / (1.0 - 0.9), result.error_bound + 1e-8);
}

TEST(SoftValueIteration, StartsWarm) {
  const Mdp mdp = random_mdp({.states = 20, .discount = 0.99, .terminal_probability = 0.01}, 5);
  const auto cold = soft_value_iteration(mdp);
  const auto warm = soft_value_iteration(mdp, {.initial_values = cold.values});
  EXPECT_LE(warm.iterations, 2);
  EXPECT_LE((warm.values - cold.values).cwiseAbs().maxCoeff(), warm.error_bound + cold.error_bound);
}

// A walk of n states, each with "go on" and "stay": V_i = V_{i+1} − c + α log(1 + exp((V_i − V_{i+1})/α)), whose
// solution at discount 1 is V_i − V_{i+1} = −c − α log(1 − e^{−c/α}).
TEST(SoftValueIteration, CorridorAtDiscountOneHasAClosedForm) {
  const double cost = 1.0, temperature = 0.8;
  const double step = -cost - temperature * std::log(1.0 - std::exp(-cost / temperature));
  const auto result = soft_value_iteration(corridor(6, cost, 1.0), {.temperature = temperature});
  EXPECT_EQ(result.status, Status::Converged);
  EXPECT_LE(result.error_bound, 1e-8);
  for (int s = 0; s <= 6; ++s) EXPECT_NEAR(result.values(s), (6 - s) * step, result.error_bound + 1e-13);
}

// So near to 1 that 1/(1 − γ) times the rounding error exceeds the tolerance, yet episodes are short: certified all the
// same.
TEST(SoftValueIteration, ConvergesVeryNearDiscountOne) {
  const double cost = 1.0, temperature = 0.8;
  const double step = -cost - temperature * std::log(1.0 - std::exp(-cost / temperature));
  for (const double discount : {1.0 - 1e-9, 1.0 - 1e-15}) {
    const auto result = soft_value_iteration(corridor(6, cost, discount), {.temperature = temperature});
    EXPECT_EQ(result.status, Status::Converged);
    for (int s = 0; s <= 6; ++s)
      EXPECT_NEAR(result.values(s), (6 - s) * step, result.error_bound + 100.0 * (1.0 - discount));
  }
}

// Temperatures at which everything but the entropy drowns, up to overflow: honest bounds or none, and no NaN.
TEST(SoftValueIteration, SurvivesAbsurdTemperatures) {
  for (const double discount : {0.9, 1.0 - 1e-9, 1.0}) {
    for (const double temperature : {1e-300, 1e10, 1e300, 1e308}) {
      const Mdp mdp = corridor(3, 1.0, discount);
      for (const Solution& result : {soft_value_iteration(mdp, {.temperature = temperature, .max_iterations = 500}),
                                     soft_policy_iteration(mdp, {.temperature = temperature})}) {
        EXPECT_FALSE(std::isnan(result.error_bound));
        EXPECT_EQ(result.status == Status::Converged, result.error_bound <= 1e-8);
        EXPECT_TRUE(result.values.allFinite());
        EXPECT_TRUE(result.policy.allFinite());
        for (int s = 0; s < 3; ++s) EXPECT_NEAR(result.policy.segment(2 * s, 2).sum(), 1.0, 1e-15);
      }
    }
  }
}

// V = −10^308 / (1 − γ) overflows after a few sweeps: the residual tells, and no infinite value is handed out.
TEST(SoftValueIteration, HandsOutNoValueThatOverflowed) {
  for (const double reward : {-1e308, 1e308}) {
    const Mdp mdp = bandit({reward, reward}, 0.95);
    for (const Solution& result : {soft_value_iteration(mdp), soft_policy_iteration(mdp)}) {
      EXPECT_EQ(result.status, Status::Stalled);
      EXPECT_TRUE(std::isinf(result.residual));
      EXPECT_TRUE(std::isinf(result.error_bound));
      EXPECT_TRUE(result.values.allFinite());
    }
  }
}

// Two ways of equal length in reward, one step of −12 or many of −1: at temperature 0 a tie that a one-step argument
// for the upper bound would stumble over.
TEST(SoftValueIteration, TiesOfUnequalLengthAreCertifiedAtDiscountOne) {
  MdpBuilder builder(1.0);
  for (int s = 0; s < 12; ++s) {
    builder.add_state();
    builder.add_action(-1.0, s + 1);
    builder.add_action(-(12.0 - s), 12);
  }
  builder.add_terminal_state();
  const auto result = soft_value_iteration(std::move(builder).build(), {.temperature = 0.0});
  EXPECT_EQ(result.status, Status::Converged);
  for (int s = 0; s <= 12; ++s) EXPECT_NEAR(result.values(s), s - 12.0, result.error_bound);
}

// Staying pays α log 2 − c per step at the least for ever when c < α log 2, and even c < α log of the growth rate of
// walks: with stay and go on alone, exp(−c/α) < 1 is what is needed, so c = 0 diverges and c > 0 does not.
TEST(SoftValueIteration, SaysThatTheValueIsInfinite) {
  const auto result = soft_value_iteration(corridor(4, -0.1, 1.0), {.temperature = 0.5});
  EXPECT_EQ(result.status, Status::Infeasible);
  EXPECT_TRUE(std::isinf(result.error_bound));
  EXPECT_TRUE(result.values.allFinite());
  EXPECT_EQ(soft_value_iteration(corridor(4, 0.1, 1.0), {.temperature = 0.5}).status, Status::Converged);
  EXPECT_EQ(soft_value_iteration(corridor(4, -0.1, 1.0), {.temperature = 0.0}).status, Status::Infeasible);
}

// c = 0 is the border: values grow like α log n, without end but ever slower. Never "converged".
TEST(SoftValueIteration, DoesNotClaimToConvergeAtTheBorderOfFeasibility) {
  const auto result = soft_value_iteration(corridor(4, 0.0, 1.0), {.temperature = 0.5, .max_iterations = 3000});
  EXPECT_NE(result.status, Status::Converged);
  EXPECT_TRUE(std::isinf(result.error_bound));
}

TEST(SoftValueIteration, WithoutAWayToTheEndIsInfeasibleAtDiscountOne) {
  EXPECT_EQ(soft_value_iteration(bandit({-1.0, -2.0}, 1.0)).status, Status::Infeasible);
  EXPECT_EQ(soft_value_iteration(bandit({-1.0, -2.0}, 1.0), {.temperature = 0.0}).status, Status::Infeasible);
}

TEST(SoftValueIteration, OfTerminalStatesAloneIsTheirValue) {
  MdpBuilder builder(0.9);
  builder.add_terminal_state(3.0);
  const auto result = soft_value_iteration(std::move(builder).build());
  EXPECT_EQ(result.status, Status::Converged);
  EXPECT_EQ(result.values(0), 3.0);
}

TEST(SoftValueIteration, NamesTheOptionItRefuses) {
  const Mdp mdp = bandit({1.0}, 0.5);
  const auto refuses = [&](const SolverOptions& options, const char* name) {
    EXPECT_THAT([&] { soft_value_iteration(mdp, options); }, ThrowsMessage<std::invalid_argument>(HasSubstr(name)));
  };
  refuses({.temperature = -1.0}, "temperature must be finite and at least 0, got -1");
  refuses({.temperature = std::numeric_limits<double>::quiet_NaN()}, "temperature");
  refuses({.tolerance = -1e-3}, "tolerance");
  refuses({.max_iterations = 0}, "max_iterations must be at least 1, got 0");
  refuses({.threads = -1}, "threads must be at least 0, got -1");
  refuses({.initial_values = Eigen::Vector2d(0.0, 0.0)}, "initial_values must have 1 entries, got 2");
  refuses({.base_measure = {.log_weights = Eigen::Vector2d(0.0, 0.0)}}, "base measure must have 1 entries, got 2");
}

}  // namespace
}  // namespace softrl::tabular
