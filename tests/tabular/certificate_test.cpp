#include "tabular/certificate.hpp"

#include <cmath>

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
      EXPECT_LT(gap.half_width(), 1e-12);
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
