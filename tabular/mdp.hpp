// A finite Markov decision process (docs/math.md 2), stored sparsely.
//
// The pairs (s, a) of a state and an action available in it are numbered 0 … K−1, state by state: those of state s are
// first_pair(s) … first_pair(s + 1) − 1. Everything per state-action is an array over pairs, so action sets may differ
// from state to state. Where every pair has one successor, neither probabilities nor row offsets are stored.
// 10 million pairs with 50 million transitions take 0.8 GB.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Core>

namespace softrl::tabular {

using Index = std::int32_t;

struct TerminalState {
  Index state;
  double value = 0.0;
};

struct Successor {
  Index state;
  double probability;
};

// A successor with a reward of its own, r(s, a, s').
struct RewardedSuccessor {
  Index state;
  double probability;
  double reward;
};

// The arrays of an Mdp, for whoever has them at hand; MdpBuilder fills them row by row.
struct MdpArrays {
  double discount = 0.95;                // γ in [0, 1]; 1 for stochastic shortest paths.
  std::vector<Index> action_offsets;     // [S+1]  first pair of each state, and K.
  std::vector<Index> actions;            // [K]    names of the actions, increasing within a state; empty: 0, 1, 2, …
  std::vector<double> rewards;           // [K]    r(s, a).
  std::vector<Index> successor_offsets;  // [K+1]  first transition of each pair, and N; empty: one per pair.
  std::vector<Index> successors;         // [N]    s'.
  std::vector<double> probabilities;     // [N]    P(s'|s, a); empty with empty successor_offsets: all 1.
  std::vector<TerminalState> terminal;   //        the states without actions, in any order.
  std::vector<double> initial;  // [S]    distribution of the first state; empty: uniform over non-terminal ones.
};

// Drops what need not be stored: names of actions that are 0, 1, 2, … in every state; offsets and probabilities where
// every pair has one sure successor.
void drop_defaults(MdpArrays& arrays);

class Mdp {
 public:
  // Takes the arrays over and checks them all: offsets increase, indices are in range, rewards and terminal values are
  // finite, every row of probabilities is non-negative and sums to 1 within 1e-9 (it is then divided by its sum), every
  // state has an action or is terminal, not both.
  // Throws std::invalid_argument that names the state and the action, or the array.
  explicit Mdp(MdpArrays arrays);

  Index states() const { return static_cast<Index>(arrays_.action_offsets.size()) - 1; }
  Index pairs() const { return static_cast<Index>(arrays_.rewards.size()); }
  Index transitions() const { return static_cast<Index>(arrays_.successors.size()); }
  double discount() const { return arrays_.discount; }
  const MdpArrays& arrays() const { return arrays_; }  // For files and bindings, which know how they are laid out.
  bool deterministic() const { return arrays_.successor_offsets.empty(); }

  Index first_pair(Index state) const { return arrays_.action_offsets[static_cast<std::size_t>(state)]; }
  Index action_count(Index state) const { return first_pair(state + 1) - first_pair(state); }
  bool is_terminal(Index state) const { return action_count(state) == 0; }
  bool has_terminal_states() const { return !arrays_.terminal.empty(); }
  const std::vector<TerminalState>& terminal() const { return arrays_.terminal; }  // In the order of states.
  double terminal_value(Index state) const;                                        // Of a terminal state.

  // The name of a pair's action, in {0, …, action_names() − 1}; and the pair of a name, −1 where it is not available.
  Index action(Index pair, Index state) const {
    return arrays_.actions.empty() ? pair - first_pair(state) : arrays_.actions[static_cast<std::size_t>(pair)];
  }
  Index find_pair(Index state, Index action) const;
  Index action_names() const { return action_names_; }  // A: the width of a dense [S, A] table.

