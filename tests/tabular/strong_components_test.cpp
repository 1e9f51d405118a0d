#include "tabular/strong_components.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/examples.hpp"
#include "tabular/predecessors.hpp"

namespace softrl::tabular {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

// reaches[s][t]: t can be reached from s in any number of steps, by repeated squaring by hand (Warshall).
std::vector<std::vector<char>> reachability(const Mdp& mdp, const BaseMeasure& measure) {
  const auto n = static_cast<std::size_t>(mdp.states());
  std::vector reaches(n, std::vector<char>(n, 0));
  for (std::size_t s = 0; s < n; ++s) {
    reaches[s][s] = 1;
    for (Index k = mdp.first_pair(static_cast<Index>(s)); k < mdp.first_pair(static_cast<Index>(s) + 1); ++k) {
      if (measure.log_weights.size() != 0 && std::isinf(measure.log_weights(k))) continue;
      for (std::size_t t = 0; t < mdp.successors(k).size(); ++t) {
        if (mdp.deterministic() || mdp.probabilities(k)[t] > 0.0)
          reaches[s][static_cast<std::size_t>(mdp.successors(k)[t])] = 1;
      }
    }
  }
  for (std::size_t via = 0; via < n; ++via) {
    for (std::size_t s = 0; s < n; ++s) {
      for (std::size_t t = 0; t < n; ++t) reaches[s][t] |= static_cast<char>(reaches[s][via] && reaches[via][t]);
    }
  }
  return reaches;
}

// Two states share a component if and only if each reaches the other; and what a state reaches has no larger number.
// With and without actions of weight 0, from sparse processes of many components to dense ones of a single one.
TEST(StrongComponents, AreTheClassesOfMutualReachability) {
  int most = 0, least = 100;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Mdp mdp =
        random_mdp({.states = 25, .actions = 2, .successors = seed % 3 == 0 ? 3 : 1, .discount = 0.9}, seed);
    BaseMeasure measure;
    if (seed % 2 == 0) {
      measure.log_weights.setZero(mdp.pairs());
      for (Index s = 0; s < mdp.states(); ++s) {
        if (mdp.action_count(s) > 1) measure.log_weights(mdp.first_pair(s)) = -std::numeric_limits<double>::infinity();
      }
    }
    const StrongComponents components(mdp, measure);
    const auto reaches = reachability(mdp, measure);
    std::vector<Index> number(25, -1);
    Index largest = 0;
    for (Index c = 0; c < components.count(); ++c) {
      largest = std::max(largest, static_cast<Index>(components.states(c).size()));
      for (const Index s : components.states(c)) number[static_cast<std::size_t>(s)] = c;
    }
    EXPECT_EQ(components.largest(), largest);
    for (std::size_t s = 0; s < 25; ++s) {
      for (std::size_t t = 0; t < 25; ++t) {
        ASSERT_EQ(number[s] == number[t], reaches[s][t] && reaches[t][s]) << "seed " << seed;
        ASSERT_TRUE(!reaches[s][t] || number[s] >= number[t]) << "seed " << seed;
      }
    }
    most = std::max(most, components.count());
    least = std::min(least, components.count());
  }
  EXPECT_GT(most, 15);
  EXPECT_LT(least, 5);
}

TEST(StrongComponents, OfALongCorridorNeedNoDeepStack) {
  const Mdp mdp = corridor(1'000'000, 1.0, 0.9);
  const StrongComponents components(mdp);
  EXPECT_EQ(components.count(), mdp.states());
  EXPECT_EQ(components.largest(), 1);
  EXPECT_THAT(components.states(0), ElementsAre(1'000'000));
}

// Counted by hand from the definition.
TEST(Predecessors, AreTheStatesThatMayMoveThere) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Mdp mdp = random_mdp({.states = 12, .terminal_probability = seed % 2 ? 0.1 : 0.0}, seed);
    const Predecessors predecessors(mdp);
    for (Index to = 0; to < mdp.states(); ++to) {
      std::vector<Index> expected;
      for (Index from = 0; from < mdp.states(); ++from) {
        for (Index k = mdp.first_pair(from); k < mdp.first_pair(from + 1); ++k) {
          for (const Index next : mdp.successors(k)) {
            if (next == to) expected.push_back(from);
          }
        }
      }
      EXPECT_THAT(predecessors.of(to), ElementsAreArray(expected)) << "seed " << seed << ", state " << to;
    }
  }
}

TEST(Predecessors, LeaveOutWhatIsNeverDone) {
  MdpBuilder builder(0.9);
  builder.add_state();
  builder.add_action(0.0, {{0, 0.0}, {1, 1.0}});
  builder.add_action(0.0, 0);
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  EXPECT_THAT(Predecessors(mdp).of(0), ElementsAre(0));
  const BaseMeasure measure{.log_weights = Eigen::Vector2d(0.0, -std::numeric_limits<double>::infinity())};
  EXPECT_THAT(Predecessors(mdp, measure).of(0), ElementsAre());
  EXPECT_THAT(Predecessors(mdp, measure).of(1), ElementsAre(0));
}

}  // namespace
}  // namespace softrl::tabular
