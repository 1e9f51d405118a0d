#include "tabular/mdp_files.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <list>
#include <span>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "softrl/random.hpp"
#include "tabular/npz.hpp"
#include "tabular/soft_value_iteration.hpp"
#include "tabular/terminal_states.hpp"

namespace softrl::tabular {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

class MdpFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    // In memory where there is such a place: every file is flushed to disk, which takes its time.
    const fs::path memory = "/dev/shm";
    folder_ = (fs::is_directory(memory) ? memory : fs::temp_directory_path()) /
              ("softrl_mdp_files_" + std::to_string(::getpid()) + "_" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directory(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path path(const std::string& name) const { return folder_ / name; }
  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  void expect_refused(const fs::path& file, const ::testing::Matcher<std::string>& message,
                      const ReadModelOptions& options = {}) const {
    EXPECT_THAT([&] { read_model(file, options); }, ThrowsMessage<std::runtime_error>(message)) << file;
  }

 private:
  fs::path folder_;
};

// Everything a process may have: action sets that differ and have gaps, terminal states with values, repeated
// successors and ones of probability 0, a start distribution, discounts 1 and below.
Mdp any_mdp(std::uint64_t seed) {
  Random random(seed, "any mdp");
  const auto states = static_cast<Index>(2 + random.below(6));
  const bool deterministic = random.below(4) == 0, gaps = random.below(2) == 0;
  MdpBuilder builder(random.below(3) == 0 ? 1.0 : random.uniform());
  for (Index s = 0; s < states; ++s) {
    if (s > 0 && random.below(4) == 0) {
      builder.add_terminal_state(random.below(2) == 0 ? 0.0 : random.normal());
      continue;
    }
    builder.add_state();
    for (auto a = 1 + random.below(3); a > 0; --a) {
      if (gaps && random.below(2) == 0) builder.skip_action();
      const double reward = random.below(4) == 0 ? 0.0 : random.normal() * std::pow(10.0, random.uniform(-20.0, 20.0));
      if (deterministic) {
        builder.add_action(reward, static_cast<Index>(random.below(states)));
        continue;
      }
      std::vector<Successor> row;
      double sum = 0.0;
      for (auto n = 1 + random.below(4); n > 0; --n) {
        row.push_back({static_cast<Index>(random.below(states)), random.below(5) == 0 ? 0.0 : random.uniform()});
        sum += row.back().probability;
      }
      row.push_back({static_cast<Index>(random.below(states)), sum == 0.0 ? 1.0 : random.uniform()});
      sum += row.back().probability;
      for (auto& entry : row) entry.probability /= sum;
      builder.add_action(reward, row);
    }
  }
  // Uniform over some states, which every format carries.
  if (random.below(2) == 0) {
    std::vector<double> initial(static_cast<std::size_t>(states), 0.0);
    initial.front() = 1.0;
    if (random.below(2) == 0) initial.front() = initial.back() = 0.5;
    builder.set_initial(std::move(initial));
  }
  return std::move(builder).build();
}

// Equal to the last bit; rows as sets of successors, because some formats sort them.
void expect_same(const Mdp& a, const Mdp& b) {
  ASSERT_EQ(a.states(), b.states());
  ASSERT_EQ(a.pairs(), b.pairs());
  EXPECT_EQ(a.discount(), b.discount());
  ASSERT_EQ(a.terminal().size(), b.terminal().size());
  for (Index s = 0; s < a.states(); ++s) {
    ASSERT_EQ(a.first_pair(s), b.first_pair(s));
    ASSERT_EQ(a.is_terminal(s), b.is_terminal(s));
    if (a.is_terminal(s)) {
      EXPECT_EQ(a.terminal_value(s), b.terminal_value(s));
    }
    for (Index k = a.first_pair(s); k < a.first_pair(s + 1); ++k) {
      EXPECT_EQ(a.action(k, s), b.action(k, s));
      EXPECT_EQ(a.reward(k), b.reward(k));
      const auto row_a = sorted_row(a, k), row_b = sorted_row(b, k);
      ASSERT_EQ(row_a.size(), row_b.size());
      for (std::size_t t = 0; t < row_a.size(); ++t) {
        EXPECT_EQ(row_a[t].state, row_b[t].state);
        EXPECT_NEAR(row_a[t].probability, row_b[t].probability, 4e-16 * row_a[t].probability);
      }
    }
  }
  EXPECT_EQ(a.initial_distribution(), b.initial_distribution());
}

// At discount 1 a state that can do nothing but return to itself with reward 0 is terminal in the formats of others.
bool has_absorbing_state(const Mdp& mdp) {
  for (Index s = 0; s < mdp.states() && mdp.discount() == 1.0; ++s) {
    if (mdp.action_count(s) != 1 || mdp.reward(mdp.first_pair(s)) != 0.0) continue;
    const auto row = sorted_row(mdp, mdp.first_pair(s));
    if (row.size() == 1 && row.front().state == s) return true;
  }
  return false;
}

TEST_F(MdpFiles, ReadBackWhatTheyWrite) {
  int seen = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Mdp mdp = any_mdp(seed);
    for (const ModelFormat format : all_model_formats()) {
      if (format == ModelFormat::Gridworld) continue;
      if (format != ModelFormat::Npz && has_absorbing_state(mdp)) continue;
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", " << to_string(format));
      const auto file = path(format == ModelFormat::Drn                                     ? "m.drn"
                             : format == ModelFormat::Prism || format == ModelFormat::Storm ? "m.tra"
                                                                                            : "m.npz");
      for (const auto& old : fs::directory_iterator(file.parent_path())) fs::remove(old);
      write_model(file, mdp, format);
      for (const auto& name : model_files(file, format)) EXPECT_TRUE(fs::exists(name)) << name;
      const bool has_discount =
          format == ModelFormat::Npz || format == ModelFormat::QuantEcon || format == ModelFormat::Dense;
      const Model read = read_model(file, {.discount = has_discount ? std::nullopt : std::optional(mdp.discount())});
      EXPECT_EQ(read.format, format);
      expect_same(read.mdp, mdp);
      ++seen;
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(seen, 1500);
}

// Our own format keeps every array as it is: order of successors, repeated ones, what is stored and what is left out.
TEST_F(MdpFiles, OursKeepsEveryArray) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Mdp mdp = any_mdp(seed);
    write_model(path("m.npz"), mdp);
    const Model model = read_model(path("m.npz"));
    const MdpArrays &read = model.mdp.arrays(), &written = mdp.arrays();
    EXPECT_EQ(read.discount, written.discount);
    EXPECT_EQ(read.action_offsets, written.action_offsets);
    EXPECT_EQ(read.actions, written.actions);
    EXPECT_EQ(read.rewards, written.rewards);
    EXPECT_EQ(read.successor_offsets, written.successor_offsets);
    EXPECT_EQ(read.successors, written.successors);
    EXPECT_EQ(read.probabilities, written.probabilities);
    EXPECT_EQ(read.initial, written.initial);
  }
}

