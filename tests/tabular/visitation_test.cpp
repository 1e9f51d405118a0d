#include "tabular/visitation.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/base_measure.hpp"
#include "tabular/examples.hpp"
#include "tabular/finite_horizon.hpp"
#include "tabular/high_precision.hpp"
#include "tabular/policy_evaluation.hpp"
#include "tabular/soft_value_iteration.hpp"

namespace softrl::tabular {
namespace {

// A corridor whose policy goes on with probability p: a state is left with probability p a step, so it is visited
// 1/(1 − γ(1 − p)) times from its first visit on, and reached from the one before with γ p of that.
TEST(Visitation, IsGeometricInACorridor) {
  const int n = 5;
  const double p = 0.3;
  for (const double discount : {0.0, 0.9, 1.0}) {
    const Mdp mdp = corridor(n, 1.0, discount);
    Eigen::VectorXd policy(mdp.pairs());
    for (int s = 0; s < n; ++s) policy.segment(2 * s, 2) << p, 1.0 - p;
    const auto result = visitation(mdp, policy, Eigen::VectorXd::Unit(n + 1, 0));
    EXPECT_EQ(result.status, Status::Converged);
    EXPECT_LT(result.error_bound, 1e-12);
    const double visits = 1.0 / (1.0 - discount * (1.0 - p));
    double error = 0.0;
    for (int s = 0; s < n; ++s) {
      error += std::abs(result.states(s) - visits * std::pow(discount * p * visits, s));
      EXPECT_EQ(result.pairs(2 * s), result.states(s) * p);
    }
    error += std::abs(result.states(n) - std::pow(discount * p * visits, n));
    EXPECT_LE(error, result.error_bound + 1e-15);
  }
}

// Duality: what is collected on the visits is the policy's value, Σ x(s,a) r(s,a) + Σ x(terminal) v = start · V_π.
TEST(Visitation, CollectsTheValueOfThePolicy) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const double discount = seed % 3 == 0 ? 1.0 : seed % 3 == 1 ? 0.99 : 0.5;
    const Mdp mdp = random_mdp({.states = 20, .discount = discount, .terminal_probability = 0.05}, seed);
    const Eigen::VectorXd policy = soft_value_iteration(mdp.with_discount(0.9)).policy;
    const auto visits = visitation(mdp, policy);
    const auto value = policy_evaluation(mdp, policy, {.temperature = 0.0});
    ASSERT_EQ(visits.status, Status::Converged);
    double collected = 0.0;
    for (Index k = 0; k < mdp.pairs(); ++k) collected += visits.pairs(k) * mdp.reward(k);
    for (const auto& [state, terminal_value] : mdp.terminal()) collected += visits.states(state) * terminal_value;
    const double slack = visits.error_bound * std::max(mdp.largest_reward(), 1.5) + value.error_bound;
    EXPECT_NEAR(collected, mdp.initial_distribution().dot(value.values), slack + 1e-13) << "seed " << seed;
    EXPECT_LT(slack, 1e-9);
  }
}

// In 50 digits, the truncated sum Σ γ^t P(s_t = s): the bound on the sum of errors holds.
TEST(Visitation, BoundHoldsAgainstHighPrecision) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const double discount = seed % 2 ? 1.0 : 0.7;
    const Mdp mdp = random_mdp({.discount = discount, .terminal_probability = 0.3}, seed);
    const Eigen::VectorXd policy = base_policy(mdp, {});
    const auto visits = visitation(mdp, policy);
    PreciseVector now = precise(mdp.initial_distribution()), sum = now;
    for (int t = 0; t < 200; ++t) {  // (1 − 0.3)^200 < 1e-30
      PreciseVector next(now.size(), Precise(0));
      for (Index s = 0; s < mdp.states(); ++s) {
        for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
          for (std::size_t i = 0; i < mdp.successors(k).size(); ++i)
            next[static_cast<std::size_t>(mdp.successors(k)[i])] += Precise(discount) * Precise(policy(k)) *
                                                                    Precise(mdp.probabilities(k)[i]) *
                                                                    now[static_cast<std::size_t>(s)];
        }
      }
      now = next;
      for (std::size_t s = 0; s < sum.size(); ++s) sum[s] += now[s];
    }
    Precise error = 0;
    for (std::size_t s = 0; s < sum.size(); ++s) error += abs(sum[s] - visits.states(static_cast<Index>(s)));
    EXPECT_LE(static_cast<double>(error), visits.error_bound) << "seed " << seed;
    EXPECT_LT(visits.error_bound, 1e-11);
  }
}

