#include "tabular/labelled_process.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "tabular/terminal_states.hpp"

namespace softrl::tabular {
namespace {

std::vector<Index> terminal_by_label(const StateLabels& labels, const std::string& terminal_label) {
  const auto states = [&](std::string_view label) {
    const auto found = labels.find(label);
    return found == labels.end() ? std::vector<Index>() : found->second;
  };
  auto terminal = states(!terminal_label.empty()       ? terminal_label
                         : labels.contains("terminal") ? "terminal"
                                                       : "target");
  if (!terminal_label.empty() && terminal.empty())
    throw std::invalid_argument(fmt::format("no state has the label '{}' of terminal states", terminal_label));
  const auto deadlocks = states("deadlock");
  terminal.insert(terminal.end(), deadlocks.begin(), deadlocks.end());
  return terminal;
}

// Uniform over `starts`; empty where that is every state that is not terminal, the default.
std::vector<double> uniform_over(const std::vector<Index>& starts, const MdpArrays& arrays) {
  const std::size_t states = arrays.action_offsets.size() - 1;
  std::vector<double> initial(states, 0.0);
  for (const Index s : starts) initial[static_cast<std::size_t>(s)] = 1.0;
  double count = 0.0;
  bool everywhere = true;
  for (std::size_t s = 0; s < states; ++s) {
    count += initial[s];
    everywhere = everywhere && (initial[s] > 0.0) == (arrays.action_offsets[s] < arrays.action_offsets[s + 1]);
  }
  if (everywhere || count == 0.0) return {};
  for (double& p : initial) p /= count;
  return initial;
}

}  // namespace

MdpArrays to_arrays(LabelledProcess process, const std::string& terminal_label) {
  MdpArrays& arrays = process.arrays;
  const auto& rewards = process.state_rewards;
  std::vector<TerminalState> terminal;
  for (const Index s : terminal_by_label(process.labels, terminal_label))
    terminal.push_back({s, rewards[static_cast<std::size_t>(s)]});
  for (std::size_t s = 0; s + 1 < arrays.action_offsets.size(); ++s) {
    const Index begin = arrays.action_offsets[s], end = arrays.action_offsets[s + 1];
    if (begin == end) terminal.push_back({static_cast<Index>(s), rewards[s]});
    for (Index k = begin; k < end && rewards[s] != 0.0; ++k) arrays.rewards[static_cast<std::size_t>(k)] += rewards[s];
  }
  make_terminal(arrays, terminal);
  if (arrays.discount == 1.0) make_terminal(arrays, absorbing_states(arrays));
  const auto init = process.labels.find("init");
  if (init != process.labels.end()) arrays.initial = uniform_over(init->second, arrays);
  drop_defaults(arrays);
  return std::move(arrays);
}

StateLabels labels_of(const Mdp& mdp) {
  StateLabels labels;
  const auto& initial = mdp.arrays().initial;
  double each = 0.0;
  for (Index s = 0; s < mdp.states(); ++s) {
    if (mdp.is_terminal(s)) labels["terminal"].push_back(s);
    const double p = initial.empty() ? (mdp.is_terminal(s) ? 0.0 : 1.0) : initial[static_cast<std::size_t>(s)];
    if (p == 0.0) continue;
    if (each == 0.0) each = p;
    if (std::abs(p - each) > 1e-12 * each)
      throw std::invalid_argument(
          "this format cannot carry a start distribution that is not uniform over some states; npz, quantecon and "
          "dense "
          "can");
    labels["init"].push_back(s);
  }
  return labels;
}

RowReader::RowReader(const TextLines& lines, MdpArrays& arrays) : lines_(lines), arrays_(arrays) {
  arrays_.action_offsets = {0};
  arrays_.successor_offsets = {0};
}

void RowReader::begin_row(Index action, double reward) {
  end_row();
  open_ = true;
  row_line_ = lines_.line();
  sum_ = 0.0;
  arrays_.actions.push_back(action);
  arrays_.rewards.push_back(reward);
  arrays_.action_offsets.back() = static_cast<Index>(arrays_.rewards.size());
}

void RowReader::add(Index successor, double probability) {
  if (!(probability >= 0.0)) lines_.fail(fmt::format("probabilities must be non-negative, got {}", probability));
  if (arrays_.successors.size() + 2 >= static_cast<std::size_t>(std::numeric_limits<Index>::max()))
    lines_.fail("has more transitions than 32-bit indices reach");
  sum_ += probability;
  arrays_.successors.push_back(successor);
  arrays_.probabilities.push_back(probability);
}

void RowReader::end_row() {
  if (!std::exchange(open_, false)) return;
  if (!(std::abs(sum_ - 1.0) <= 1e-9))
    lines_.fail_at(row_line_,
                   fmt::format("the probabilities of the choice that begins here must sum to 1, got {:.12g}", sum_));
  arrays_.successor_offsets.push_back(static_cast<Index>(arrays_.successors.size()));
}

}  // namespace softrl::tabular