TEST_F(MdpFiles, AGridworldIsReadAndWrittenWithItsMap) {
  const std::string shipped = SOFTRL_SOURCE_DIR "/examples/gridworlds/slippery.toml";
  const Model model = read_model(shipped);
  ASSERT_TRUE(model.gridworld.has_value());
  write_model(path("g.toml"), model.mdp, std::nullopt, &*model.gridworld);
  const Model again = read_model(path("g.toml"));
  EXPECT_EQ(again.gridworld->map, model.gridworld->map);
  expect_same(again.mdp, model.mdp);
  EXPECT_THAT([&] { write_model(path("h.toml"), model.mdp); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("gridworld")));
}

TEST_F(MdpFiles, ADiscountInPlaceOfTheFilesIsUsed) {
  const Mdp mdp = any_mdp(3);
  for (const char* name : {"m.npz", "m.drn", "m.tra"}) {
    write_model(path(name), mdp);
    EXPECT_EQ(read_model(path(name), {.discount = 0.25}).mdp.discount(), 0.25) << name;
  }
  EXPECT_EQ(read_model(path("m.drn")).mdp.discount(), 1.0);
  EXPECT_THROW(read_model(path("m.npz"), {.discount = 1.5}), std::invalid_argument);
}

TEST_F(MdpFiles, FormatsWithoutAStartDistributionRefuseOne) {
  MdpBuilder builder(0.9);
  builder.add_state();
  builder.add_action(1.0, 1);
  builder.add_state();
  builder.add_action(1.0, 0);
  builder.set_initial({0.25, 0.75});
  const Mdp mdp = std::move(builder).build();
  for (const char* name : {"m.drn", "m.tra"})
    EXPECT_THAT([&] { write_model(path(name), mdp); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("start distribution")));
  EXPECT_FALSE(fs::exists(path("m.tra")) || fs::exists(path("m.lab")));
}

