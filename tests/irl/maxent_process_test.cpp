#include "irl/maxent_process.hpp"

#include <cmath>
#include <stdexcept>

#include <Eigen/Dense>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_mdps.hpp"
#include "softrl/operators.hpp"
#include "tabular/generators.hpp"

namespace softrl::irl {
namespace {

using tabular::bandit;
using tabular::corridor;
using tabular::MdpBuilder;
using tabular::random_mdp;
using testing::HasSubstr;
using testing::ThrowsMessage;

Mdp tiny(std::uint64_t seed) {
  return random_mdp({.states = 4, .actions = 2, .successors = 2, .terminal_probability = 0.2}, seed);
}

// Rewards of the choices: `features` and weights, one each.
Eigen::VectorXd rewards_of(const MaxEntProcess& process, const Mdp& mdp, const MdpFeatures& features) {
  return (process.pairs().empty() ? on_state_actions(mdp, features) : on_transitions(mdp, features)).rowwise().sum();
}

// Ziebart 2008, eq. (4): Z(s) sums Π P exp(r) over all trajectories.
TEST(MaxEntProcess, OfPathsSumsOverAllTrajectories) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Mdp mdp = tiny(seed);
    const MdpFeatures features = random_features(mdp, 1, MdpFeatures::On::Transitions, seed);
    MaxEntProcess process(mdp, PathModel::MaxEntPaths, Horizon::fixed(4));
    const SoftPolicy policy = process.solve(rewards_of(process, mdp, features));
    ASSERT_TRUE(policy.feasible);
    for (Index s = 0; s < mdp.states(); ++s) {
      double sum = 0.0;
      each_trajectory(mdp, s, 4, [&](const Trajectory& path) {
        double reward = 0.0;
        for (const Index t : path.transitions) reward += features.values(t, 0);
        sum += path.move_probability * std::exp(reward);
      });
      EXPECT_NEAR(policy.values(0, s), std::log(sum), 1e-12) << "seed " << seed << ", state " << s;
    }
  }
}

// Ziebart 2010: log Z_a = r + E[log Z], log Z = log Σ_a Z_a, written down as it stands.
double causal_value(const Mdp& mdp, const Eigen::VectorXd& rewards, Index state, int steps) {
  if (steps == 0 || mdp.is_terminal(state)) return 0.0;
  double sum = 0.0;
  for (Index k = mdp.first_pair(state); k < mdp.first_pair(state + 1); ++k) {
    double log_z = rewards(k);
    for (std::size_t i = 0; i < mdp.successors(k).size(); ++i)
      log_z += (mdp.deterministic() ? 1.0 : mdp.probabilities(k)[i]) *
               causal_value(mdp, rewards, mdp.successors(k)[i], steps - 1);
    sum += std::exp(log_z);
  }
  return std::log(sum);
}

TEST(MaxEntProcess, OfCausalEntropyIsItsRecursion) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Mdp mdp = tiny(seed);
    const MdpFeatures features = random_features(mdp, 1, MdpFeatures::On::Transitions, seed);
    MaxEntProcess process(mdp, PathModel::CausalEntropy, Horizon::fixed(5));
    const Eigen::VectorXd rewards = rewards_of(process, mdp, features);
    const SoftPolicy policy = process.solve(rewards);
    for (Index s = 0; s < mdp.states(); ++s)
      for (int t = 0; t <= 5; ++t) EXPECT_NEAR(policy.values(t, s), causal_value(mdp, rewards, s, 5 - t), 1e-12);
  }
}

TEST(MaxEntProcess, IsOneForBothModelsWhereMovesAreSure) {
  const Mdp mdp = corridor(5, 1.0, 1.0);
  ASSERT_TRUE(mdp.deterministic());
  const Eigen::VectorXd rewards = Eigen::VectorXd::LinSpaced(mdp.pairs(), -2.0, -1.5);
  for (const Horizon& horizon : {Horizon::fixed(7), Horizon::discounted(0.9), Horizon::to_goal()}) {
    MaxEntProcess paths(mdp, PathModel::MaxEntPaths, horizon), causal(mdp, PathModel::CausalEntropy, horizon);
    EXPECT_EQ(paths.solve(rewards).values, causal.solve(rewards).values);
  }
}

