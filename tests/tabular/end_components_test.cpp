#include "tabular/end_components.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/examples.hpp"

namespace softrl::tabular {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

TEST(EndComponents, AreWhereAPolicyCanStay) {
  MdpBuilder builder(1.0);
  builder.add_state();  // 0: stays by action 0, risks the end by action 1
  builder.add_action(0.0, 0);
  builder.add_action(0.0, {{0, 0.5}, {4, 0.5}});
  builder.add_state();  // 1 and 2 go round; 2 may also go to 0 for good
  builder.add_action(0.0, 2);
  builder.add_state();
  builder.add_action(0.0, {{1, 1.0}, {4, 0.0}});
  builder.add_action(0.0, {{1, 0.5}, {0, 0.5}});
  builder.add_state();  // 3 only passes
  builder.add_action(0.0, {{1, 0.5}, {0, 0.5}});
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  const EndComponents found = end_components(mdp);
  EXPECT_EQ(found.count, 2);
  EXPECT_EQ(found.component[1], found.component[2]);
  EXPECT_NE(found.component[0], found.component[1]);
  EXPECT_EQ(found.component[3], -1);
  EXPECT_EQ(found.component[4], -1);
  EXPECT_THAT(found.stays, ElementsAre(1, 0, 1, 1, 0, 0));
  // Without its own action, state 0 has nowhere to stay.
  Eigen::VectorXd log_weights = Eigen::VectorXd::Zero(mdp.pairs());
  log_weights(0) = -std::numeric_limits<double>::infinity();
  EXPECT_THAT(end_components(mdp, {.log_weights = log_weights}).stays, ElementsAre(0, 0, 1, 1, 0, 0));
}

TEST(EndComponents, AreAbsentWhereEveryPolicyEnds) {
  const EndComponents found = end_components(random_mdp({.discount = 1.0, .terminal_probability = 0.01}, 1));
  EXPECT_EQ(found.count, 0);
  EXPECT_THAT(found.component, Each(-1));
  EXPECT_THAT(found.stays, Each(0));
}

// All sets of states by brute force: a set is an end component if its staying actions make each state reach each other;
// the maximal ones are those that are found.
TEST(EndComponents, AgreeWithAllSubsetsTried) {
  const int n = 7;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed, "end components");
    MdpBuilder builder(1.0);
    for (int s = 0; s < n; ++s) {
      builder.add_state();
      for (std::int64_t a = random.below(3); a >= 0; --a) {
        const auto first = static_cast<Index>(random.below(n + 1)), second = static_cast<Index>(random.below(n + 1));
        if (random.below(2) == 0)
          builder.add_action(0.0, first);
        else
          builder.add_action(0.0, {{first, 0.5}, {second, 0.5}});
      }
    }
    builder.add_terminal_state();
    const Mdp mdp = std::move(builder).build();
    const auto stays = [&](unsigned set, Index pair) {
      for (const Index next : mdp.successors(pair))
        if ((set >> next & 1U) == 0) return false;
      return true;
    };
    const auto is_end_component = [&](unsigned set) {
      for (int from = 0; from < n; ++from) {
        if ((set >> from & 1U) == 0) continue;
        unsigned reached = 0, before = 1;
        bool started = false;
        while (reached != before) {
          before = reached;
          for (int s = 0; s < n; ++s) {
            if ((set >> s & 1U) == 0 || (started ? (reached >> s & 1U) == 0 : s != from)) continue;
            for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k)
              if (stays(set, k))
                for (const Index next : mdp.successors(k)) reached |= 1U << next;
          }
          started = true;
        }
        if ((reached & set) != set) return false;
      }
      return true;
    };
    std::set<unsigned> expected, found;
    for (unsigned set = 1; set < 1U << n; ++set)
      if (is_end_component(set)) expected.insert(set);
    const std::set<unsigned> all = expected;
    std::erase_if(expected, [&](unsigned set) {
      return std::any_of(all.begin(), all.end(),
                         [&](unsigned larger) { return larger != set && (larger & set) == set; });
    });
    const EndComponents components = end_components(mdp);
    for (Index c = 0; c < components.count; ++c) {
      unsigned set = 0;
      for (int s = 0; s < n; ++s)
        if (components.component[static_cast<std::size_t>(s)] == c) set |= 1U << s;
      found.insert(set);
      for (int s = 0; s < n; ++s) {
        if ((set >> s & 1U) == 0) continue;
        for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k)
          EXPECT_EQ(components.stays[static_cast<std::size_t>(k)] != 0, stays(set, k));
      }
    }
    EXPECT_EQ(found, expected) << "seed " << seed;
  }
}

// Each state falls only after its successor has: rounds over all states would take hours.
TEST(EndComponents, TakeTimeInProportionToALongCorridor) {
  MdpBuilder builder(1.0);
  const int n = 1'000'000;
  for (int s = 0; s < n; ++s) {
    builder.add_state();
    builder.add_action(-1.0, {{s, 0.5}, {s + 1, 0.5}});
  }
  builder.add_terminal_state();
  EXPECT_EQ(end_components(std::move(builder).build()).count, 0);
}

}  // namespace
}  // namespace softrl::tabular
