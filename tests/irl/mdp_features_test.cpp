#include "irl/mdp_features.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/gridworld_features.hpp"
#include "small_mdps.hpp"
#include "tabular/gridworld.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(MdpFeatures, JoinOnWhatAllCanBeToldOf) {
  const Mdp mdp = tabular::random_mdp({.states = 4, .actions = 3, .successors = 2}, 1);
  const MdpFeatures states = random_features(mdp, 1, MdpFeatures::On::States, 1);
  MdpFeatures moves = random_features(mdp, 2, MdpFeatures::On::Transitions, 2);
  moves.names = {"g0", "g1"};
  const MdpFeatures all = join(mdp, {states, moves});
  EXPECT_EQ(all.on, MdpFeatures::On::Transitions);
  EXPECT_EQ(all.names, (std::vector<std::string>{"f0", "g0", "g1"}));
  for (Index s = 0; s < mdp.states(); ++s)
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      Eigen::Vector3d mean = Eigen::Vector3d::Zero();
      for (std::size_t i = 0; i < mdp.successors(k).size(); ++i) {
        const Index t = mdp.first_transition(k) + static_cast<Index>(i);
        EXPECT_EQ(all.values(t, 0), states.values(s, 0));
        EXPECT_EQ(all.values(t, 2), moves.values(t, 1));
        mean += mdp.probabilities(k)[i] * all.values.row(t).transpose();
      }
      EXPECT_LT((on_state_actions(mdp, all).row(k).transpose() - mean).norm(), 1e-14);
    }
}

// A row of four cells with a slippery floor: from the second cell, "right" (action 1) enters the third.
TEST(GridworldFeatures, AreOfTheCellEntered) {
  const auto world = tabular::parse_gridworld("map = 'S..G'\nslip = 0.2\n", "row");
  const Mdp mdp = tabular::gridworld_mdp(world);
  const Eigen::VectorXd goal = entering(world, mdp, 'G'), distance = distance_to(world, mdp, 'G');
  ASSERT_EQ(goal.size(), mdp.transitions());
  for (Index s = 0; s < 3; ++s)
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k)
      for (std::size_t i = 0; i < mdp.successors(k).size(); ++i) {
        const Index t = mdp.first_transition(k) + static_cast<Index>(i), next = mdp.successors(k)[i];
        EXPECT_EQ(goal(t), next == 3 ? 1.0 : 0.0);
        EXPECT_EQ(distance(t), 3.0 - next);
      }
  EXPECT_THAT([&] { entering(world, mdp, 'x'); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("no cell of the map is a 'x'")));
  const auto split = tabular::parse_gridworld("map = 'S#.G'\n", "split");
  EXPECT_THAT([&] { distance_to(split, tabular::gridworld_mdp(split), 'G'); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("row 1, column 1 of the map has no way to a 'G'")));
}

}  // namespace
}  // namespace softrl::irl