// The optimist is at least as well off, by Jensen's inequality, and strictly so where moves are not sure.
TEST(MaxEntProcess, OfPathsIsTheGreaterWhereMovesAreNotSure) {
  const Mdp mdp = random_mdp({.states = 6, .terminal_probability = 0.3}, 1);
  const Eigen::VectorXd rewards = Eigen::VectorXd::Constant(mdp.pairs(), -2.0);
  MaxEntProcess paths(mdp, PathModel::MaxEntPaths, Horizon::to_goal());
  MaxEntProcess causal(mdp, PathModel::CausalEntropy, Horizon::to_goal());
  const Eigen::VectorXd optimist =
      paths.solve(Eigen::VectorXd::Constant(mdp.transitions(), -2.0)).values.row(0).transpose();
  const Eigen::VectorXd realist = causal.solve(rewards).values.row(0).transpose();
  EXPECT_GT((optimist - realist).head(6).minCoeff(), 1e-3);
}

// To the goal, z = M z + e with M(s, s') = Σ_a P exp(r): a dense linear system.
TEST(MaxEntProcess, ToGoalSolvesTheLinearSystemOfPathSums) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Mdp mdp = random_mdp({.states = 6, .terminal_probability = 0.3}, seed);
    const MdpFeatures features = random_features(mdp, 1, MdpFeatures::On::Transitions, seed);
    const Eigen::VectorXd rewards = 0.3 * features.values.col(0).array() - 1.5;
    Eigen::MatrixXd m = Eigen::MatrixXd::Zero(mdp.states(), mdp.states());
    Eigen::VectorXd goal = Eigen::VectorXd::Zero(mdp.states());
    for (Index s = 0; s < mdp.states(); ++s) {
      if (mdp.is_terminal(s)) goal(s) = 1.0;
      for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k)
        for (std::size_t i = 0; i < mdp.successors(k).size(); ++i)
          m(s, mdp.successors(k)[i]) +=
              mdp.probabilities(k)[i] * std::exp(rewards(mdp.first_transition(k) + static_cast<Index>(i)));
    }
    ASSERT_LT(m.eigenvalues().cwiseAbs().maxCoeff(), 1.0);
    const Eigen::VectorXd z = (Eigen::MatrixXd::Identity(7, 7) - m).lu().solve(goal);
    MaxEntProcess process(mdp, PathModel::MaxEntPaths, Horizon::to_goal());
    const SoftPolicy policy = process.solve(rewards);
    ASSERT_TRUE(policy.feasible) << "seed " << seed;
    EXPECT_LT((policy.values.row(0).transpose() - z.array().log().matrix()).cwiseAbs().maxCoeff(), 1e-9)
        << "seed " << seed;
  }
}

// A corridor where each state can be left or kept at reward r: Σ over loops e^r + e^2r + … is finite for r < 0 only.
TEST(MaxEntProcess, KnowsWhereThePathSumIsFinite) {
  const Mdp mdp = corridor(3, 1.0, 1.0);
  MaxEntProcess process(mdp, PathModel::CausalEntropy, Horizon::to_goal());
  EXPECT_TRUE(process.solve(Eigen::VectorXd::Constant(mdp.pairs(), -1e-3)).feasible);
  EXPECT_FALSE(process.solve(Eigen::VectorXd::Constant(mdp.pairs(), 1e-3)).feasible);
  EXPECT_FALSE(process.solve(Eigen::VectorXd::Constant(mdp.pairs(), 1e300)).feasible);
  EXPECT_TRUE(process.solve(Eigen::VectorXd::Constant(mdp.pairs(), -0.5)).feasible) << "a failure leaves no traces";
}

// The fixed point by plain repetition: 0.8^400 is 2e-39.
TEST(MaxEntProcess, DiscountedIsTheFixedPoint) {
  const Mdp mdp = tiny(5);
  MaxEntProcess process(mdp, PathModel::CausalEntropy, Horizon::discounted(0.8));
  const Eigen::VectorXd rewards = rewards_of(process, mdp, random_features(mdp, 1, MdpFeatures::On::States, 5));
  Eigen::VectorXd values = Eigen::VectorXd::Zero(mdp.states());
  for (int sweep = 0; sweep < 400; ++sweep) {
    Eigen::VectorXd next = Eigen::VectorXd::Zero(mdp.states());
    for (Index s = 0; s < mdp.states(); ++s) {
      double sum = 0.0;
      for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k)
        sum += std::exp(rewards(k) + 0.8 * mdp.expectation(k, as_span(values)));
      if (!mdp.is_terminal(s)) next(s) = std::log(sum);
    }
    values = next;
  }
  EXPECT_LT((process.solve(rewards).values.row(0).transpose() - values).cwiseAbs().maxCoeff(), 1e-10);
}

