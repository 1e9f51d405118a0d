#include "tabular/certificate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tabular/examples.hpp"
#include "tabular/high_precision.hpp"

namespace softrl::tabular {
namespace {

Eigen::VectorXd random_values(const Bellman& bellman, Random& random, double scale) {
  Eigen::VectorXd values(bellman.mdp().states());
  for (double& v : values) v = scale * random.normal();
  return bellman.start_values(values);
}

// One computed sweep against one in 50 digits, over temperatures, scales and base measures.
TEST(BackupRoundingError, CoversWhatRoundingDoes) {
  Random random(1, "rounding");
  double largest_share = 0.0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Mdp mdp = random_mdp({.states = 10, .actions = 6, .successors = 8, .terminal_probability = 0.1}, seed);
    BaseMeasure measure;
    if (seed % 3 == 0) {
      measure.log_weights.resize(mdp.pairs());
      for (double& w : measure.log_weights) w = 3.0 * random.normal();
    }
    for (const double temperature : {0.0, 1e-3, 0.3, 20.0}) {
      for (const double scale : {0.0, 1.0, 1e6}) {
        Bellman bellman(mdp, temperature, measure);
        const Eigen::VectorXd values = random_values(bellman, random, scale);
        Eigen::VectorXd next(mdp.states());
        const Sweep sweep = bellman.optimal_sweep(values, next);
        const double error =
            largest_distance(precise(next), precise_backup(mdp, temperature, measure, precise(values)));
        const double bound = backup_rounding_error(bellman, sweep.largest_value);
        EXPECT_LE(error, bound) << "seed " << seed << ", temperature " << temperature << ", scale " << scale;
        largest_share = std::max(largest_share, error / bound);
      }
    }
  }
  EXPECT_GE(largest_share, 0.02) << "the bound is needlessly loose";
}

// Base weights of e^±10⁶ in a process without rewards: all that is rounded is the log weights.
TEST(BackupRoundingError, CoversLargeLogWeights) {
  Random random(2, "log weights");
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Mdp mdp = random_mdp({.states = 10, .actions = 6, .reward_scale = 0.0}, seed);
    BaseMeasure measure{.log_weights = Eigen::VectorXd(mdp.pairs())};
    for (double& w : measure.log_weights) w = (seed % 2 == 0 ? 1e6 : -1e6) + random.normal();
    for (const double temperature : {0.3, 1.0, 7.0}) {
      Bellman bellman(mdp, temperature, measure);
      const Eigen::VectorXd values = bellman.start_values({});
      Eigen::VectorXd next(mdp.states());
      const Sweep sweep = bellman.optimal_sweep(values, next);
      EXPECT_LE(largest_distance(precise(next), precise_backup(mdp, temperature, measure, precise(values))),
                backup_rounding_error(bellman, sweep.largest_value));
    }
  }
}

struct AdversarialOptions {
  double temperature, reward_scale, value_scale, log_weight_scale;
  int actions, successors;
};

// The share that rounding took of its bound in one sweep of a process with rewards that nearly cancel the values of
// their successors, so that what is left of Q is mostly rounding.
double share_of_bound(const AdversarialOptions& options, std::uint64_t seed) {
  Random random(seed, "adversarial");
  const int states = 4;
  Eigen::VectorXd values(states);
  for (double& v : values) v = options.value_scale * random.uniform(0.5, 1.0);
  MdpBuilder builder(random.below(2) == 0 ? 1.0 : 0.99999);
  BaseMeasure measure;
  std::vector<double> log_weights;
  for (int s = 0; s < states; ++s) {
    builder.add_state();
    for (int a = 0; a < options.actions; ++a) {
      std::vector<Successor> row;
      double sum = 0.0, expectation = 0.0;
      for (int t = 0; t < options.successors; ++t) {
        row.push_back({static_cast<Index>(random.below(states)), std::exp(3.0 * random.normal())});
        sum += row.back().probability;
      }
      for (auto& [next, probability] : row) {
        probability /= sum;
        expectation += probability * values(next);
      }
      builder.add_action(options.reward_scale * random.normal() - expectation, row);
      log_weights.push_back(options.log_weight_scale * random.normal());
    }
  }
  const Mdp mdp = std::move(builder).build();
  if (options.log_weight_scale > 0.0)
    measure.log_weights = Eigen::VectorXd::Map(log_weights.data(), static_cast<Eigen::Index>(log_weights.size()));
  Bellman bellman(mdp, options.temperature, measure);
  Eigen::VectorXd next(states);
  const Sweep sweep = bellman.optimal_sweep(values, next);
  const double error =
      largest_distance(precise(next), precise_backup(mdp, options.temperature, measure, precise(values)));
  return error / backup_rounding_error(bellman, sweep.largest_value);
}

