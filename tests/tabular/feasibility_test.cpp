#include "tabular/feasibility.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/examples.hpp"

namespace softrl::tabular {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(StatesWithoutExit, AreThoseThatNoMoveLeadsOutOf) {
  MdpBuilder builder(1.0);
  builder.add_state();
  builder.add_action(0.0, {{1, 0.5}, {4, 0.5}});
  builder.add_state();  // 1 and 2 are a trap
  builder.add_action(0.0, 2);
  builder.add_state();
  builder.add_action(0.0, {{1, 1.0}, {4, 0.0}});
  builder.add_state();
  builder.add_action(0.0, 3);
  builder.add_action(0.0, 0);
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  EXPECT_THAT(states_without_exit(mdp), ElementsAre(1, 2));
  // Without the action that leaves it, state 3 is a trap too.
  Eigen::VectorXd log_weights = Eigen::VectorXd::Zero(mdp.pairs());
  log_weights(4) = -std::numeric_limits<double>::infinity();
  EXPECT_THAT(states_without_exit(mdp, {.log_weights = log_weights}), ElementsAre(1, 2, 3));
  EXPECT_THAT(states_without_exit(corridor(3, 1.0, 1.0)), IsEmpty());
}

// n states on a ring, each with two moves of cost c, and one exit: walks multiply by 2 e^{−c/α} a step (all but those
// at the exit), so the border of growth is near c = α log 2. After enough sweeps the answer is right on either side.
TEST(GrowsForever, TellsTheSideOfTheBorder) {
  const int n = 12;
  const double temperature = 0.5;
  for (const double share : {0.5, 1.5}) {
    MdpBuilder builder(1.0);
    const double cost = share * temperature * std::log(2.0);
    for (int s = 0; s < n; ++s) {
      builder.add_state();
      builder.add_action(-cost, (s + 1) % n);
      builder.add_action(-cost, s);
      if (s == 0) builder.add_action(-cost, n);
    }
    builder.add_terminal_state();
    const Mdp mdp = std::move(builder).build();
    const BaseMeasure counting;
    Bellman bellman(mdp, temperature, counting);
    Eigen::VectorXd values = bellman.start_values({}), next = values;
    for (int i = 0; i < 300; ++i) {
      bellman.optimal_sweep(values, next);
      std::swap(values, next);
    }
    EXPECT_EQ(grows_forever(bellman, values), share < 1.0);
  }
}

// Every step costs 1e-30, so nothing grows. Yet at suitable equal values V, V/2 + V/4 + V/8 + V/8 is rounded above V,
// and a sweep seems to gain.
TEST(GrowsForever, IsNotMisledByRounding) {
  const std::vector<Successor> row{{0, 0.5}, {1, 0.25}, {2, 0.125}, {3, 0.125}};
  MdpBuilder builder(1.0);
  for (int s = 0; s < 4; ++s) {
    builder.add_state();
    builder.add_action(-1e-30, row);
    builder.add_action(-1.0, {{4, 1.0}});
  }
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  const BaseMeasure counting;
  Bellman bellman(mdp, 0.0, counting);
  Random random(1, "misled");
  int seeming_gains = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    Eigen::VectorXd values = bellman.start_values(Eigen::VectorXd::Constant(5, random.uniform(1.0, 2.0))),
                    next = values;
    seeming_gains += bellman.optimal_sweep(values, next).smallest_change > 0.0;
    EXPECT_FALSE(grows_forever(bellman, values));
  }
  EXPECT_GT(seeming_gains, 0) << "no trial put the rounding to the test";
}

// Each state falls only after its successor has: passes over all states, in this order, would take hours.
TEST(GrowsForever, TakesTimeInProportionToALongCorridor) {
  const int n = 1'000'000;
  const Mdp mdp = corridor(n, 1.0, 1.0);
  const BaseMeasure counting;
  const Bellman bellman(mdp, 0.0, counting);
  Eigen::VectorXd values(n + 1);
  for (int s = 0; s <= n; ++s) values(s) = -2.0 * (n - s);  // going on improves every state by 1, but has an end
  EXPECT_FALSE(grows_forever(bellman, values));
}

}  // namespace
}  // namespace softrl::tabular
