#include "tabular/enclosure.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tabular/examples.hpp"
#include "tabular/high_precision.hpp"

namespace softrl::tabular {
namespace {

// At discount 1 with a way out at every step. From values that are off by up to δ, a margin above that suffices.
TEST(Enclose, EnclosesTheSolutionAtDiscountOne) {
  Random random(3, "enclose");
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Mdp mdp = random_mdp({.states = 5, .discount = 1.0, .terminal_probability = 0.2}, seed);
    const BaseMeasure counting;
    for (const double temperature : {0.0, 0.7}) {
      Bellman bellman(mdp, temperature, counting);
      const PreciseVector truth = precise_solution(mdp, temperature);
      for (const double off : {0.0, 1e-9, 1e-3}) {
        Eigen::VectorXd values(mdp.states());
        for (Index s = 0; s < mdp.states(); ++s)
          values(s) = static_cast<double>(truth[static_cast<std::size_t>(s)]) + off * random.uniform(-1.0, 1.0);
        const double margin = 4.0 * off + 1e-13;
        const auto enclosure = enclose(bellman, bellman.start_values(values), margin);
        ASSERT_TRUE(enclosure) << "seed " << seed << ", off by " << off;
        EXPECT_LE(largest_excess(precise(enclosure->lower), truth), 0.0);
        EXPECT_LE(largest_excess(truth, precise(enclosure->upper)), 0.0);
        EXPECT_LE((enclosure->upper - enclosure->lower).maxCoeff(), 20.0 * margin);
      }
    }
  }
}

// Margins at the level of rounding, where what seems a sub- or supersolution need not be one: what is returned
// encloses.
TEST(Enclose, IsNotMisledByRounding) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Mdp mdp = random_mdp({.states = 5, .discount = 1.0, .terminal_probability = 0.2}, seed);
    const BaseMeasure counting;
    Bellman bellman(mdp, 0.7, counting);
    const PreciseVector truth = precise_solution(mdp, 0.7);
    Eigen::VectorXd values(mdp.states());
    for (Index s = 0; s < mdp.states(); ++s) values(s) = static_cast<double>(truth[static_cast<std::size_t>(s)]);
    int enclosed = 0;
    for (double margin = 1e-17; margin < 1e-12; margin *= 1.5) {
      const auto enclosure = enclose(bellman, bellman.start_values(values), margin);
      if (!enclosure) continue;
      ++enclosed;
      EXPECT_LE(largest_excess(precise(enclosure->lower), truth), 0.0) << "seed " << seed << ", margin " << margin;
      EXPECT_LE(largest_excess(truth, precise(enclosure->upper)), 0.0) << "seed " << seed << ", margin " << margin;
    }
    EXPECT_GT(enclosed, 0);
  }
}

// Temperature 0, reward 0 and a loop: every constant at most the end's value solves V = TV, so nothing can be
// certified.
TEST(Enclose, RefusesWhereTheSolutionIsNotUnique) {
  const Mdp mdp = corridor(3, 0.0, 1.0);
  const BaseMeasure counting;
  Bellman bellman(mdp, 0.0, counting);
  EXPECT_FALSE(enclose(bellman, Eigen::VectorXd::Zero(4), 1e-6));
  const Eigen::VectorXd wrong = bellman.start_values(Eigen::VectorXd::Constant(4, 100.0));
  EXPECT_FALSE(enclose(bellman, wrong, 1e-6));
}

// A walk on 1 … n that goes down with probability p, else up (at n: stays), at a cost of 1 a step. The time e_k from k
// to k − 1 obeys e_n = 1/p, e_k = (1 + (1 − p) e_{k+1})/p.
void check_walk(int n, double down) {
  MdpBuilder builder(1.0);
  builder.add_terminal_state();
  for (int k = 1; k <= n; ++k) {
    builder.add_state();
    builder.add_action(-1.0, {{k - 1, down}, {std::min(k + 1, n), 1.0 - down}});
  }
  const Mdp mdp = std::move(builder).build();
  PreciseVector truth(static_cast<std::size_t>(n) + 1, Precise(0));
  Precise step = 0;
  const Precise p(down), q(1.0 - down);  // the sum of the two is not exactly 1, but within what a row may be off
  for (int k = n; k >= 1; --k) {
    step = k == n ? 1 / p : (1 + q * step) / p;
    truth[static_cast<std::size_t>(k)] = -step;
  }
  for (int k = 1; k <= n; ++k) truth[static_cast<std::size_t>(k)] += truth[static_cast<std::size_t>(k) - 1];
  Eigen::VectorXd values(n + 1);
  for (int k = 0; k <= n; ++k) values(k) = static_cast<double>(truth[static_cast<std::size_t>(k)]);
  const BaseMeasure counting;
  Bellman bellman(mdp, 0.5, counting);
  const double margin = 1e-8;
  const auto enclosure = enclose(bellman, values, margin);
  ASSERT_TRUE(enclosure);
  EXPECT_LE(largest_excess(precise(enclosure->lower), truth), 0.0);
  EXPECT_LE(largest_excess(truth, precise(enclosure->upper)), 0.0);
  EXPECT_LE((enclosure->upper - enclosure->lower).maxCoeff(), 4.0 * margin * values.cwiseAbs().maxCoeff());
}

TEST(Enclose, FindsItsWayWhereMostOfAnEpisodeIsNoise) { check_walk(200, 0.5); }     // some 40,000 steps: by factors
TEST(Enclose, FindsItsWayFromFarAwayWithoutFactors) { check_walk(120'000, 0.96); }  // some 130,000 steps: by sweeps

}  // namespace
}  // namespace softrl::tabular