// The example of Storm's documentation style, with state and choice rewards, placeholders, comments and fractions.
TEST_F(MdpFiles, ReadsWhatStormWrites) {
  const auto file = write("storm.drn",
                          "// Exported by storm\n@type: MDP\n@value_type: double\n@parameters\n\n@placeholders\n"
                          "$0 : 0.3\n@reward_models\nsteps cost \n@nr_states\n3\n@nr_choices\n4\n@model\n"
                          "state 0 [1, 10] init\n\taction go [2, 20]\n\t\t1 : $0\n\t\t2 : 0.7\n\taction stay [0, -1]\n"
                          "\t\t0 : 1\nstate 1 [0, 0]\n\taction __NOLABEL__ [0, 5]\n\t\t0 : 1/3\n\t\t1 : 2/3\n"
                          "state 2 [0, 4] target done\n\taction go [7, 7]\n\t\t2 : 1\n");
  const Mdp mdp = read_model(file, {.discount = 0.9, .reward_model = "cost"}).mdp;
  ASSERT_EQ(mdp.states(), 3);
  EXPECT_EQ(mdp.reward(0), 30.0);
  EXPECT_EQ(mdp.reward(1), 9.0);
  EXPECT_EQ(mdp.reward(2), 5.0);
  EXPECT_THAT(mdp.probabilities(0), ElementsAre(0.3, 0.7));
  EXPECT_TRUE(mdp.is_terminal(2));
  EXPECT_EQ(mdp.terminal_value(2), 4.0) << "the reward of a terminal state is its value";
  EXPECT_EQ(mdp.initial_distribution()(0), 1.0);
  EXPECT_EQ(read_model(file, {.reward_model = "steps"}).mdp.reward(0), 3.0);
  expect_refused(file, AllOf(HasSubstr("steps, cost"), HasSubstr("reward_model")));
  EXPECT_TRUE(read_model(file, {.terminal_label = "done", .reward_model = "cost"}).mdp.is_terminal(2));
  expect_refused(file, HasSubstr("'nowhere'"), {.terminal_label = "nowhere", .reward_model = "cost"});
}

// PRISM's files of the same process, with names of actions and counts; a missing neighbour says nothing.
TEST_F(MdpFiles, ReadsWhatPrismWrites) {
  const auto file =
      write("p.tra", "3 4 6\n0 0 1 0.3 go\n0 0 2 0.7 go\n0 1 0 1 stay\n1 0 0 0.25\n1 0 1 0.75\n2 0 2 1\n");
  EXPECT_FALSE(read_model(file, {.discount = 0.5}).mdp.has_terminal_states());
  write("p.lab", "0=\"init\" 1=\"deadlock\" 2=\"target\"\n0: 0\n2: 1 2\n");
  write("p.srew", "3 2\n0 10\n2 4\n");
  write("p.trew", "3 4 3\n0 0 1 20\n0 0 2 20\n1 0 1 8\n");
  write("p.sta", "(s)\n0:(0)\n1:(1)\n2:(2)\n");
  const Mdp mdp = read_model(file).mdp;
  EXPECT_EQ(mdp.reward(0), 30.0);
  EXPECT_EQ(mdp.reward(1), 10.0);
  EXPECT_EQ(mdp.reward(2), 0.75 * 8.0) << "a reward of a transition counts with its probability";
  EXPECT_TRUE(mdp.is_terminal(2));
  EXPECT_EQ(mdp.terminal_value(2), 4.0);
  EXPECT_EQ(mdp.discount(), 1.0);
}

