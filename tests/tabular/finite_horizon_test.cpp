#include "tabular/finite_horizon.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "softrl/operators.hpp"
#include "tabular/bellman.hpp"
#include "tabular/examples.hpp"
#include "tabular/high_precision.hpp"
#include "tabular/soft_value_iteration.hpp"

namespace softrl::tabular {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr double infinity = std::numeric_limits<double>::infinity();

Eigen::VectorXd only_at_goals(const Mdp& mdp) { return Eigen::VectorXd::Constant(mdp.states(), -infinity); }

DenseTable random_table(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed) {
  Random random(seed, "table");
  return DenseTable::NullaryExpr(rows, columns, [&] { return random.normal(); });
}

// The path sum of N steps through a corridor of n states, all of reward 0: n of the N steps go on, the others stay, and
// what happens behind the goal does not count. So Z = C(N, n), and no path is short enough for N < n.
TEST(BackwardInduction, CountsThePathsOfACorridor) {
  const int n = 4, steps = 20;
  const Mdp mdp = corridor(n, 0.0, 1.0);
  const auto solution = backward_induction({mdp, steps}, {.final_values = only_at_goals(mdp)});
  EXPECT_LT(solution.error_bound, 1e-12);
  for (int t = 0; t <= steps; ++t) {
    for (int s = 0; s < n; ++s) {
      const int left = steps - t, moves = n - s;
      if (left < moves) {
        EXPECT_EQ(solution.values(t, s), -infinity);
        if (t < steps) {
          EXPECT_EQ(solution.policy.row(t).segment(2 * s, 2).cwiseAbs().sum(), 0.0);
        }
        continue;
      }
      const double paths = std::lgamma(left + 1.0) - std::lgamma(moves + 1.0) - std::lgamma(left - moves + 1.0);
      EXPECT_NEAR(solution.values(t, s), paths, solution.error_bound + 1e-13);
      // The share of paths that go on at once: C(left − 1, moves − 1) of C(left, moves).
      EXPECT_NEAR(solution.policy(t, 2 * s), static_cast<double>(moves) / left, 1e-12);
    }
    EXPECT_EQ(solution.values(t, n), 0.0);
  }
}

// Deterministic moves: exp V_0 is the sum over all paths of exp(Σ r_t), found by walking every one of them, and the
// visitation is the probability of all paths through a pair at a time.
TEST(BackwardInduction, SumsOverAllPathsWithRewardsInTime) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const int steps = 5;
    const Mdp mdp = random_mdp({.states = 4, .successors = 1, .discount = 1.0}, seed);
    const DenseTable rewards = random_table(steps, mdp.pairs(), seed);
    const auto solution = backward_induction({mdp, steps}, {.rewards = rewards});
    const auto visits =
        finite_horizon_visitation({mdp, steps}, solution.policy, Eigen::VectorXd::Unit(mdp.states(), 0));

    double sum = 0.0;
    DenseTable through = DenseTable::Zero(steps, mdp.pairs());
    std::vector<Index> path;
    const std::function<void(Index, double)> walk = [&](Index state, double reward) {
      const auto t = static_cast<Eigen::Index>(path.size());
      if (t == steps) {
        sum += std::exp(reward);
        for (int i = 0; i < steps; ++i) through(i, path[static_cast<std::size_t>(i)]) += std::exp(reward);
        return;
      }
      for (Index k = mdp.first_pair(state); k < mdp.first_pair(state + 1); ++k) {
        path.push_back(k);
        walk(mdp.successors(k).front(), reward + rewards(t, k));
        path.pop_back();
      }
    };
    walk(0, 0.0);
    EXPECT_NEAR(solution.values(0, 0), std::log(sum), solution.error_bound + 1e-13) << "seed " << seed;
    EXPECT_LE((visits.pairs - through / sum).cwiseAbs().maxCoeff(), 1e-13) << "seed " << seed;
  }
}

// A sequence of models is one model whose states carry the time: N layers of states, the last one terminal.
Mdp layered(std::span<const Mdp> models, const Eigen::VectorXd& final_values) {
  const Index states = models.front().states();
  MdpBuilder builder(models.front().discount());
  for (std::size_t t = 0; t < models.size(); ++t) {
    const Mdp& mdp = models[t];
    for (Index s = 0; s < states; ++s) {
      if (mdp.is_terminal(s)) {
        builder.add_terminal_state(mdp.terminal_value(s));
        continue;
      }
      builder.add_state();
      for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
        std::vector<Successor> row;
        for (std::size_t i = 0; i < mdp.successors(k).size(); ++i)
          row.push_back({mdp.successors(k)[i] + static_cast<Index>(t + 1) * states, mdp.probabilities(k)[i]});
        builder.add_action(mdp.reward(k), row);
      }
    }
  }
  for (Index s = 0; s < states; ++s)
    builder.add_terminal_state(models.front().is_terminal(s) ? models.front().terminal_value(s) : final_values(s));
  return std::move(builder).build();
}