  double reward(Index pair) const { return arrays_.rewards[static_cast<std::size_t>(pair)]; }
  // Transitions are numbered 0 … N−1, pair by pair, in the order of successors().
  Index first_transition(Index pair) const {
    return deterministic() ? pair : arrays_.successor_offsets[static_cast<std::size_t>(pair)];
  }
  std::span<const Index> successors(Index pair) const;
  std::span<const double> probabilities(Index pair) const;  // Empty for a deterministic Mdp: the one successor is sure.

  // E[ values(s') | pair ], one pass over the row.
  double expectation(Index pair, std::span<const double> values) const {
    const auto k = static_cast<std::size_t>(pair);
    if (deterministic()) return values[static_cast<std::size_t>(arrays_.successors[k])];
    double sum = 0.0;
    const auto end = static_cast<std::size_t>(arrays_.successor_offsets[k + 1]);
    for (auto t = static_cast<std::size_t>(arrays_.successor_offsets[k]); t < end; ++t)
      sum += arrays_.probabilities[t] * values[static_cast<std::size_t>(arrays_.successors[t])];
    return sum;
  }

  // [S] distribution of the first state.
  Eigen::VectorXd initial_distribution() const;

  // The same process with another discount.
  Mdp with_discount(double discount) const;

  // The same process with other rewards [K]. Takes the arrays over, so that solving for one reward after another copies
  // nothing: mdp = std::move(mdp).with_rewards(rewards). Throws std::invalid_argument for a size that is not K or a
  // reward that is not finite.
  Mdp with_rewards(std::span<const double> rewards) &&;

  // What error bounds need to know.
  Index largest_action_set() const { return largest_action_set_; }
  Index longest_row() const { return longest_row_; }
  double largest_reward() const { return largest_reward_; }  // max |r|.
  double row_sum_error() const { return row_sum_error_; }    // |Σ P(s'|s,a) − 1| is at most this, as stored.

 private:
  void check_states();
  void check_pairs();
  void check_rows();

  MdpArrays arrays_;
  Index action_names_ = 0;
  Index largest_action_set_ = 0;
  Index longest_row_ = 1;
  double largest_reward_ = 0.0;
  double row_sum_error_ = 0.0;
};

// Builds an Mdp row by row: states are numbered in the order they are added, successors may come later.
//
//     MdpBuilder builder(0.9);
//     builder.add_state();                       // state 0
//     builder.add_action(-1.0, 1);               // its action 0: a sure move to state 1
//     builder.add_action(0.0, {{0, 0.5}, {1, 0.5}});
//     builder.add_terminal_state();              // state 1
//     const Mdp mdp = std::move(builder).build();
class MdpBuilder {
 public:
  explicit MdpBuilder(double discount);

  Index add_state();
  Index add_terminal_state(double value = 0.0);
  // To the state added last; the action's name is the next free number in it.
  void add_action(double reward, Index successor) { add_action(reward, {{successor, 1.0}}); }
  void add_action(double reward, std::initializer_list<Successor> successors) {
    add_action(reward, std::span(successors.begin(), successors.size()));
  }
  void add_action(double reward, std::span<const Successor> successors);
  // Rewards on (s, a, s') are averaged, r(s, a) = Σ_s' P(s'|s, a) r(s, a, s'): no value and no policy can tell the
  // difference (docs/math.md 2).
  void add_action(std::span<const RewardedSuccessor> outcomes);
  void add_action(std::initializer_list<RewardedSuccessor> outcomes) {
    add_action(std::span(outcomes.begin(), outcomes.size()));
  }
  void skip_action();  // The next action's name is left out: it is not available in this state.
  void set_initial(std::vector<double> distribution) { arrays_.initial = std::move(distribution); }

  Mdp build() &&;  // Throws as Mdp's constructor.

 private:
  MdpArrays arrays_;
  Index next_action_ = 0;
};

// [S × A] from an array over pairs, `missing` where there is no such action. Throws std::invalid_argument above 8 GB.
using DenseTable = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
DenseTable to_dense(const Mdp& mdp, const Eigen::VectorXd& per_pair, double missing = 0.0);

}  // namespace softrl::tabular