// Pairs in any order, −∞ for an action that is not available, integers of 64 bits, no terminal states but at
// discount 1.
TEST_F(MdpFiles, ReadsQuantEconsConventions) {
  const auto file = path("q.npz");
  const double minus_infinity = -std::numeric_limits<double>::infinity();
  const auto save = [&](double beta) {
    const std::vector<Index> s{1, 0, 0}, a{0, 1, 0}, indices{1, 1, 0, 0}, offsets{0, 1, 3, 4};
    const std::vector<double> r{0.0, 5.0, minus_infinity}, data{1.0, 0.5, 0.5, 1.0};
    NpzWriter npz;
    npz.add("s_indices", s);
    npz.add("a_indices", a);
    npz.add("R", r);
    npz.add("Q_data", data);
    npz.add("Q_indices", indices);
    npz.add("Q_indptr", offsets);
    npz.add("beta", std::span(&beta, 1), {});
    npz.write(file);
  };
  save(0.5);
  const Mdp mdp = read_model(file).mdp;
  ASSERT_EQ(mdp.pairs(), 2);
  EXPECT_EQ(mdp.find_pair(0, 0), -1);
  EXPECT_EQ(mdp.reward(mdp.find_pair(0, 1)), 5.0);
  EXPECT_FALSE(mdp.is_terminal(1));
  save(1.0);
  EXPECT_TRUE(read_model(file).mdp.is_terminal(1));
  EXPECT_FALSE(read_model(file, {.discount = 0.9}).mdp.is_terminal(1));
}

// P[A,S,S] is T[S,A,S] with its first axes exchanged; R may be by state, by pair or by transition.
TEST_F(MdpFiles, ReadsEveryShapeOfDenseTables) {
  // Two states, two actions: action 0 stays, action 1 goes to the other; state 1 has no action 1.
  const std::vector<double> t{1, 0, 0, 1, 0, 1, 0, 0}, p{1, 0, 0, 1, 0, 1, 0, 0};
  const std::vector<double> by_state{3, 4}, by_pair{3, 5, 4, 9}, by_transition{3, 0, 0, 5, 0, 4, 0, 0};
  const double discount = 0.5;
  const auto read = [&](bool action_first, const std::vector<double>& r, const std::vector<std::size_t>& shape) {
    NpzWriter npz;
    npz.add(action_first ? "P" : "T", action_first ? p : t, {2, 2, 2});
    npz.add("R", r, shape);
    npz.add("gamma", std::span(&discount, 1), {});
    npz.write(path("d.npz"));
    return read_model(path("d.npz")).mdp;
  };
  for (const bool action_first : {false, true}) {
    for (const auto& [r, shape] : {std::pair{by_pair, std::vector<std::size_t>{2, 2}}, {by_state, {2}}}) {
      const Mdp mdp = read(action_first, r, shape);
      ASSERT_EQ(mdp.pairs(), 3);
      EXPECT_THAT(mdp.successors(1), ElementsAre(1));
      EXPECT_THAT(mdp.successors(2), ElementsAre(1));
      EXPECT_EQ(mdp.reward(0), 3.0);
      EXPECT_EQ(mdp.reward(1), shape.size() == 1 ? 3.0 : 5.0);
      EXPECT_EQ(mdp.reward(2), 4.0);
    }
  }
  const Mdp mdp = read(false, by_transition, {2, 2, 2});
  EXPECT_EQ(mdp.reward(1), 5.0);
  EXPECT_EQ(mdp.reward(2), 4.0);
  EXPECT_THROW(read(false, by_pair, {4}), std::runtime_error);
}

