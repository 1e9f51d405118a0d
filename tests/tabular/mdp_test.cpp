#include "tabular/mdp.hpp"

#include <limits>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/base_measure.hpp"
#include "tabular/examples.hpp"

namespace softrl::tabular {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const double nan = std::numeric_limits<double>::quiet_NaN();

// Two states with different action sets, and a terminal one; action 1 of state 1 has a name but is not available.
MdpArrays small_arrays() {
  return {.discount = 0.9,
          .action_offsets = {0, 2, 4, 4},
          .actions = {0, 1, 0, 2},
          .rewards = {1.0, 2.0, 3.0, 4.0},
          .successor_offsets = {0, 1, 3, 4, 6},
          .successors = {0, 0, 1, 2, 1, 2},
          .probabilities = {1.0, 0.25, 0.75, 1.0, 0.5, 0.5},
          .terminal = {{2, 7.0}},
          .initial = {}};
}

TEST(Mdp, TellsItsShape) {
  const Mdp mdp(small_arrays());
  EXPECT_EQ(mdp.states(), 3);
  EXPECT_EQ(mdp.pairs(), 4);
  EXPECT_EQ(mdp.transitions(), 6);
  EXPECT_EQ(mdp.action_names(), 3);
  EXPECT_FALSE(mdp.deterministic());
  EXPECT_TRUE(mdp.is_terminal(2));
  EXPECT_EQ(mdp.terminal_value(2), 7.0);
  EXPECT_EQ(mdp.find_pair(1, 2), 3);
  EXPECT_EQ(mdp.find_pair(1, 1), -1);
  EXPECT_EQ(mdp.find_pair(2, 0), -1);
  EXPECT_THAT(mdp.successors(1), ElementsAre(0, 1));
  const std::vector<double> values{10.0, 20.0, 30.0};
  EXPECT_EQ(mdp.expectation(1, values), 0.25 * 10.0 + 0.75 * 20.0);
  const Eigen::VectorXd initial = mdp.initial_distribution();
  EXPECT_THAT(std::vector<double>(initial.begin(), initial.end()), ElementsAre(0.5, 0.5, 0.0));
}

TEST(Mdp, SpreadsAnArrayOverPairsIntoATable) {
  const Mdp mdp(small_arrays());
  DenseTable expected(3, 3);
  expected << 1, 2, -9, 3, -9, 4, -9, -9, -9;
  EXPECT_EQ(to_dense(mdp, Eigen::Vector4d(1, 2, 3, 4), -9.0), expected);
}

// The builder and the arrays describe the same process; a sure process is stored without probabilities.
TEST(Mdp, TakesOtherRewards) {
  Mdp mdp = random_mdp({.states = 5}, 1);
  std::vector<double> rewards(static_cast<std::size_t>(mdp.pairs()), 2.0);
  rewards.back() = -7.0;
  const std::vector<Index> first(mdp.successors(0).begin(), mdp.successors(0).end());
  mdp = std::move(mdp).with_rewards(rewards);
  EXPECT_EQ(mdp.reward(0), 2.0);
  EXPECT_EQ(mdp.reward(mdp.pairs() - 1), -7.0);
  EXPECT_EQ(mdp.largest_reward(), 7.0);
  EXPECT_EQ(std::vector<Index>(mdp.successors(0).begin(), mdp.successors(0).end()), first);
  rewards[1] = std::nan("");
  EXPECT_THROW(std::move(mdp).with_rewards(rewards), std::invalid_argument);
  EXPECT_EQ(mdp.reward(0), 2.0) << "a refusal takes nothing";
}

TEST(MdpBuilder, AgreesWithTheArrays) {
  MdpBuilder builder(0.9);
  builder.add_state();
  builder.add_action(1.0, 0);
  builder.add_action(2.0, {{0, 0.25}, {1, 0.75}});
  builder.add_state();
  builder.add_action(3.0, 2);
  builder.skip_action();
  builder.add_action(4.0, {{1, 0.5}, {2, 0.5}});
  builder.add_terminal_state(7.0);
  const Mdp built = std::move(builder).build(), given(small_arrays());
  ASSERT_EQ(built.pairs(), given.pairs());
  for (Index k = 0; k < built.pairs(); ++k) {
    EXPECT_EQ(built.reward(k), given.reward(k));
    EXPECT_EQ(std::vector(built.successors(k).begin(), built.successors(k).end()),
              std::vector(given.successors(k).begin(), given.successors(k).end()));
    EXPECT_EQ(std::vector(built.probabilities(k).begin(), built.probabilities(k).end()),
              std::vector(given.probabilities(k).begin(), given.probabilities(k).end()));
  }
  EXPECT_EQ(built.find_pair(1, 2), 3);
  EXPECT_TRUE(corridor(3, 1.0, 0.9).deterministic());
}

// r(s, a) = Σ_s' P(s'|s, a) r(s, a, s').
TEST(MdpBuilder, AveragesTheRewardsOfSuccessors) {
  MdpBuilder builder(0.9);
  builder.add_state();
  builder.add_action({{0, 0.25, 8.0}, {1, 0.75, -4.0}});
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  EXPECT_EQ(mdp.reward(0), 0.25 * 8.0 - 0.75 * 4.0);
  EXPECT_THAT(mdp.successors(0), ElementsAre(0, 1));
  EXPECT_THAT(mdp.probabilities(0), ElementsAre(0.25, 0.75));
}

// One transition for each pair on average is not one for each: {2, 0} must still be refused.
TEST(Mdp, RowsWithoutSuccessorsAreNotTakenForSureOnes) {
  MdpArrays arrays{.discount = 0.9,
                   .action_offsets = {0, 2},
                   .actions = {0, 1},
                   .rewards = {0.0, 0.0},
                   .successor_offsets = {0, 2, 2},
                   .successors = {0, 0},
                   .probabilities = {1.0, 1.0},
                   .terminal = {},
                   .initial = {}};
  drop_defaults(arrays);
  EXPECT_TRUE(arrays.actions.empty());
  EXPECT_EQ(arrays.probabilities.size(), 2u);
  EXPECT_THAT([&] { Mdp{arrays}; }, ThrowsMessage<std::invalid_argument>(HasSubstr("sum to 1")));
}

// Within 1e-9 of 1 a row is scaled; three thirds given in ten digits still are probabilities of one process.
TEST(Mdp, ScalesRowsThatAreNearlyOne) {
  MdpBuilder builder(0.9);
  builder.add_state();
  builder.add_action(0.0, {{0, 0.3333333333}, {0, 0.3333333333}, {0, 0.3333333333}});
  const Mdp mdp = std::move(builder).build();
  const auto row = mdp.probabilities(0);
  EXPECT_NEAR(row[0] + row[1] + row[2], 1.0, 1e-15);
  EXPECT_LE(std::abs(row[0] + row[1] + row[2] - 1.0), mdp.row_sum_error());
}

void expect_refused(const std::function<void(MdpArrays&)>& spoil, const ::testing::Matcher<std::string>& message) {
  MdpArrays arrays = small_arrays();
  spoil(arrays);
  EXPECT_THAT([&] { Mdp{std::move(arrays)}; }, ThrowsMessage<std::invalid_argument>(message));
}

TEST(Mdp, RefusesARowThatDoesNotSumToOne) {
  expect_refused([](MdpArrays& a) { a.probabilities[2] = 0.7; },
                 AllOf(HasSubstr("state 0, action 1"), HasSubstr("sum to 1, got 0.95")));
  expect_refused([](MdpArrays& a) { a.probabilities[4] = 0.5 + 2e-9; }, HasSubstr("state 1, action 2"));
  expect_refused([](MdpArrays& a) { a.probabilities[1] = nan; }, HasSubstr("state 0, action 1"));
  expect_refused([](MdpArrays& a) { a.probabilities = {1.0, -0.25, 1.25, 1.0, 0.5, 0.5}; },
                 AllOf(HasSubstr("state 0, action 1"), HasSubstr("non-negative, got -0.25")));
}

TEST(Mdp, RefusesEverythingElseThatMakesNoSense) {
  expect_refused([](MdpArrays& a) { a.discount = 1.5; }, HasSubstr("discount must be in [0, 1], got 1.5"));
  expect_refused([](MdpArrays& a) { a.discount = nan; }, HasSubstr("discount"));
  expect_refused([](MdpArrays& a) { a.successors[5] = 3; },
                 AllOf(HasSubstr("state 1, action 2"), HasSubstr("[0, 3), got 3")));
  expect_refused([](MdpArrays& a) { a.successors[0] = -1; }, HasSubstr("state 0, action 0"));
  expect_refused([](MdpArrays& a) { a.rewards[2] = nan; }, AllOf(HasSubstr("state 1, action 0"), HasSubstr("reward")));
  expect_refused([](MdpArrays& a) { a.terminal.clear(); }, HasSubstr("state 2 has no action and is not terminal"));
  expect_refused([](MdpArrays& a) { a.terminal.push_back({0}); }, HasSubstr("state 0 is terminal but has actions"));
  expect_refused([](MdpArrays& a) { a.terminal.push_back({2}); }, HasSubstr("terminal state 2 is listed twice"));
  expect_refused([](MdpArrays& a) { a.terminal.push_back({5}); }, HasSubstr("terminal state 5"));
  expect_refused([](MdpArrays& a) { a.terminal[0].value = nan; }, HasSubstr("value of terminal state 2"));
  expect_refused([](MdpArrays& a) { a.actions = {0, 0, 0, 2}; }, HasSubstr("state 0, action 0"));
  expect_refused([](MdpArrays& a) { a.action_offsets = {0, 3, 2, 4}; }, HasSubstr("action_offsets must increase"));
  expect_refused([](MdpArrays& a) { a.successor_offsets.pop_back(); }, HasSubstr("successor_offsets"));
  expect_refused([](MdpArrays& a) { a.probabilities.pop_back(); }, HasSubstr("probabilities"));
  expect_refused([](MdpArrays& a) { a.initial = {0.5, 0.5}; }, HasSubstr("initial must have 3 entries, got 2"));
  expect_refused([](MdpArrays& a) { a.initial = {0.5, 0.4, 0.0}; }, HasSubstr("initial probabilities must sum to 1"));
  EXPECT_THROW(Mdp(MdpArrays{}), std::invalid_argument);
}

TEST(BaseMeasure, RefusesWhatIsNotAPolicy) {
  const Mdp mdp(small_arrays());
  EXPECT_THAT([&] { BaseMeasure::kl_to(mdp, Eigen::Vector4d(0.5, 0.5, 0.9, 0.2)); },
              ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("policy"), HasSubstr("state 1"))));
  EXPECT_THAT([&] { BaseMeasure::kl_to(mdp, Eigen::Vector3d(0.5, 0.5, 1.0)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("policy must have 4 entries, got 3")));
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_THAT([&] { check_base_measure(mdp, {.log_weights = Eigen::Vector4d(0.0, 0.0, -inf, -inf)}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("no action of state 1")));
  EXPECT_THAT([&] { check_base_measure(mdp, {.log_weights = Eigen::Vector4d(0.0, nan, 0.0, 0.0)}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("state 0, action 1")));
}

TEST(BaseMeasure, IsItsOwnPolicyOnceNormalised) {
  const Mdp mdp(small_arrays());
  const Eigen::Vector4d policy(0.25, 0.75, 0.5, 0.5);
  EXPECT_TRUE(base_policy(mdp, BaseMeasure::kl_to(mdp, policy)).isApprox(policy, 1e-15));
  EXPECT_TRUE(base_policy(mdp, BaseMeasure::counting()).isApprox(Eigen::Vector4d::Constant(0.5), 1e-15));
}

}  // namespace
}  // namespace softrl::tabular