// Same action sets, other moves and rewards in each step.
std::vector<Mdp> random_sequence(int steps, double discount, std::uint64_t seed) {
  Random random(seed, "sequence");
  std::vector<Mdp> models;
  for (int t = 0; t < steps; ++t) {
    MdpBuilder builder(discount);
    for (int s = 0; s < 6; ++s) {
      builder.add_state();
      for (int a = 0; a <= s % 3; ++a) {
        const double p = random.uniform();
        builder.add_action(random.normal(),
                           {{static_cast<Index>(random.below(7)), p}, {static_cast<Index>(random.below(7)), 1.0 - p}});
      }
    }
    builder.add_terminal_state(-1.5);
    models.push_back(std::move(builder).build());
  }
  return models;
}

TEST(BackwardInduction, SolvesSequencesAsOneModelThatKnowsTheTime) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const double temperature : {0.0, 0.3}) {
      const auto models = random_sequence(7, 0.95, seed);
      const Eigen::VectorXd final_values = random_table(7, 1, seed);
      const auto solution =
          backward_induction(StepModels(models), {.temperature = temperature, .final_values = final_values});
      const auto whole = soft_value_iteration(layered(models, final_values), {.temperature = temperature});
      const Eigen::VectorXd values = solution.values.reshaped<Eigen::RowMajor>();
      EXPECT_LE((values - whole.values).cwiseAbs().maxCoeff(), solution.error_bound + whole.error_bound);
      const Eigen::VectorXd policy = solution.policy.reshaped<Eigen::RowMajor>();
      if (temperature > 0.0) {
        EXPECT_LE((policy - whole.policy).cwiseAbs().maxCoeff(), 1e-6);
      }
    }
  }
}

// N backups in 50 digits: the bound holds, and is not far from the error.
TEST(BackwardInduction, BoundHoldsAgainstHighPrecision) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const double temperature = seed % 3 == 0 ? 0.0 : seed % 3 == 1 ? 0.5 : 1e3;
    const Mdp mdp = random_mdp({.discount = seed % 2 ? 1.0 : 0.9, .terminal_probability = 0.05}, seed);
    const BaseMeasure measure = seed % 4 < 2 ? BaseMeasure{} : BaseMeasure::kl_to(mdp, base_policy(mdp, {}));
    const int steps = 30;
    const auto solution = backward_induction({mdp, steps}, {.temperature = temperature, .base_measure = measure});
    const Bellman bellman(mdp, temperature, measure);
    PreciseVector values = precise(bellman.start_values({}));
    for (int t = steps - 1; t >= 0; --t) {
      values = precise_backup(mdp, temperature, measure, values);
      const Eigen::VectorXd row = solution.values.row(t);
      EXPECT_LE(largest_distance(precise(row), values), solution.error_bound) << "seed " << seed << ", t = " << t;
    }
    EXPECT_LT(solution.error_bound, 1e-10 * std::max(1.0, temperature)) << "seed " << seed;
  }
}

// Its policy attains the values and no other policy exceeds them (1.4), for every start and time.
TEST(BackwardInduction, IsTheBestOfAllPoliciesInTime) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto models = random_sequence(6, 0.9, seed);
    const StepModels steps(models);
    const FiniteHorizonOptions options{.temperature = seed % 2 ? 0.0 : 0.7};
    const auto best = backward_induction(steps, options);
    const auto own = finite_horizon_policy_evaluation(steps, best.policy, options);
    EXPECT_LE((own.values - best.values).cwiseAbs().maxCoeff(), own.error_bound + best.error_bound);
    for (std::uint64_t other = 0; other < 10; ++other) {
      DenseTable policy = random_table(steps.steps(), steps.pairs(), 1000 * seed + other);
      const Bellman bellman(models.front(), 1.0, options.base_measure);
      for (Eigen::Index t = 0; t < policy.rows(); ++t) {
        const Eigen::VectorXd row = policy.row(t);
        policy.row(t) = bellman.boltzmann(row);
      }
      const auto value = finite_horizon_policy_evaluation(steps, policy, options);
      EXPECT_LE((value.values - best.values).maxCoeff(), value.error_bound + best.error_bound) << "seed " << seed;
    }
  }
}