TEST_F(MdpFiles, NameTheLineOfABadTextFile) {
  const auto drn = [&](const std::string& body) {
    return write("bad.drn", "@type: MDP\n@reward_models\nr\n@nr_states\n2\n@model\n" + body);
  };
  expect_refused(drn("state 0 [1]\n\taction 0 [1]\n\t\t0 : 0.5\n\t\t1 : 0.4\nstate 1\n"),
                 AllOf(HasSubstr("bad.drn:8:"), HasSubstr("sum to 1, got 0.9")));
  expect_refused(drn("state 1\n"), HasSubstr("bad.drn:7: states must be in order"));
  expect_refused(drn("state 0\n\taction 0 [1]\n\t\t2 : 1\n"), HasSubstr("bad.drn:9: expected an integer in [0, 1]"));
  expect_refused(drn("state 0\n\taction 0 [1]\n\t\t1 : nan\n"), HasSubstr("bad.drn:9: expected a finite number"));
  expect_refused(drn("state 0\n\taction 0 [1]\n\t\t1 : p\n"), HasSubstr("bad.drn:9: expected a number, got 'p'"));
  expect_refused(drn("state 0\n\taction 0 [1]\n\t\t1 : 1/0\n"), HasSubstr("bad.drn:9: expected a finite number"));
  expect_refused(drn("state 0\n\taction 0 [1, 2]\n"), HasSubstr("bad.drn:8: expected a reward for each of the 1"));
  expect_refused(drn("state 0\n\taction 0 [1\n"), HasSubstr("bad.drn:8: expected ']'"));
  expect_refused(drn("state 0\n\t\t0 : 1\n"), HasSubstr("bad.drn:8: has a transition before the first action"));
  expect_refused(drn("state 0\n\taction 0\n\t\t0 : -1\n"), HasSubstr("bad.drn:9: probabilities must be non-negative"));
  expect_refused(drn("state 0\n\taction 0\n\t\t0 : 1\n"), HasSubstr("has 1 states, but @nr_states says 2"));
  expect_refused(drn("\taction 0\n"), HasSubstr("bad.drn:7: has an action before the first state"));
  expect_refused(write("bad.drn", "@type: POMDP\n"), HasSubstr("bad.drn:1: only models of type MDP"));
  expect_refused(write("bad.drn", "@type: MDP\n@parameters\np\n"), HasSubstr("bad.drn:3: parameters such as p"));
  expect_refused(write("bad.drn", "@type: MDP\n@model\n"), HasSubstr("bad.drn:2: @nr_states is missing"));
  expect_refused(write("bad.drn", "@type: MDP\n"), HasSubstr("@model is missing"));
  expect_refused(write("bad.drn", ""), HasSubstr("@model is missing"));

  const auto tra = [&](const std::string& text) { return write("bad.tra", text); };
  expect_refused(tra(""), HasSubstr("bad.tra:1: is empty"));
  expect_refused(tra("mdp\n0 0 0 0.5\n0 0 1 0.4\n"), AllOf(HasSubstr("bad.tra:2:"), HasSubstr("sum to 1, got 0.9")));
  expect_refused(tra("mdp\n0 1 0 1\n"), HasSubstr("bad.tra:2: choices of a state must be numbered 0, 1, 2"));
  expect_refused(tra("mdp\n1 0 0 1\n0 0 0 1\n"), HasSubstr("bad.tra:3: states and choices must be in order"));
  expect_refused(tra("mdp\n0 0 0\n"), HasSubstr("bad.tra:2: expected 4 to 5 words, got 3"));
  expect_refused(tra("mdp\n0 0 99999999999 1\n"), HasSubstr("bad.tra:2: expected an integer in"));
  expect_refused(tra("2 1 1\n0 0 2 1\n"), HasSubstr("bad.tra:2: expected an integer in [0, 1], got 2"));
  expect_refused(tra("1 1 2\n0 0 0 1\n"), HasSubstr("bad.tra:1: says 2 transitions, but 1 follow"));
  expect_refused(tra("1 2 1\n0 0 0 1\n"), HasSubstr("bad.tra:1: says 2 choices, but 1 follow"));
  expect_refused(tra("smg\n"), HasSubstr("bad.tra:1: expected 'mdp'"));
  const auto good = tra("mdp\n0 0 0 1\n");
  write("bad.lab", "#DECLARATION\ninit\n#END\n0 goal\n");
  expect_refused(good, HasSubstr("bad.lab:4: label 'goal' is not declared"));
  write("bad.lab", "0=\"init\"\n1: 0\n");
  expect_refused(good, HasSubstr("bad.lab:2: expected an integer in [0, 0], got 1"));
  write("bad.lab", "0=init\n");
  expect_refused(good, HasSubstr("bad.lab:1: expected a label in double quotes"));
  write("bad.lab", "#DECLARATION\ninit\n");
  expect_refused(good, HasSubstr("#END is missing"));
  fs::remove(path("bad.lab"));
  write("bad.trans.rew", "0 0 1 5\n");
  expect_refused(good, HasSubstr("bad.trans.rew:1: expected an integer in [0, 0], got 1"));
  fs::remove(path("bad.trans.rew"));
  write("bad.state.rew", "0 five\n");
  expect_refused(good, HasSubstr("bad.state.rew:1: expected a number, got 'five'"));
  fs::remove(path("bad.state.rew"));
  write("bad.sta", "(s)\n0:(0)\n1:(1)\n");
  expect_refused(good, HasSubstr("has 2 states, but the transitions have 1"));
}