// Temperatures from 0 through 1e-6 to 1e6, tiny and huge rewards and values, long rows, many actions, large weights.
TEST(BackupRoundingError, CoversAdversarialProcesses) {
  std::uint64_t seed = 0;
  double largest = 0.0;
  for (const double temperature : {0.0, 1e-6, 1e-3, 1.0, 1e3, 1e6}) {
    for (const double reward_scale : {1e-300, 1e-6, 1.0, 1e9}) {
      for (const double value_scale : {0.0, 1e-6, 1e12}) {
        for (const double log_weight_scale : {0.0, 1.0, 1e3}) {
          for (const auto& [actions, successors] : {std::pair{1, 1}, {3, 4}, {40, 2}, {2, 60}}) {
            const AdversarialOptions options{.temperature = temperature,
                                             .reward_scale = reward_scale,
                                             .value_scale = value_scale,
                                             .log_weight_scale = log_weight_scale,
                                             .actions = actions,
                                             .successors = successors};
            const double share = share_of_bound(options, ++seed);
            EXPECT_LE(share, 1.0) << "temperature " << temperature << ", rewards " << reward_scale << ", values "
                                  << value_scale << ", log weights " << log_weight_scale << ", " << actions
                                  << " actions, " << successors << " successors";
            largest = std::max(largest, share);
          }
        }
      }
    }
  }
  EXPECT_GE(largest, 0.1) << "the bound is needlessly loose";
}

// Rounding that adds up instead of cancelling: rows of 1000 equal terms, and 1000 equally likely actions beside one.
TEST(BackupRoundingError, CoversRoundingInOneDirection) {
  Random random(6, "one direction");
  const BaseMeasure counting;
  double largest_row = 0.0, largest_set = 0.0;
  for (int trial = 0; trial < 200; ++trial) {
    MdpBuilder builder(1.0);
    builder.add_state();
    builder.add_action(0.0, std::vector<Successor>(1000, {0, 1.0 / 1000}));
    builder.add_state();
    const double below = -random.uniform(0.0, 5.0);
    for (int a = 0; a < 1000; ++a) builder.add_action(below, 2);
    builder.add_action(0.0, 2);
    builder.add_terminal_state();
    const Mdp mdp = std::move(builder).build();
    Bellman bellman(mdp, 1.0, counting);
    const Eigen::VectorXd values = Eigen::Vector3d(random.uniform(1.0, 2.0) * 1e6, 0.0, 0.0);
    Eigen::VectorXd next(3);
    const Sweep sweep = bellman.optimal_sweep(values, next);
    const PreciseVector truth = precise_backup(mdp, 1.0, counting, precise(values));
    // The bound of the process is the sum of both: here the row's part, then that of the actions alone.
    const double row_error = static_cast<double>(abs(Precise(next(0)) - truth[0]));
    const double set_error = static_cast<double>(abs(Precise(next(1)) - truth[1]));
    largest_row = std::max(largest_row, row_error / backup_rounding_error(bellman, sweep.largest_value));
    largest_set = std::max(largest_set, set_error / (1000.0 * 0x1p-53));
  }
  EXPECT_LE(largest_row, 1.0);
  EXPECT_LE(largest_set, 1.0);
}