// The value of a policy by its forward pass: V_0 = Σ_t Σ_k D_t(k) (r_t(k) − α log π_t(k)) + final and terminal values.
TEST(FiniteHorizonPolicyEvaluation, AgreesWithTheForwardPass) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto models = random_sequence(6, 1.0, seed);
    const StepModels steps(models);
    const Eigen::VectorXd final_values = random_table(7, 1, seed);
    const FiniteHorizonOptions options{.temperature = 0.4, .final_values = final_values};
    const DenseTable policy = backward_induction(steps, {.temperature = 2.0}).policy;
    const auto value = finite_horizon_policy_evaluation(steps, policy, options);
    const Eigen::VectorXd start = models.front().initial_distribution();
    const auto visits = finite_horizon_visitation(steps, policy);
    double sum = -1.5 * visits.states.col(6).sum();
    for (int t = 0; t < 6; ++t) {
      for (Index k = 0; k < steps.pairs(); ++k)
        sum += visits.pairs(t, k) * (models[static_cast<std::size_t>(t)].reward(k) - 0.4 * std::log(policy(t, k)));
    }
    for (Index s = 0; s < 6; ++s) sum += visits.states(6, s) * final_values(s);
    EXPECT_NEAR(value.values.row(0).dot(start), sum, value.error_bound + 1e-12) << "seed " << seed;
  }
}

// The state-action visitation is the gradient of the log partition function in the rewards of each time.
TEST(FiniteHorizonVisitation, IsTheGradientOfTheValue) {
  const int steps = 4;
  const Mdp mdp = random_mdp({.states = 5, .discount = 1.0}, 11);
  DenseTable rewards = random_table(steps, mdp.pairs(), 12);
  const Eigen::VectorXd start = mdp.initial_distribution();
  const auto value = [&] {
    return backward_induction({mdp, steps}, {.temperature = 0.8, .rewards = rewards}).values.row(0).dot(start);
  };
  const auto visits = finite_horizon_visitation(
      {mdp, steps}, backward_induction({mdp, steps}, {.temperature = 0.8, .rewards = rewards}).policy);
  const double h = 1e-5;
  for (int t = 0; t < steps; ++t) {
    for (Index k = 0; k < mdp.pairs(); ++k) {
      const double reward = rewards(t, k);
      rewards(t, k) = reward + h;
      const double up = value();
      rewards(t, k) = reward - h;
      const double down = value();
      rewards(t, k) = reward;
      EXPECT_NEAR((up - down) / (2.0 * h), visits.pairs(t, k), 1e-9);
    }
  }
}

// Nobody is lost: who is somewhere at time t, and who has been in a terminal state before, add up to everybody; and
// each pair's share is that of its state.
TEST(FiniteHorizonVisitation, ConservesFlow) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto models = random_sequence(9, 0.9, seed);
    const StepModels steps(models);
    const DenseTable policy = backward_induction(steps).policy;
    const auto visits = finite_horizon_visitation(steps, policy);
    double ended = 0.0;
    for (int t = 0; t <= 9; ++t) {
      EXPECT_NEAR(visits.states.row(t).sum() + ended, 1.0, 1e-13);
      ended += visits.states(t, 6);
      if (t < 9) {
        EXPECT_NEAR(visits.pairs.row(t).sum() + visits.states(t, 6), visits.states.row(t).sum(), 1e-13);
      }
    }
  }
}

// In 50 digits, entry by entry: also the smallest of them have their leading digits right.
TEST(FiniteHorizonVisitation, IsRightInEveryEntry) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const int steps = 40;
    const Mdp mdp = random_mdp({.discount = 0.9, .terminal_probability = 0.3}, seed);
    const DenseTable policy = backward_induction({mdp, steps}, {.temperature = 0.05}).policy;
    const auto visits = finite_horizon_visitation({mdp, steps}, policy);
    EXPECT_LT(visits.relative_error, 1e-12);
    PreciseVector now = precise(mdp.initial_distribution());
    for (int t = 0; t < steps; ++t) {
      PreciseVector next(now.size(), Precise(0));
      for (Index s = 0; s < mdp.states(); ++s) {
        for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
          for (std::size_t i = 0; i < mdp.successors(k).size(); ++i)
            next[static_cast<std::size_t>(mdp.successors(k)[i])] +=
                now[static_cast<std::size_t>(s)] * Precise(policy(t, k)) * Precise(mdp.probabilities(k)[i]);
        }
      }
      now = next;
      for (Index s = 0; s < mdp.states(); ++s) {
        const Precise exact = now[static_cast<std::size_t>(s)];
        EXPECT_TRUE(abs(Precise(visits.states(t + 1, s)) - exact) <= visits.relative_error * exact)
            << "seed " << seed << ", t = " << t << ", state " << s;
      }
    }
  }
}