// Without terminal states the discounted visits add up to 1/(1 − γ); with them, at discount 1, arrivals add up to 1.
TEST(Visitation, ConservesFlow) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Mdp endless = random_mdp({.states = 30, .discount = 0.999}, seed);
    const auto discounted = visitation(endless, base_policy(endless, {}));
    EXPECT_NEAR(discounted.states.sum(), 1000.0, discounted.error_bound + 1e-10);
    EXPECT_LT(discounted.flow_residual, 1e-11);
    EXPECT_LT(discounted.error_bound, 1e-8);
    const Mdp ending = random_mdp({.states = 30, .discount = 1.0, .terminal_probability = 0.01}, seed);
    const auto undiscounted = visitation(ending, base_policy(ending, {}));
    EXPECT_NEAR(undiscounted.states(30), 1.0, undiscounted.error_bound);
  }
}

// Σ_t γ^t of the finite horizon's forward pass, whose remainder is at most γ^N/(1 − γ).
TEST(Visitation, IsTheSumOfTheForwardPass) {
  const Mdp mdp = random_mdp({.states = 12, .discount = 0.8}, 4);
  const Eigen::VectorXd policy = base_policy(mdp, {});
  const int steps = 100;
  const auto passes = finite_horizon_visitation({mdp, steps}, policy.transpose());
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(mdp.states());
  for (int t = 0; t <= steps; ++t) sum += std::pow(0.8, t) * passes.states.row(t).transpose();
  const auto visits = visitation(mdp, policy);
  EXPECT_LE((visits.states - sum).cwiseAbs().sum(), std::pow(0.8, steps) / 0.2 + visits.error_bound + 1e-13);
}

// At discount 1, what a policy does where it never comes does not matter; where it comes and stays for ever, it does.
TEST(Visitation, SaysWhetherThePolicyEnds) {
  MdpBuilder builder(1.0);
  builder.add_state();
  builder.add_action(0.0, 2);
  builder.add_action(0.0, 1);
  builder.add_state();
  builder.add_action(0.0, 1);
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  const Eigen::Vector3d start(1.0, 0.0, 0.0);
  const auto ends = visitation(mdp, Eigen::Vector3d(1.0, 0.0, 1.0), start);
  EXPECT_EQ(ends.status, Status::Converged);
  EXPECT_EQ(ends.states, Eigen::Vector3d(1.0, 0.0, 1.0));
  const auto stays = visitation(mdp, Eigen::Vector3d(0.5, 0.5, 1.0), start);
  EXPECT_EQ(stays.status, Status::Infeasible);
  EXPECT_TRUE(std::isinf(stays.error_bound));
  EXPECT_EQ(stays.states.sum(), 0.0);
}

// A chain that goes on with probability 1e-17 per step ends, but 1 − 1e-17 rounds to 1.
TEST(Visitation, AdmitsWhatRoundingHides) {
  const Mdp mdp = corridor(1, 1.0, 1.0);
  const auto result = visitation(mdp, Eigen::Vector2d(1e-17, 1.0));
  EXPECT_EQ(result.status, Status::Stalled);
  EXPECT_TRUE(std::isinf(result.error_bound));
}

TEST(Visitation, NamesWhatItRefuses) {
  using ::testing::HasSubstr;
  using ::testing::ThrowsMessage;
  const Mdp mdp = corridor(1, 1.0, 0.9);
  EXPECT_THAT([&] { visitation(mdp, Eigen::Vector2d(0.5, 0.4)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("state 0")));
  EXPECT_THAT([&] { visitation(mdp, Eigen::Vector2d(0.5, 0.5), Eigen::Vector2d(1.0, -0.5)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("weight of state 1")));
}

}  // namespace
}  // namespace softrl::tabular