// The same for a policy's backup, of random policies with probabilities down to e^-10.
TEST(PolicyBackupRoundingError, CoversWhatRoundingDoes) {
  double largest = 0.0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed, "policy backup");
    const Mdp mdp = random_mdp({.states = 6, .actions = 9, .successors = 8, .discount = 0.99999}, seed);
    Eigen::VectorXd policy(mdp.pairs());
    for (double& p : policy) p = std::exp(5.0 * random.normal());
    for (Index s = 0; s < mdp.states(); ++s) {
      auto row = policy.segment(mdp.first_pair(s), mdp.action_count(s));
      row /= row.sum();
    }
    const BaseMeasure counting;
    for (const double temperature : {0.0, 1e-6, 1.0, 1e6}) {
      for (const double scale : {0.0, 1.0, 1e9}) {
        const Bellman bellman(mdp, temperature, counting);
        const Eigen::VectorXd values = random_values(bellman, random, scale);
        const Eigen::VectorXd next = bellman.policy_values(policy, bellman.action_values(values));
        const double error =
            largest_distance(precise(next), precise_policy_backup(mdp, policy, temperature, precise(values)));
        const double bound = policy_backup_rounding_error(bellman, values.cwiseAbs().maxCoeff());
        EXPECT_LE(error, bound) << "seed " << seed << ", temperature " << temperature << ", scale " << scale;
        largest = std::max(largest, error / bound);
      }
    }
  }
  EXPECT_GE(largest, 0.02) << "the bound is needlessly loose";
}

// Rows of 1000 equal probabilities whose sum is off by nearly 1000 rounding units, as far as an Mdp leaves rows alone,
// and equal values v: with exact rows, TV − V = r + v − v = r.
TEST(ChangeRoundingError, CoversRowsTakenToBeExact) {
  constexpr int length = 1000;
  constexpr double unit = std::numeric_limits<double>::epsilon() / 2.0;
  Random random(7, "rows");
  for (int trial = 0; trial < 400; ++trial) {
    const double probability = (1.0 + random.uniform(-0.99, 0.99) * length * unit) / length;
    MdpBuilder builder(1.0);
    builder.add_state();
    builder.add_action(1.0, std::vector<Successor>(length, {0, probability}));
    const Mdp mdp = std::move(builder).build();
    const BaseMeasure counting;
    Bellman bellman(mdp, 0.0, counting);
    const Eigen::VectorXd values = Eigen::VectorXd::Constant(1, 1e6 * random.uniform(1.0, 2.0));
    Eigen::VectorXd next(1);
    const Sweep sweep = bellman.optimal_sweep(values, next);
    EXPECT_LE(std::abs(sweep.largest_change - 1.0), change_rounding_error(bellman, sweep)) << probability;
  }
}

// Rows as stored and rows divided by their sums give two solutions; the bounds are for both. One state with γ near 1:
// V = r/(1 − γ σ) with σ the sum of its row, ten probabilities of 0.1 that add up to 1 + 5.6e-17 (and 0.7 + 0.2 + 0.1
// to 1 − 2.8e-17).
TEST(MacqueenPorteus, HoldsForRowsAsStoredAndForExactOnes) {
  const std::vector<double> tenths(10, 0.1), mixed{0.7, 0.2, 0.1};
  for (const std::vector<double>& row : {tenths, mixed}) {
    MdpBuilder builder(0.99999);
    builder.add_state();
    std::vector<Successor> successors;
    for (const double p : row) successors.push_back({0, p});
    builder.add_action(1.0, successors);
    const Mdp mdp = std::move(builder).build();
    Precise sum = 0;
    for (const double p : mdp.probabilities(0)) sum += Precise(p);
    const Precise stored = 1 / (1 - Precise(0.99999) * sum), exact = 1 / (1 - Precise(0.99999));
    ASSERT_NE(stored, exact);
    const BaseMeasure counting;
    Bellman bellman(mdp, 1.0, counting);
    for (const double off : {-1.0, 0.0, 1e-9}) {
      const Eigen::VectorXd values = Eigen::VectorXd::Constant(1, static_cast<double>(exact) + off);
      Eigen::VectorXd next(1);
      const Gap gap = macqueen_porteus(bellman, bellman.optimal_sweep(values, next));
      for (const Precise& truth : {stored, exact}) {
        EXPECT_LE(Precise(next(0)) + Precise(gap.lower), truth);
        EXPECT_GE(Precise(next(0)) + Precise(gap.upper), truth);
      }
      EXPECT_LE(gap.upper - gap.lower, 1e-4);
    }
  }
}

