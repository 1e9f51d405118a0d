#include "tabular/gridworld.hpp"

#include <cmath>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/feasibility.hpp"
#include "tabular/soft_value_iteration.hpp"

namespace softrl::tabular {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

constexpr int right = 1, down = 2;

const char* const small = R"(map = """
#####
#S.G#
#.m##
#####
"""
slip = 0.2
step_cost = 0.5
[legend]
G = { reward = 10 }
m = { reward = -2.0, terminal = false }
)";

TEST(Gridworld, NumbersItsCellsRowByRow) {
  const Gridworld world = parse_gridworld(small, "small.toml");
  const Mdp mdp = gridworld_mdp(world);
  ASSERT_EQ(mdp.states(), 5);
  EXPECT_EQ(world.symbol(0), 'S');
  EXPECT_EQ(world.state_at(1, 3), 2);
  EXPECT_EQ(world.state_at(0, 0), -1);
  EXPECT_EQ(world.cells[4].row, 2);
  EXPECT_EQ(world.cells[4].column, 2);
  EXPECT_TRUE(mdp.is_terminal(2));
  EXPECT_FALSE(mdp.is_terminal(4));
  EXPECT_EQ(mdp.initial_distribution()(0), 1.0);
  EXPECT_EQ(mdp.discount(), 0.95);
}

// From the cell between S and G, going right: 0.8 to G, 0.1 up into the wall (stays), 0.1 down into the mud.
TEST(Gridworld, SlipsToEitherSide) {
  const Mdp mdp = gridworld_mdp(parse_gridworld(small, "small.toml"));
  const Index pair = mdp.find_pair(1, right);
  Eigen::VectorXd row = Eigen::VectorXd::Zero(5);
  for (std::size_t t = 0; t < mdp.successors(pair).size(); ++t)
    row(mdp.successors(pair)[t]) += mdp.probabilities(pair)[t];
  Eigen::VectorXd expected(5);
  expected << 0.0, 0.1, 0.8, 0.0, 0.1;
  EXPECT_LE((row - expected).cwiseAbs().maxCoeff(), 1e-15);
  EXPECT_NEAR(mdp.reward(pair), -0.5 + 0.8 * 10.0 - 0.1 * 2.0, 1e-14);
  // In the mud's corner, every bump enters the mud again.
  EXPECT_NEAR(mdp.reward(mdp.find_pair(4, down)), -0.5 + (0.8 + 0.1) * -2.0, 1e-14);
}

// A hallway of n floor cells to a goal worth 1 at temperature 0: d steps away, V = γ^{d−1} − cost (1 − γ^d)/(1 − γ).
TEST(Gridworld, HallwayHasAClosedForm) {
  const Gridworld world = parse_gridworld("map = \"S.....G\"\nstep_cost = 0.01\ndiscount = 0.9\n", "hallway.toml");
  const Mdp mdp = gridworld_mdp(world);
  EXPECT_TRUE(mdp.deterministic());
  const auto result = soft_value_iteration(mdp, {.temperature = 0.0, .tolerance = 1e-12});
  for (int s = 0; s < 6; ++s) {
    const int d = 6 - s;
    EXPECT_NEAR(result.values(s), std::pow(0.9, d - 1) - 0.01 * (1.0 - std::pow(0.9, d)) / 0.1, 2e-12);
    EXPECT_EQ(result.policy(mdp.find_pair(s, right)), 1.0);
  }
}

TEST(Gridworld, WithoutAStartBeginsAnywhereThatIsNotTerminal) {
  const Mdp mdp = gridworld_mdp(parse_gridworld("map = \"..G\"\n", "x"));
  const Eigen::VectorXd initial = mdp.initial_distribution();
  EXPECT_THAT(std::vector<double>(initial.begin(), initial.end()), ElementsAre(0.5, 0.5, 0.0));
}

TEST(Gridworld, ShippedOnesAreReadableAndTheirGoalsReachable) {
  for (const char* name : {"cliff", "four_rooms", "slippery"}) {
    const Gridworld world = read_gridworld(std::string(SOFTRL_SOURCE_DIR "/examples/gridworlds/") + name + ".toml");
    const Mdp mdp = gridworld_mdp(world, 1.0);
    EXPECT_TRUE(states_without_exit(mdp).empty()) << name;
    EXPECT_EQ(soft_value_iteration(mdp, {.temperature = 0.5}).status, Status::Converged) << name;
  }
}

// Awkward letters, a cell in a corridor and numbers without a short decimal form.
TEST(Gridworld, ReadsWhatItWrites) {
  const char* const awkward = R"(map = '''
S ."h.
#\##..
..h.G.
'''
slip = 0.30000000000000004
step_cost = 1e-300
discount = 0.99999
[legend]
'"' = { reward = -1e20, terminal = false }
'\' = { reward = 0.1, terminal = false }
h = {}
)";
  for (const char* const text : {small, awkward}) {
    const Gridworld world = parse_gridworld(text, "first");
    const Gridworld again = parse_gridworld(to_toml(world), "second");
    EXPECT_EQ(again.map, world.map);
    EXPECT_EQ(again.slip, world.slip);
    EXPECT_EQ(again.step_cost, world.step_cost);
    EXPECT_EQ(again.discount, world.discount);
    ASSERT_EQ(again.legend.size(), world.legend.size());
    for (const auto& [symbol, tile] : world.legend) {
      EXPECT_EQ(again.legend.at(symbol).reward, tile.reward);
      EXPECT_EQ(again.legend.at(symbol).terminal, tile.terminal);
    }
  }
}

void expect_refused(const std::string& text, const ::testing::Matcher<std::string>& message) {
  EXPECT_THAT([&] { parse_gridworld(text, "bad.toml"); }, ThrowsMessage<std::runtime_error>(message)) << text;
}

TEST(Gridworld, NamesTheKeyWhoseSumOverflows) {
  expect_refused("map = \"SG\"\nstep_cost = 1e308\n[legend]\nG = { reward = -1e308 }\n",
                 HasSubstr("bad.toml:2: step_cost: 1e+308 and the reward -1e+308 of 'G'"));
}

TEST(Gridworld, ShowsACellOfSeveralBytesWhole) {
  expect_refused("map = \"S\u00e9G\"\n", HasSubstr("bad.toml:1: map: cell 2 of row 1 is '\u00e9'"));
}

TEST(Gridworld, NamesTheLineOfAnUnequalRow) {
  expect_refused("# a comment\nmap = \"\"\"\n####\n#.G#\n###\n####\n\"\"\"\n",
                 AllOf(StartsWith("bad.toml:5: map: row 3 has 3 cells"), EndsWith("have 4")));
  expect_refused("map = \"\"\"####\n#.G#\n#####\"\"\"\n", StartsWith("bad.toml:3: map: row 3 has 5 cells"));
  expect_refused("map = '''\n###\n####'''\n", StartsWith("bad.toml:3: map: row 2"));
  expect_refused("\"map\" = \"\"\"\r\n###\r\n####\r\n\"\"\"\r\n", StartsWith("bad.toml:3: map: row 2"));
}

TEST(Gridworld, NamesTheLineOfEverythingElseThatMakesNoSense) {
  expect_refused("map = \"\"\"\n...\n.?G\n\"\"\"\n", StartsWith("bad.toml:3: map: cell 2 of row 2 is '?'"));
  expect_refused("slip = 0.1\n", HasSubstr("map: is missing"));
  expect_refused("map = \"\"\n", StartsWith("bad.toml:1: map: is empty"));
  expect_refused("map = \"##G\"\n", StartsWith("bad.toml:1: map: has no cell to move in"));
  expect_refused("map = \"..G\"\nslip = 1.5\n", StartsWith("bad.toml:2: slip: must be in [0, 1], got 1.5"));
  expect_refused("map = \"..G\"\n\ndiscount = -0.1\n", StartsWith("bad.toml:3: discount: must be in [0, 1]"));
  expect_refused("map = \"..G\"\nslipp = 0.1\n", AllOf(StartsWith("bad.toml:2: slipp"), HasSubstr("unknown")));
  expect_refused("map = \"..G\"\nslip = \"a\"\n", StartsWith("bad.toml:2: slip: must be a number"));
  expect_refused("map = \"..G\"\n[legend]\nG = { rewrd = 1.0 }\n", StartsWith("bad.toml:3: legend.G.rewrd"));
  expect_refused("map = \"..G\"\n[legend]\nGoal = { reward = 1.0 }\n",
                 StartsWith("bad.toml:3: legend.Goal: must be one"));
  expect_refused("map = \"..G\"\n[legend]\n'#' = { reward = 1.0 }\n", StartsWith("bad.toml:3: legend.#"));
  expect_refused("map = \"..G\"\nmap2 = [\n", StartsWith("bad.toml:"));
  EXPECT_THAT([] { read_gridworld("/nowhere/grid.toml"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("/nowhere/grid.toml: cannot be read")));
}

}  // namespace
}  // namespace softrl::tabular
