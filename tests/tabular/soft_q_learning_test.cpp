#include "tabular/soft_q_learning.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/bellman.hpp"
#include "tabular/examples.hpp"
#include "tabular/soft_value_iteration.hpp"
#include "tabular/tabular_environment.hpp"

namespace softrl::tabular {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

DenseTable random_values(const Mdp& mdp, std::uint64_t seed) {
  Random random(seed, "action values");
  return DenseTable::NullaryExpr(mdp.states(), mdp.action_names(), [&] { return random.normal(); });
}

Eigen::VectorXd per_pair(const Mdp& mdp, const DenseTable& table) {
  Eigen::VectorXd result(mdp.pairs());
  for (Index s = 0; s < mdp.states(); ++s) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) result(k) = table(s, mdp.action(k, s));
  }
  return result;
}

// The mean target of the first step, over all segments of `length` steps that start with `first`, the others taken by
// the policy [K] with probability 1 − exploration and else uniformly: every path is walked.
double mean_target(const Mdp& mdp, Index first_state, Index first, int length, const DenseTable& q,
                   const DenseTable& log_weights, const Eigen::VectorXd& policy, double exploration,
                   const SoftBackup& backup) {
  double mean = 0.0;
  std::vector<SampledStep> segment;
  const std::function<void(Index, double)> walk = [&](Index state, double probability) {
    if (static_cast<int>(segment.size()) == length || (!segment.empty() && segment.back().transition.terminated)) {
      mean += probability * soft_q_targets(segment, q, log_weights, backup).front();
      return;
    }
    const auto take = [&](Index pair, bool exploratory, double chance) {
      const auto next = mdp.successors(pair);
      for (std::size_t i = 0; i < next.size(); ++i) {
        const bool ends = mdp.is_terminal(next[i]);
        const double reward = mdp.reward(pair) + (ends ? mdp.discount() * mdp.terminal_value(next[i]) : 0.0);
        segment.push_back({.transition = {.observation = state,
                                          .action = mdp.action(pair, state),
                                          .reward = reward,
                                          .next_observation = next[i],
                                          .terminated = ends},
                           .exploratory = exploratory});
        walk(next[i], chance * (mdp.deterministic() ? 1.0 : mdp.probabilities(pair)[i]));
        segment.pop_back();
      }
    };
    if (segment.empty()) return take(first, true, probability);
    for (Index k = mdp.first_pair(state); k < mdp.first_pair(state + 1); ++k) {
      take(k, false, probability * (1.0 - exploration) * policy(k));
      if (exploration > 0.0) take(k, true, probability * exploration / mdp.action_count(state));
    }
  };
  walk(first_state, 1.0);
  return mean;
}

// In the mean, by exact enumeration: n steps of π_Q are T_π^n Q (2.2), TD(λ) over a segment of n is
// (1 − λ) Σ_{i<n} λ^{i−1} T_π^i Q + λ^{n−1} T_π^n Q, and so it is with base measures and at temperature 0.
TEST(SoftQTargets, AveragePowersOfThePolicyBackup) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Mdp mdp = random_mdp({.states = 4, .successors = 2, .discount = 0.8, .terminal_probability = 0.1}, seed);
    const BaseMeasure measure = seed % 2 ? BaseMeasure{} : BaseMeasure::kl_to(mdp, base_policy(mdp, {}));
    const double temperature = seed % 3 == 0 ? 0.0 : 0.6;
    const DenseTable log_weights = dense_log_weights(mdp, measure), q = random_values(mdp, seed);
    const Bellman bellman(mdp, temperature, measure);
    const Eigen::VectorXd q_pairs = per_pair(mdp, q), policy = bellman.boltzmann(q_pairs);
    const int n = 3;
    for (const double lambda : {1.0, 0.4}) {
      Eigen::VectorXd power = q_pairs, expected = Eigen::VectorXd::Zero(mdp.pairs());
      for (int i = 1; i <= n; ++i) {
        power = bellman.policy_backup(policy, power);
        expected += (i < n ? (1.0 - lambda) : 1.0) * std::pow(lambda, i - 1) * power;
      }
      for (Index s = 0; s < mdp.states(); ++s) {
        for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k)
          EXPECT_NEAR(mean_target(mdp, s, k, n, q, log_weights, policy, 0.0,
                                  {.discount = 0.8, .temperature = temperature, .steps = n, .lambda = lambda}),
                      expected(k), 1e-12)
              << "seed " << seed << ", λ = " << lambda;
      }
    }
  }
}

