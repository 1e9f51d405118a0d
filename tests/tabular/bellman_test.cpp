#include "tabular/bellman.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

#include "softrl/operators.hpp"
#include "tabular/examples.hpp"

namespace softrl::tabular {
namespace {

Eigen::VectorXd random_vector(Eigen::Index size, Random& random) {
  Eigen::VectorXd result(size);
  for (double& x : result) x = random.normal();
  return result;
}

// The fused sweep against math.md 2.1 spelt out with a dense table of transitions.
TEST(Bellman, SweepIsTheBackupSpeltOut) {
  Random random(1, "bellman");
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Mdp mdp = random_mdp({.discount = 0.8, .terminal_probability = seed % 2 ? 0.2 : 0.0}, seed);
    const BaseMeasure measure{.log_weights = random_vector(mdp.pairs(), random)};
    const double temperature = 0.4;
    Bellman bellman(mdp, temperature, measure);
    const Eigen::VectorXd values = bellman.start_values(random_vector(mdp.states(), random));
    Eigen::VectorXd next(mdp.states());
    const Sweep sweep = bellman.optimal_sweep(values, next);
    double largest = -1e300;
    for (Index s = 0; s < mdp.states(); ++s) {
      if (mdp.is_terminal(s)) {
        EXPECT_EQ(next(s), -1.5);
        continue;
      }
      double sum = 0.0;
      for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
        double q = mdp.reward(k);
        for (std::size_t t = 0; t < mdp.successors(k).size(); ++t)
          q += 0.8 * mdp.probabilities(k)[t] * values(mdp.successors(k)[t]);
        sum += std::exp(measure.log_weights(k) + q / temperature);
      }
      EXPECT_NEAR(next(s), temperature * std::log(sum), 1e-13);
      largest = std::max(largest, next(s) - values(s));
    }
    EXPECT_EQ(sweep.largest_change, largest);
    EXPECT_EQ(sweep.largest_value, values.cwiseAbs().maxCoeff());
  }
}

// Three roads to TV: the sweep, V_Q of the backed-up action values, and the policy backup of the Boltzmann policy
// (1.3).
TEST(Bellman, SweepAgreesWithTheQFormsAndWithTheBoltzmannPolicy) {
  Random random(2, "bellman");
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Mdp mdp = random_mdp({.terminal_probability = 0.1}, seed);
    const BaseMeasure counting;
    for (const double temperature : {0.0, 0.6}) {
      Bellman bellman(mdp, temperature, counting);
      const Eigen::VectorXd values = bellman.start_values(random_vector(mdp.states(), random));
      Eigen::VectorXd next(mdp.states());
      bellman.optimal_sweep(values, next);
      const Eigen::VectorXd q = bellman.action_values(values);
      EXPECT_EQ(bellman.state_values(q), next);
      EXPECT_LE((bellman.policy_values(bellman.boltzmann(q), q) - next).cwiseAbs().maxCoeff(), 1e-14);
      EXPECT_EQ(bellman.optimal_backup(q), bellman.action_values(next));
    }
  }
}

// An action of base weight 0 is as if it were not there.
TEST(Bellman, WeightZeroRemovesAnAction) {
  const Mdp mdp = bandit({1.0, 5.0}, 0.5);
  const BaseMeasure only_first{.log_weights = Eigen::Vector2d(0.0, -std::numeric_limits<double>::infinity())};
  for (const double temperature : {0.0, 1.0}) {
    Bellman bellman(mdp, temperature, only_first);
    Eigen::VectorXd next(1);
    bellman.optimal_sweep(Eigen::VectorXd::Constant(1, 4.0), next);
    EXPECT_DOUBLE_EQ(next(0), 1.0 + 0.5 * 4.0);
    EXPECT_EQ(bellman.boltzmann(Eigen::Vector2d(1.0, 5.0)), Eigen::VectorXd(Eigen::Vector2d(1.0, 0.0)));
  }
}

TEST(Bellman, RefusesArraysOfTheWrongSize) {
  const Mdp mdp = bandit({1.0, 5.0}, 0.5);
  const BaseMeasure counting;
  const Bellman bellman(mdp, 1.0, counting);
  EXPECT_THROW(bellman.action_values(Eigen::VectorXd::Zero(2)), std::invalid_argument);
  EXPECT_THROW(bellman.state_values(Eigen::VectorXd::Zero(1)), std::invalid_argument);
  EXPECT_THROW(bellman.start_values(Eigen::VectorXd::Constant(1, NAN)), std::invalid_argument);
}

}  // namespace
}  // namespace softrl::tabular