// Visits by walking every trajectory of the policy.
TEST(MaxEntProcess, VisitsAreThoseOfAllTrajectories) {
  for (const PathModel model : {PathModel::MaxEntPaths, PathModel::CausalEntropy}) {
    const Mdp mdp = tiny(7);
    MaxEntProcess process(mdp, model, Horizon::fixed(4));
    const SoftPolicy policy =
        process.solve(rewards_of(process, mdp, random_features(mdp, 1, MdpFeatures::On::Transitions, 7)));
    std::vector<Eigen::VectorXd> expected(4, Eigen::VectorXd::Zero(mdp.states()));
    const Mdp& choices = process.choices();
    each_trajectory(choices, 0, 4, [&](const Trajectory& path) {
      double probability = path.move_probability;
      for (std::size_t t = 0; t < path.pairs.size(); ++t)
        probability *= policy.policies(static_cast<int>(t), path.pairs[t]);
      for (std::size_t t = 0; t < path.pairs.size(); ++t) expected[t](path.states[t]) += probability;
    });
    const auto visits = process.visits(policy, {{.step = 0, .state = 0, .weight = 1.0}});
    for (std::size_t t = 0; t < 4; ++t)
      for (Index s = 0; s < mdp.states(); ++s)
        EXPECT_NEAR(mdp.is_terminal(s) ? 0.0 : visits[t](s), expected[t](s), 1e-13);
  }
}

// More states than are factorised: what visits earn of each feature, what its slope says from the start, and how V
// changes with its weight are the same thing, found by the transposed system, by the system itself and by differences.
TEST(MaxEntProcess, VisitsAndSlopesOfLargeProcessesAgree) {
  const Mdp floor = tabular::gridworld_mdp(tabular::open_gridworld({.rows = 40, .columns = 40}));
  for (const Horizon& horizon : {Horizon::discounted(0.95), Horizon::to_goal()}) {
    MaxEntProcess process(floor, PathModel::CausalEntropy, horizon);
    MdpFeatures features = random_features(floor, 2, MdpFeatures::On::StateActions, 3);
    features.values = 0.1 * features.values.array() - 2.0;
    const Eigen::Vector2d weights(1.0, 0.5);
    const SoftPolicy policy = process.solve(features.values * weights);
    ASSERT_TRUE(policy.feasible);
    const Eigen::VectorXd visits = process.visits(policy, {{.step = 0, .state = 0, .weight = 1.0}}).front();
    Eigen::RowVector2d earned = Eigen::RowVector2d::Zero();
    for (Index s = 0; s < floor.states(); ++s) {
      for (Index k = floor.first_pair(s); k < floor.first_pair(s + 1); ++k)
        earned += visits(s) * policy.policies(0, k) * features.values.row(k);
    }
    process.for_each_slope(policy, features.values, [&](const MaxEntProcess::Slopes& slopes) {
      EXPECT_LT((slopes.states.row(0) - earned).cwiseAbs().maxCoeff(), 1e-9 * earned.cwiseAbs().maxCoeff());
    });
    constexpr double step = 1e-4;
    for (int j = 0; j < 2; ++j) {
      const Eigen::Vector2d raised = weights + step * Eigen::Vector2d::Unit(j);
      const Eigen::Vector2d lowered = weights - step * Eigen::Vector2d::Unit(j);
      const SoftPolicy above = process.solve(features.values * raised);
      const SoftPolicy below = process.solve(features.values * lowered);
      ASSERT_TRUE(above.feasible && below.feasible);
      EXPECT_NEAR((above.values(0, 0) - below.values(0, 0)) / (2.0 * step), earned(j), 1e-4 * std::abs(earned(j)));
    }
  }
}

TEST(MaxEntProcess, NamesWhatItRefuses) {
  const auto refuses = [](const Mdp& mdp, const Horizon& horizon, const std::string& words) {
    EXPECT_THAT([&] { MaxEntProcess(mdp, PathModel::CausalEntropy, horizon); },
                ThrowsMessage<std::invalid_argument>(HasSubstr(words)));
  };
  const Mdp endless = bandit({1.0, 2.0}, 0.9);
  refuses(endless, Horizon::fixed(0), "steps of the horizon");
  refuses(endless, Horizon::discounted(1.5), "discount");
  refuses(endless, Horizon::discounted(1.0), "below 1");
  refuses(endless, Horizon::to_goal(), "needs a terminal state");
  MdpBuilder builder(1.0);
  builder.add_state();
  builder.add_action(0.0, 1);
  builder.add_terminal_state();
  builder.add_state();
  builder.add_action(0.0, 2);
  refuses(std::move(builder).build(), Horizon::to_goal(), "state 2 cannot reach a terminal state");
}

}  // namespace
}  // namespace softrl::irl