// At Q* the mean target is Q*, for any n and λ, and with any exploration because backups are cut before it. Without the
// cut it is not: pretending that the actions explored with were the policy's own moves the mean.
TEST(SoftQTargets, LeaveTheOptimumWhereItIsInTheMean) {
  double shift_without_cut = 0.0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Mdp mdp = random_mdp({.states = 4, .successors = 2, .discount = 0.8, .terminal_probability = 0.1}, seed);
    const auto solution = soft_value_iteration(mdp, {.temperature = 0.5, .tolerance = 1e-12});
    const Bellman bellman(mdp, 0.5, {});
    const Eigen::VectorXd q = bellman.action_values(solution.values);
    const DenseTable table = to_dense(mdp, q), log_weights = dense_log_weights(mdp);
    const SoftBackup backup{.discount = 0.8, .temperature = 0.5, .steps = 3, .lambda = seed % 2 ? 1.0 : 0.7};
    for (Index s = 0; s < mdp.states(); ++s) {
      for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
        EXPECT_NEAR(mean_target(mdp, s, k, 3, table, log_weights, solution.policy, 0.3, backup), q(k), 1e-10);
        const double uncut = mean_target(mdp, s, k, 3, table, log_weights, base_policy(mdp, {}), 0.0, backup);
        shift_without_cut = std::max(shift_without_cut, std::abs(uncut - q(k)));
      }
    }
  }
  EXPECT_GT(shift_without_cut, 0.1);
}

// An environment that notes which state-actions were taken, and where segments could end.
class Recorder : public DiscreteEnvironment {
 public:
  explicit Recorder(const Mdp& mdp) : mdp_(mdp), environment_(mdp) {}
  Space observation_space() const override { return environment_.observation_space(); }
  Space action_space() const override { return environment_.action_space(); }
  int reset(std::optional<std::uint64_t> seed = std::nullopt) override { return state_ = environment_.reset(seed); }
  Step<int> step(const int& action) override {
    pairs.push_back(mdp_.find_pair(state_, action));
    const auto step = environment_.step(action);
    state_ = step.observation;
    return step;
  }
  std::vector<Index> pairs;

 private:
  const Mdp& mdp_;
  TabularEnvironment environment_;
  int state_ = -1;
};

// How often all of `count` state-actions have been taken, one sweep after the other.
int covers(const std::vector<Index>& pairs, Index count) {
  std::vector<int> seen(static_cast<std::size_t>(count), 0);
  int covers = 0;
  Index missing = count;
  for (const Index pair : pairs) {
    auto& last = seen[static_cast<std::size_t>(pair)];
    if (last == covers + 1) continue;
    last = covers + 1;
    if (--missing > 0) continue;
    ++covers;
    missing = count;
  }
  return covers;
}

// Sure moves and step size 1 make learning an asynchronous value iteration: each time all state-actions have been
// updated, the error has shrunk by γ. No chance is left in that, whatever was explored. Episodes are cut after 10
// steps, and a cut is not an end: it bootstraps.
TEST(SoftQLearning, IsValueIterationWhereMovesAreSure) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Mdp mdp = random_mdp({.states = 6, .successors = 1, .discount = 0.7}, seed);
    const auto solution = soft_value_iteration(mdp, {.temperature = 0.5, .tolerance = 1e-12});
    const Eigen::VectorXd exact = Bellman(mdp, 0.5, {}).action_values(solution.values);
    for (const std::int64_t steps : {500, 2000, 40'000}) {
      auto recorder = std::make_unique<Recorder>(mdp);
      const Recorder& record = *recorder;
      TimeLimit<int, int> environment(std::move(recorder), 10);
      const auto result = soft_q_learning(environment, {.discount = 0.7,
                                                        .temperature = {.initial = 0.5},
                                                        .log_weights = dense_log_weights(mdp),
                                                        .step_size = {.initial = 1.0},
                                                        .exploration = {.initial = 1.0},
                                                        .steps = steps,
                                                        .seed = seed});
      const double shrunk = std::pow(0.7, covers(record.pairs, mdp.pairs()));
      const double error = (per_pair(mdp, result.action_values) - exact).cwiseAbs().maxCoeff();
      EXPECT_LE(error, shrunk * exact.cwiseAbs().maxCoeff() + solution.error_bound + 1e-12) << "seed " << seed;
      if (steps == 40'000) {
        EXPECT_LT(shrunk, 1e-15);
      }
    }
  }
}