TEST_F(MdpFiles, NameTheArrayOfABadArchive) {
  MdpBuilder builder(0.9);
  builder.add_state();
  builder.add_action(1.0, {{0, 0.5}, {1, 0.5}});
  builder.add_terminal_state(2.0);
  const Mdp mdp = std::move(builder).build();
  const auto file = path("m.npz");
  write_model(file, mdp);
  const auto whole = [&] {
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  // Cut anywhere, or with any byte changed, it is refused or reads as the same process: nothing crashes.
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    write("cut.npz", whole.substr(0, size));
    EXPECT_THROW(read_model(path("cut.npz")), std::runtime_error) << size;
  }
  int refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x5A);
    write("damaged.npz", damaged);
    try {
      expect_same(read_model(path("damaged.npz")).mdp, mdp);
    } catch (const std::runtime_error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 500);
  expect_refused(write("text.npz", "no archive"), HasSubstr("not a whole .npz archive"));
  expect_refused(path("none.npz"), HasSubstr("cannot be read"));

  const auto refuses = [&](const char* name, auto values, const ::testing::Matcher<std::string>& message) {
    const std::vector<Index> offsets{0, 1}, successors{0};
    const std::vector<double> rewards{1.0};
    const double discount = 0.9;
    NpzWriter npz;
    npz.add(name, values);
    if (std::string(name) != "action_offsets") npz.add("action_offsets", offsets);
    if (std::string(name) != "successors") npz.add("successors", successors);
    if (std::string(name) != "rewards") npz.add("rewards", rewards);
    if (std::string(name) != "discount") npz.add("discount", std::span(&discount, 1), {});
    npz.write(path("bad.npz"));
    expect_refused(path("bad.npz"), message);
  };
  refuses("discount", std::vector<double>{1.5}, HasSubstr("bad.npz: discount: must be in [0, 1], got 1.5"));
  refuses("discount", std::vector<double>{0.5, 0.5}, HasSubstr("bad.npz: discount: must be one number, got 2"));
  refuses("rewards", std::vector<double>{1.0, 2.0}, HasSubstr("bad.npz: action_offsets must increase from 0 to 2"));
  refuses("rewards", std::vector<double>{std::nan("")}, HasSubstr("bad.npz: state 0, action 0: reward must be finite"));
  refuses("successors", std::vector<Index>{1}, HasSubstr("successor must be in [0, 1), got 1"));
  refuses("successors", std::vector<double>{0.5},
          HasSubstr("bad.npz: successors: must hold integers of 32 bits, got 0.5"));
  refuses("successors", std::vector<double>{1e300}, HasSubstr("bad.npz: successors: must hold integers of 32 bits"));
  refuses("terminal_values", std::vector<double>{0.5}, HasSubstr("terminal_values: has no array `terminal`"));
  refuses("rewrads", std::vector<double>{0.5}, HasSubstr("bad.npz: rewrads: is not an array of this format"));
  refuses("terminal", std::vector<Index>{7}, HasSubstr("terminal state 7"));
  const std::vector<double> nothing{};
  NpzWriter npz;
  npz.add("x", nothing);
  npz.write(path("bad.npz"));
  expect_refused(path("bad.npz"), HasSubstr("has neither action_offsets"));
}

