// What the text formats of PRISM and Storm say: states with choices, labels, and rewards of states and of choices.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tabular/mdp.hpp"
#include "tabular/text_lines.hpp"

namespace softrl::tabular {

using StateLabels = std::map<std::string, std::vector<Index>, std::less<>>;

struct LabelledProcess {
  MdpArrays arrays;                   // Every state with its choices; those without have reached a deadlock.
  std::vector<double> state_rewards;  // [S], added to those of all its choices; in a terminal state, its value.
  StateLabels labels;                 // "init": where the process starts, each equally likely; without: anywhere.
};

// The process: terminal are the states of `terminal_label` (empty: "terminal" if there is such a label, else
// "target"), of the label "deadlock", those without a choice, and at discount 1 those that can do nothing but return to
// themselves with reward 0. Throws std::invalid_argument if `terminal_label` is given and no state has it.
MdpArrays to_arrays(LabelledProcess process, const std::string& terminal_label);

// The labels of a process that is to be written: "init", and "terminal" if it has such states. Throws
// std::invalid_argument if the start distribution is not uniform over some states.
StateLabels labels_of(const Mdp& mdp);

// Adds states and rows in order to `arrays`, and checks the sum of each row where it ends.
class RowReader {
 public:
  RowReader(const TextLines& lines, MdpArrays& arrays);

  void begin_state() { arrays_.action_offsets.push_back(static_cast<Index>(arrays_.rewards.size())); }
  void begin_row(Index action, double reward);
  void add(Index successor, double probability);  // Of the row begun last.
  void end_row();                                 // Before the next begins, and at the end; harmless without a row.
  Index states() const { return static_cast<Index>(arrays_.action_offsets.size()) - 1; }

 private:
  const TextLines& lines_;
  MdpArrays& arrays_;
  bool open_ = false;
  int row_line_ = 0;
  double sum_ = 0.0;
};

}  // namespace softrl::tabular