// Layers of states that are left for the next one; from the last, the episode ends. A state-action occurs at most once
// in an episode.
Mdp layers(double discount, std::uint64_t seed) {
  Random random(seed, "layers");
  MdpBuilder builder(discount);
  std::vector<double> initial;
  for (int layer = 0; layer < 3; ++layer) {
    for (int s = 0; s < 2; ++s) {
      initial.push_back(layer == 0 ? 0.5 : 0.0);
      builder.add_state();
      for (int a = 0; a < 2; ++a) {
        const Index next = 2 * (layer + 1);
        const double p = random.uniform(0.2, 0.8);
        builder.add_action(random.uniform(), {{next, p}, {next + 1, 1.0 - p}});
      }
    }
  }
  builder.add_terminal_state();
  builder.add_terminal_state(1.0);
  initial.insert(initial.end(), {0.0, 0.0});
  builder.set_initial(initial);
  return std::move(builder).build();
}

// Convergence, with a bound that fails with probability at most 1e-6 in all cases together.
//
// Let e be max |Q − Q*| over all state-actions, and let the mean target, given the past, be within κ e of Q*. A target
// lies in an interval of length R, so by Hoeffding's lemma and Azuma the noise of one state-action after its updates,
// W ← (1 − β) W + β w, exceeds R √(L S/2), S ← (1 − β)² S + β², with probability at most 2 exp(−L). What is left obeys
// Y ← (1 − β) Y + β κ e and e ≤ max (Y + |W|). So the recursion below, along the very updates that were done, bounds
// the error; L = log(2 · cases · updates / 1e-6) covers all of them. No state-action occurs twice in a segment, so that
// earlier noise is known when it is updated.
//
// One step: κ = γ. For longer backups π is that of Q, not of Q*: T_π Q = TQ is within γ e of Q*, and the mean of each
// δ is a mean of T_π Q − Q, of at most (1 + γ) e: κ = γ + (1 + γ) Σ_{d=1}^{n−1} (γλ)^d.
TEST(SoftQLearning, ConvergesToTheCertifiedSolution) {
  struct Case {
    double discount;
    int backup_steps;
    double lambda, exploration;
  };
  const std::vector<Case> cases{{0.5, 1, 1.0, 1.0}, {0.5, 1, 1.0, 0.0}, {0.3, 2, 1.0, 0.2}, {0.3, 3, 0.6, 0.0}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto& [discount, backup_steps, lambda, exploration] = cases[i];
    const Mdp mdp = layers(discount, i);
    const double temperature = 0.4;
    const auto solution = soft_value_iteration(mdp, {.temperature = temperature, .tolerance = 1e-12});
    const Eigen::VectorXd exact = Bellman(mdp, temperature, {}).action_values(solution.values);
    Recorder environment(mdp);
    const std::int64_t steps = 600'000;
    const SoftQLearningOptions options{.discount = discount,
                                       .temperature = {.initial = temperature},
                                       .log_weights = dense_log_weights(mdp),
                                       .backup_steps = backup_steps,
                                       .lambda = lambda,
                                       .step_size = {.initial = 1.0, .exponent = 0.9},
                                       .exploration = {.initial = exploration},
                                       .steps = steps,
                                       .seed = i};
    const auto result = soft_q_learning(environment, options);
    ASSERT_EQ(result.updates.sum(), steps);
    const Eigen::VectorXd learned = per_pair(mdp, result.action_values);

    const double top = (1.0 + discount * temperature * std::log(2.0)) / (1.0 - discount), range = top - 1.0;
    double kappa = discount;
    for (int d = 1; d < backup_steps; ++d) kappa += (1.0 + discount) * std::pow(discount * lambda, d);
    ASSERT_LT(kappa, 1.0);
    const double log_term = std::log(2.0 * static_cast<double>(cases.size()) * static_cast<double>(steps) / 1e-6);
    const Eigen::Index pairs = mdp.pairs();
    Eigen::VectorXd bias = exact.cwiseAbs(), noise = Eigen::VectorXd::Zero(pairs), squares = noise;
    std::vector<std::int64_t> updates(static_cast<std::size_t>(pairs), 0);
    for (std::size_t t = 0; t < environment.pairs.size();) {
      const double error = (bias + noise).maxCoeff();
      // Segments end with their length or the episode, here after 3 steps.
      const std::size_t in_episode = t % 3;
      const std::size_t end = t + std::min<std::size_t>(static_cast<std::size_t>(backup_steps), 3 - in_episode);
      for (; t < std::min(end, environment.pairs.size()); ++t) {
        const Index k = environment.pairs[t];
        const double beta = options.step_size.at(updates[static_cast<std::size_t>(k)]++);
        bias(k) = (1.0 - beta) * bias(k) + beta * kappa * error;
        squares(k) = (1.0 - beta) * (1.0 - beta) * squares(k) + beta * beta;
        noise(k) = range * std::sqrt(log_term * squares(k) / 2.0);
      }
    }
    const double bound = (bias + noise).maxCoeff();
    EXPECT_LE((learned - exact).cwiseAbs().maxCoeff(), bound + 1e-9) << "case " << i;
    EXPECT_LT(bound, 0.2) << "case " << i << ": not a bound worth the name";
  }
}

