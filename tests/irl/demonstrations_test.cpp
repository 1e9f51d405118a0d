#include "irl/demonstrations.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_mdps.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using tabular::MdpBuilder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

// State 0: action 0 leads to 1 or to the end, state 2; action 1 stays. State 1: a sure move to the end.
Mdp example() {
  MdpBuilder builder(1.0);
  builder.add_state();
  builder.add_action(0.0, {{1, 0.5}, {2, 0.5}});
  builder.add_action(0.0, 0);
  builder.add_state();
  builder.add_action(0.0, 2);
  builder.add_terminal_state();
  return std::move(builder).build();
}

class DemonstrationFile : public testing::Test {
 protected:
  std::vector<Demonstration> read(const std::string& text) {
    std::ofstream(file_) << text;
    return read_demonstrations(file_, example());
  }
  void refuses(const std::string& text, const std::string& words) {
    EXPECT_THAT([&] { read(text); }, ThrowsMessage<std::runtime_error>(HasSubstr(words))) << text;
  }
  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "demonstrations.csv";
};

TEST_F(DemonstrationFile, SaysWhereItEndsInThreeWays) {
  const auto sure = read("trajectory,t,state,action\na,1,1,0\na,0,0,0\n");
  ASSERT_EQ(sure.size(), 1u);
  EXPECT_THAT(sure[0].states, ElementsAre(0, 1, 2)) << "rows in any order, the last move sure";
  EXPECT_THAT(sure[0].actions, ElementsAre(0, 0));
  const auto by_row = read("state,action,t,trajectory\n0,0,0,b\n2,,1,b\n");
  EXPECT_THAT(by_row[0].states, ElementsAre(0, 2));
  const auto by_column = read("trajectory,t,state,action,next_state\nb,0,0,0,1\na,0,0,1,0\na,1,0,0,2\n");
  EXPECT_THAT(by_column[0].states, ElementsAre(0, 1));
  EXPECT_EQ(by_column[1].name, "a");
  EXPECT_THAT(by_column[1].states, ElementsAre(0, 0, 2));
}

TEST_F(DemonstrationFile, RefusesWhatMakesNoSenseWithLineAndColumn) {
  refuses("trajectory,state,action\na,0,0\n", "has no column \"t\"");
  refuses("trajectory,t,state,action\n", "has no demonstrations");
  refuses("trajectory,t,state,action\na,0,7,0\n", ":2: state: must be in [0, 3), got 7");
  refuses("trajectory,t,state,action\na,0,1.5,0\n", ":2: state: must be a whole number");
  refuses("trajectory,t,state,action\na,0,0,5\n", ":2: action: 5 is not available in state 0");
  refuses("trajectory,t,state,action\na,0,2,0\n", ":2: state: 2 is terminal");
  refuses("trajectory,t,state,action\na,0,0,1\na,1,1,0\n", ":2: next state: 1 cannot follow action 1 in state 0");
  refuses("trajectory,t,state,action\na,0,0,1\na,2,0,1\n", ":3: t: trajectory a has no step 1");
  refuses("trajectory,t,state,action\na,0,0,1\na,0,0,1\n", ":3: t: 0 appears twice");
  refuses("trajectory,t,state,action,next_state\na,0,0,0,1\na,0,0,0,1\n", ":3: t: 0 appears twice");
  refuses("trajectory,t,state,action\na,0,0,0\n", ":2: next_state: is missing");
  refuses("trajectory,t,state,action,next_state\na,0,0,0,1\na,1,2,,\n", ":2: next_state: is 1, but step 1");
  refuses("trajectory,t,state,action\na,x,0,0\n", ":2: t must be a finite number");
}

TEST_F(DemonstrationFile, IsReadAsWritten) {
  const Mdp mdp = example();
  MaxEntProcess process(mdp, PathModel::CausalEntropy, Horizon::to_goal());
  const auto drawn = simulate(mdp, process, process.solve(Eigen::Vector3d(-1.0, -1.0, -1.0)), {.count = 30, .seed = 3});
  write_demonstrations(file_, drawn);
  const auto read_back = read_demonstrations(file_, mdp);
  ASSERT_EQ(read_back.size(), 30u);
  for (std::size_t d = 0; d < 30; ++d) {
    EXPECT_EQ(read_back[d].name, drawn[d].name);
    EXPECT_EQ(read_back[d].states, drawn[d].states);
    EXPECT_EQ(read_back[d].actions, drawn[d].actions);
  }
}

// Action 0 of state 0 against action 1, at reward −1 each: Q(0) = −1 + ½ V(1) with V(1) = −1, Q(1) = −1 + V(0). Its
// frequency in n choices is within 5.1 standard errors of its probability but for a chance of 4e-7.
TEST(Simulate, FollowsThePolicy) {
  const Mdp mdp = example();
  MaxEntProcess process(mdp, PathModel::CausalEntropy, Horizon::to_goal());
  const SoftPolicy policy = process.solve(Eigen::Vector3d(-1.0, -1.0, -1.0));
  // e^V = e^−1.5 + e^−1 e^V
  const double p = std::exp(-1.5) / (std::exp(-1.5) / (1.0 - std::exp(-1.0)));
  EXPECT_NEAR(policy.policies(0, 0), p, 1e-9);
  double choices = 0.0, first = 0.0;
  const auto start_anywhere = simulate(mdp, process, policy, {.count = 4000, .seed = 8});
  check_demonstrations(mdp, start_anywhere);
  for (const Demonstration& walk : start_anywhere)
    for (std::size_t t = 0; t < walk.actions.size(); ++t) {
      if (walk.states[t] != 0) continue;
      choices += 1.0;
      first += walk.actions[t] == 0 ? 1.0 : 0.0;
    }
  EXPECT_NEAR(first / choices, p, 5.1 * std::sqrt(p * (1 - p) / choices));
  EXPECT_EQ(simulate(mdp, process, policy, {.count = 2, .seed = 8})[1].states, start_anywhere[1].states);
  for (const Demonstration& cut : simulate(mdp, process, policy, {.count = 20, .max_steps = 1}))
    EXPECT_EQ(cut.steps(), 1);
}

// For MaxEntPaths too it moves in the world as it is: half of the moves by action 0 end it.
TEST(Simulate, OfPathsIsAtTheMercyOfTheWorld) {
  const Mdp mdp = example();
  MaxEntProcess process(mdp, PathModel::MaxEntPaths, Horizon::to_goal());
  const SoftPolicy policy = process.solve(Eigen::VectorXd::Constant(mdp.transitions(), -3.0));
  const Eigen::VectorXd actions = process.action_policy(policy.policy(0));
  EXPECT_NEAR(actions(0) + actions(1), 1.0, 1e-12);
  double moves = 0.0, ended = 0.0;
  for (const Demonstration& walk : simulate(mdp, process, policy, {.count = 4000, .seed = 8}))
    for (std::size_t t = 0; t < walk.actions.size(); ++t) {
      if (walk.states[t] != 0 || walk.actions[t] != 0) continue;
      moves += 1.0;
      ended += walk.states[t + 1] == 2 ? 1.0 : 0.0;
    }
  EXPECT_NEAR(ended / moves, 0.5, 5.1 * std::sqrt(0.25 / moves));
}

}  // namespace
}  // namespace softrl::irl