// Of every layout, also where a required array is misspelt next to it; and two arrays that say the same.
TEST_F(MdpFiles, RefuseArraysThatNoFormatKnows) {
  const double discount = 0.5;
  const auto refuses = [&](ModelFormat format, const char* name, std::span<const double> values,
                           const ::testing::Matcher<std::string>& message) {
    write_model(path("good.npz"), any_mdp(3), format);
    const NpzReader good(path("good.npz"));
    NpzWriter npz;
    std::list<NumpyArray<double>> reals;
    for (const char* const known : {"action_offsets", "rewards", "successors", "successor_offsets", "probabilities",
                                    "actions", "terminal", "terminal_values", "initial", "s_indices", "a_indices", "R",
                                    "Q_data", "Q_indices", "Q_indptr", "beta", "T", "discount"}) {
      if (!good.has(known)) continue;
      reals.push_back(good.reals(known));
      npz.add(known, reals.back().values, reals.back().shape);
    }
    npz.write(path("bad.npz"));
    EXPECT_NO_THROW(read_model(path("bad.npz")));
    npz.add(name, values, {});
    npz.write(path("bad.npz"));
    expect_refused(path("bad.npz"), message);
  };
  const std::span one(&discount, 1);
  for (const ModelFormat format : {ModelFormat::Npz, ModelFormat::QuantEcon, ModelFormat::Dense})
    refuses(format, "terminals", one, HasSubstr("bad.npz: terminals: is not an array of this format"));
  refuses(ModelFormat::QuantEcon, "discount", one, HasSubstr("bad.npz: discount: stands beside beta"));
  refuses(ModelFormat::Dense, "gamma", one, HasSubstr("bad.npz: gamma: stands beside discount"));
  refuses(ModelFormat::Dense, "P", one, HasSubstr("bad.npz: P: stands beside T"));
}

// A file of one endless word, such as a binary one under a wrong name.
TEST_F(MdpFiles, ShowLittleOfALongBadWord) {
  const std::string word(1'000'000, 'x');
  const auto little = AllOf(HasSubstr(std::string(20, 'x')), Not(HasSubstr(std::string(100, 'x'))));
  expect_refused(write("bad.tra", "mdp\n0 0 0 " + word), little);
  expect_refused(write("bad.drn", word), little);
}

TEST_F(MdpFiles, AnUnknownFormatAndAnOptionThatDoesNotApplyAreRefused) {
  expect_refused(write("model.bin", "\x01\x02\x03"), HasSubstr("known format"));
  EXPECT_THAT([&] { write_model(path("model.bin"), any_mdp(0)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("suffix")));
  write_model(path("m.npz"), any_mdp(0));
  EXPECT_THAT([&] { read_model(path("m.npz"), {.terminal_label = "goal"}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("terminal_label")));
  EXPECT_THAT([&] { read_model(path("m.npz"), {.reward_model = "r"}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("reward_model")));
}

}  // namespace
}  // namespace softrl::tabular