// Cooling: learned at a temperature that falls to a floor, the result is for the floor.
TEST(SoftQLearning, FollowsTheScheduleOfTheTemperature) {
  const Mdp mdp = random_mdp({.states = 5, .successors = 1, .discount = 0.6}, 3);
  const auto solution = soft_value_iteration(mdp, {.temperature = 0.1, .tolerance = 1e-12});
  TimeLimit<int, int> environment(std::make_unique<TabularEnvironment>(mdp), 10);
  std::vector<std::int64_t> done;
  const auto result =
      soft_q_learning(environment, {.discount = 0.6,
                                    .temperature = {.initial = 5.0, .exponent = 1.0, .scale = 10.0, .floor = 0.1},
                                    .log_weights = dense_log_weights(mdp),
                                    .step_size = {.initial = 1.0},
                                    .exploration = {.initial = 1.0, .exponent = 0.5, .floor = 0.5},
                                    .steps = 50'000,
                                    .progress = [&](const Progress& p) { done.push_back(p.done); }});
  EXPECT_LE((result.values - solution.values).cwiseAbs().maxCoeff(), 1e-9);
  EXPECT_GE(done.size(), 900u);
  EXPECT_EQ(done.back(), 50'000);
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
}

TEST(SoftQLearning, RepeatsItselfForASeed) {
  const Mdp mdp = random_mdp({.states = 20}, 1);
  const auto learn = [&](std::uint64_t seed) {
    TabularEnvironment environment(mdp);
    return soft_q_learning(
        environment,
        {.log_weights = dense_log_weights(mdp), .backup_steps = 4, .lambda = 0.9, .steps = 5000, .seed = seed});
  };
  EXPECT_EQ(learn(1).action_values, learn(1).action_values);
  EXPECT_NE(learn(1).action_values, learn(2).action_values);
}

TEST(SoftQLearning, NamesWhatItRefuses) {
  using ::testing::HasSubstr;
  using ::testing::ThrowsMessage;
  const Mdp mdp = bandit({1.0, 2.0}, 0.5);
  const auto refusal = [&](const SoftQLearningOptions& options, const char* text) {
    TabularEnvironment environment(mdp);
    EXPECT_THAT([&] { soft_q_learning(environment, options); }, ThrowsMessage<std::invalid_argument>(HasSubstr(text)));
  };
  refusal({.discount = 1.5}, "discount");
  refusal({.temperature = {.initial = -1.0}}, "temperature.initial");
  refusal({.log_weights = DenseTable::Zero(1, 3)}, "columns of log_weights");
  refusal({.log_weights = DenseTable::Constant(1, 2, -infinity)}, "no action of state 0");
  refusal({.backup_steps = 0}, "backup_steps");
  refusal({.lambda = 2.0}, "lambda");
  refusal({.step_size = {.initial = 0.0}}, "step_size.initial");
  refusal({.step_size = {.initial = 0.5, .scale = 0.0}}, "step_size.scale");
  refusal({.exploration = {.initial = 1.5}}, "exploration.initial");
  refusal({.steps = 0}, "steps");
}

}  // namespace
}  // namespace softrl::tabular