// A path may not end outside the goal, and a move of probability 0 does not count: 0 · (−∞) never appears.
TEST(BackwardInduction, IgnoresMovesOfProbabilityZero) {
  MdpBuilder builder(1.0);
  builder.add_state();
  builder.add_action(-1.0, {{1, 0.0}, {2, 1.0}});
  builder.add_action(-1.0, {{1, 0.5}, {2, 0.5}});
  builder.add_state();
  builder.add_action(0.0, {{1, 1.0}});
  builder.add_terminal_state(3.0);
  const Mdp mdp = std::move(builder).build();
  for (const double temperature : {0.0, 1.0}) {
    const auto solution =
        backward_induction({mdp, 2}, {.temperature = temperature, .final_values = only_at_goals(mdp)});
    EXPECT_EQ(solution.values(0, 0), 2.0);
    EXPECT_EQ(solution.values(0, 1), -infinity);
    EXPECT_EQ(solution.policy(0, 0), 1.0);
    EXPECT_EQ(solution.policy(0, 1), 0.0);
    const auto own = finite_horizon_policy_evaluation({mdp, 2}, solution.policy,
                                                      {.temperature = temperature, .final_values = only_at_goals(mdp)});
    EXPECT_EQ(own.values, solution.values);
  }
  // Without a discount to carry it back, the final value does not matter.
  const auto myopic = backward_induction({mdp.with_discount(0.0), 1}, {.final_values = only_at_goals(mdp)});
  EXPECT_EQ(myopic.values(0, 1), 0.0);
}

TEST(BackwardInduction, TellsItsProgress) {
  const Mdp mdp = random_mdp({.states = 10}, 1);
  std::vector<double> bounds;
  const auto solution = backward_induction({mdp, 7}, {.progress = [&](const Progress& progress) {
                                             ASSERT_EQ(progress.measurements.size(), 1U);
                                             EXPECT_EQ(progress.measurements[0].name, "error_bound");
                                             EXPECT_EQ(progress.limit, 7);
                                             bounds.push_back(progress.measurements[0].value);
                                             EXPECT_EQ(progress.done, static_cast<std::int64_t>(bounds.size()));
                                           }});
  ASSERT_EQ(bounds.size(), 7U);
  EXPECT_EQ(bounds.back(), solution.error_bound);
}

TEST(BackwardInduction, DoesNotDependOnThreads) {
  const Mdp mdp = random_mdp({.states = 3000}, 1);
  const auto one = backward_induction({mdp, 5}, {.temperature = 0.3});
  const auto three = backward_induction({mdp, 5}, {.temperature = 0.3, .threads = 3});
  EXPECT_EQ(one.values, three.values);
  EXPECT_EQ(one.policy, three.policy);
}

TEST(BackwardInduction, NamesWhatItRefuses) {
  const Mdp mdp = corridor(2, 1.0, 0.9);
  const auto refusal = [](auto call, const char* text) {
    EXPECT_THAT(call, ThrowsMessage<std::invalid_argument>(HasSubstr(text)));
  };
  refusal([&] { backward_induction({mdp, 0}); }, "steps");
  refusal([&] { backward_induction({mdp, 2}, {.temperature = -1.0}); }, "temperature");
  refusal([&] { backward_induction({mdp, 2}, {.rewards = DenseTable::Zero(3, 4)}); }, "rows of rewards");
  refusal([&] { backward_induction({mdp, 2}, {.rewards = DenseTable::Zero(2, 3)}); }, "columns of rewards");
  refusal([&] { backward_induction({mdp, 2}, {.rewards = DenseTable::Constant(1, 4, infinity)}); }, "rewards");
  refusal([&] { backward_induction({mdp, 2}, {.rewards = DenseTable::Constant(1, 4, 1e308)}); }, "overflow");
  refusal([&] { backward_induction({mdp, 2}, {.final_values = Eigen::Vector3d(0.0, infinity, 0.0)}); }, "final_values");
  const std::vector<Mdp> none, two{corridor(2, 1.0, 0.9), random_mdp({.states = 3}, 1)};
  refusal([&] { backward_induction(StepModels(none)); }, "number of models");
  refusal([&] { backward_induction(StepModels(two)); }, "differ between steps 0 and 1");
  refusal([&] { finite_horizon_visitation({mdp, 2}, DenseTable::Constant(1, 4, 0.4)); }, "at step 0 of state 0");
  refusal(
      [&] {
        finite_horizon_visitation({mdp, 2}, DenseTable::Constant(1, 4, 0.5), Eigen::Vector3d(0, -1, 0));
      },
      "start");
}

}  // namespace
}  // namespace softrl::tabular