// Gaps narrower than the spacing of doubles at W, and wider than all of them.
TEST(Centre, CountsTheRoundingOfTheMidpoint) {
  Random random(5, "centre");
  for (int trial = 0; trial < 20'000; ++trial) {
    const double w = random.normal() * std::exp(10.0 * random.normal());
    const double scale = std::abs(w) * std::exp(random.uniform(-45.0, 45.0));
    const double a = scale * random.normal(), b = scale * random.normal();
    const Gap gap{.lower = std::min(a, b), .upper = std::max(a, b)};
    const Centred centred = centre(gap, std::abs(w));
    const double value = w + centred.middle;
    ASSERT_LE(Precise(value) - Precise(centred.lower_gap), Precise(w) + Precise(gap.lower)) << w << " " << scale;
    ASSERT_GE(Precise(value) + Precise(centred.upper_gap), Precise(w) + Precise(gap.upper)) << w << " " << scale;
    ASSERT_LE(std::max(centred.lower_gap, centred.upper_gap),
              0.5 * (gap.upper - gap.lower) * (1.0 + 1e-14) + 3e-16 * (std::abs(w) + scale * 10.0));
  }
}

// W + lower ≤ V* ≤ W + upper after every sweep, down to where only rounding is left.
TEST(MacqueenPorteus, EnclosesTheSolutionAfterEverySweep) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const double end = seed % 2 == 0 ? 0.0 : 0.05;
    const Mdp mdp = random_mdp({.states = 5, .discount = 0.8, .terminal_probability = end}, seed);
    const BaseMeasure counting;
    for (const double temperature : {0.0, 0.7}) {
      Bellman bellman(mdp, temperature, counting);
      const PreciseVector truth = precise_solution(mdp, temperature);
      Eigen::VectorXd values = bellman.start_values({}), next = values;
      Gap gap{};
      for (int i = 0; i < 250; ++i) {
        gap = macqueen_porteus(bellman, bellman.optimal_sweep(values, next));
        std::swap(values, next);
        for (Index s = 0; s < mdp.states(); ++s) {
          if (mdp.is_terminal(s)) continue;
          const Precise above = truth[static_cast<std::size_t>(s)] - Precise(values(s));
          ASSERT_LE(Precise(gap.lower), above) << "seed " << seed << ", sweep " << i;
          ASSERT_LE(above, Precise(gap.upper)) << "seed " << seed << ", sweep " << i;
        }
      }
      EXPECT_LT(gap.upper - gap.lower, 2e-12);
    }
  }
}

TEST(MacqueenPorteus, PromisesNothingAtDiscountOne) {
  const Mdp mdp = corridor(3, 1.0, 1.0);
  const BaseMeasure counting;
  Bellman bellman(mdp, 0.5, counting);
  Eigen::VectorXd next(mdp.states());
  const Gap gap = macqueen_porteus(bellman, bellman.optimal_sweep(bellman.start_values({}), next));
  EXPECT_TRUE(std::isinf(gap.upper) && std::isinf(gap.lower));
}

}  // namespace
}  // namespace softrl::tabular
