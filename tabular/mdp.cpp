#include "tabular/mdp.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "softrl/check.hpp"

namespace softrl::tabular {
namespace {

constexpr double row_sum_tolerance = 1e-9;

template <class T>
void check_fits_index(std::string_view name, const std::vector<T>& array) {
  if (array.size() >= static_cast<std::size_t>(std::numeric_limits<Index>::max()))
    throw std::invalid_argument(fmt::format("{} has {} entries, more than 32-bit indices reach", name, array.size()));
}

void check_offsets(std::string_view name, const std::vector<Index>& offsets, std::size_t end) {
  if (offsets.empty() || offsets.front() != 0 || static_cast<std::size_t>(offsets.back()) != end ||
      !std::is_sorted(offsets.begin(), offsets.end()))
    throw std::invalid_argument(fmt::format("{} must increase from 0 to {}", name, end));
}

[[noreturn]] void fail(Index state, Index action, const std::string& message) {
  throw std::invalid_argument(fmt::format("state {}, action {}: {}", state, action, message));
}

}  // namespace

Mdp::Mdp(MdpArrays arrays) : arrays_(std::move(arrays)) {
  check_in_range("discount", arrays_.discount, 0.0, 1.0);
  check_fits_index("action_offsets", arrays_.action_offsets);
  check_fits_index("rewards", arrays_.rewards);
  check_fits_index("successors", arrays_.successors);
  check_offsets("action_offsets", arrays_.action_offsets, arrays_.rewards.size());
  check_states();
  check_pairs();
  check_rows();
}

void Mdp::check_states() {
  check_count("number of states", states(), 1);
  std::sort(arrays_.terminal.begin(), arrays_.terminal.end(),
            [](const TerminalState& a, const TerminalState& b) { return a.state < b.state; });
  auto next = arrays_.terminal.begin();
  for (Index s = 0; s < states(); ++s) {
    const bool listed = next != arrays_.terminal.end() && next->state == s;
    if (listed && !is_terminal(s)) throw std::invalid_argument(fmt::format("state {} is terminal but has actions", s));
    if (!listed && is_terminal(s))
      throw std::invalid_argument(fmt::format("state {} has no action and is not terminal", s));
    if (listed) check_finite(fmt::format("value of terminal state {}", s), next++->value);
    largest_action_set_ = std::max(largest_action_set_, action_count(s));
  }
  if (next != arrays_.terminal.end())
    throw std::invalid_argument(
        fmt::format("terminal state {} is listed twice or is not in [0, {})", next->state, states()));

  if (arrays_.initial.empty()) return;
  check_size("initial", static_cast<std::int64_t>(arrays_.initial.size()), states());
  double sum = 0.0;
  for (Index s = 0; s < states(); ++s) {
    const double p = arrays_.initial[static_cast<std::size_t>(s)];
    check_in_range(fmt::format("initial probability of state {}", s), p, 0.0, 1.0);
    sum += p;
  }
  if (std::abs(sum - 1.0) > row_sum_tolerance)
    throw std::invalid_argument(fmt::format("initial probabilities must sum to 1, got {}", sum));
}

void Mdp::check_pairs() {
  if (!arrays_.actions.empty()) check_size("actions", static_cast<std::int64_t>(arrays_.actions.size()), pairs());
  action_names_ = largest_action_set_;
  for (Index s = 0; s < states(); ++s) {
    Index previous = -1;
    for (Index k = first_pair(s); k < first_pair(s + 1); ++k) {
      const Index name = action(k, s);
      if (name <= previous) fail(s, name, "names of actions must be non-negative and increase within a state");
      if (name == std::numeric_limits<Index>::max()) fail(s, name, "names of actions must be below 2147483647");
      previous = name;
      action_names_ = std::max(action_names_, name + 1);
      if (!std::isfinite(reward(k))) fail(s, name, fmt::format("reward must be finite, got {}", reward(k)));
      largest_reward_ = std::max(largest_reward_, std::abs(reward(k)));
    }
  }
}

void Mdp::check_rows() {
  if (arrays_.probabilities.empty() && arrays_.successor_offsets.empty()) {
    check_size("successors", transitions(), pairs());
  } else {
    check_size("successor_offsets", static_cast<std::int64_t>(arrays_.successor_offsets.size()), pairs() + 1);
    check_size("probabilities", static_cast<std::int64_t>(arrays_.probabilities.size()), transitions());
    check_offsets("successor_offsets", arrays_.successor_offsets, arrays_.successors.size());
  }
  constexpr double unit = std::numeric_limits<double>::epsilon() / 2.0;
  for (Index s = 0; s < states(); ++s) {
    for (Index k = first_pair(s); k < first_pair(s + 1); ++k) {
      for (const Index next : successors(k)) {
        if (next < 0 || next >= states())
          fail(s, action(k, s), fmt::format("successor must be in [0, {}), got {}", states(), next));
      }
      if (deterministic()) continue;
      const auto row = probabilities(k);
      const auto length = static_cast<double>(row.size());
      double sum = 0.0;
      for (const double p : row) {
        if (!(p >= 0.0)) fail(s, action(k, s), fmt::format("probabilities must be non-negative, got {}", p));
        sum += p;
      }
      if (!(std::abs(sum - 1.0) <= row_sum_tolerance))
        fail(s, action(k, s), fmt::format("probabilities must sum to 1, got {:.12g}", sum));
      longest_row_ = std::max(longest_row_, static_cast<Index>(row.size()));
      // Summing n terms errs by less than n u; what exceeds that is an error of the row itself, which scaling removes.
      double error = std::abs(sum - 1.0);
      if (error > length * unit) {
        const auto begin = static_cast<std::size_t>(arrays_.successor_offsets[static_cast<std::size_t>(k)]);
        double scaled_sum = 0.0;
        for (std::size_t t = begin; t < begin + row.size(); ++t) scaled_sum += (arrays_.probabilities[t] /= sum);
        error = std::abs(scaled_sum - 1.0);
      }
      row_sum_error_ = std::max(row_sum_error_, error + 2.0 * length * unit);
    }
  }
}

Index Mdp::find_pair(Index state, Index action) const {
  const Index begin = first_pair(state), end = first_pair(state + 1);
  if (arrays_.actions.empty()) return action >= 0 && action < end - begin ? begin + action : -1;
  const auto first = arrays_.actions.begin() + begin, last = arrays_.actions.begin() + end;
  const auto found = std::lower_bound(first, last, action);
  return found != last && *found == action ? static_cast<Index>(found - arrays_.actions.begin()) : -1;
}

double Mdp::terminal_value(Index state) const {
  const auto found = std::lower_bound(arrays_.terminal.begin(), arrays_.terminal.end(), state,
                                      [](const TerminalState& a, Index s) { return a.state < s; });
  assert(found != arrays_.terminal.end() && found->state == state);
  return found->value;
}

std::span<const Index> Mdp::successors(Index pair) const {
  const auto k = static_cast<std::size_t>(pair);
  if (deterministic()) return std::span(arrays_.successors).subspan(k, 1);
  const auto begin = static_cast<std::size_t>(arrays_.successor_offsets[k]);
  return std::span(arrays_.successors)
      .subspan(begin, static_cast<std::size_t>(arrays_.successor_offsets[k + 1]) - begin);
}

std::span<const double> Mdp::probabilities(Index pair) const {
  if (deterministic()) return {};
  const auto k = static_cast<std::size_t>(pair);
  const auto begin = static_cast<std::size_t>(arrays_.successor_offsets[k]);
  return std::span(arrays_.probabilities)
      .subspan(begin, static_cast<std::size_t>(arrays_.successor_offsets[k + 1]) - begin);
}

Eigen::VectorXd Mdp::initial_distribution() const {
  if (!arrays_.initial.empty()) return Eigen::VectorXd::Map(arrays_.initial.data(), states());
  const auto running = static_cast<double>(states() - static_cast<Index>(arrays_.terminal.size()));
  Eigen::VectorXd result = Eigen::VectorXd::Zero(states());
  for (Index s = 0; s < states(); ++s) {
    if (!is_terminal(s)) result(s) = 1.0 / running;
  }
  return result;
}

Mdp Mdp::with_discount(double discount) const {
  check_in_range("discount", discount, 0.0, 1.0);
  Mdp result = *this;
  result.arrays_.discount = discount;
  return result;
}

void drop_defaults(MdpArrays& arrays) {
  const auto& offsets = arrays.action_offsets;
  bool counted = !offsets.empty() && offsets.front() == 0 && std::is_sorted(offsets.begin(), offsets.end()) &&
                 static_cast<std::size_t>(offsets.back()) == arrays.actions.size();
  for (std::size_t s = 0; counted && s + 1 < offsets.size(); ++s) {
    for (Index k = offsets[s]; counted && k < offsets[s + 1]; ++k)
      counted = arrays.actions[static_cast<std::size_t>(k)] == k - offsets[s];
  }
  if (counted) arrays.actions = {};
  const auto& rows = arrays.successor_offsets;
  const bool sure =
      arrays.successors.size() == arrays.rewards.size() && rows.size() == arrays.rewards.size() + 1 &&
      rows.front() == 0 && static_cast<std::size_t>(rows.back()) == arrays.successors.size() &&
      std::adjacent_find(rows.begin(), rows.end(), std::greater_equal<>()) == rows.end() &&
      arrays.probabilities.size() == arrays.successors.size() &&
      std::all_of(arrays.probabilities.begin(), arrays.probabilities.end(), [](double p) { return p == 1.0; });
  if (sure) {
    arrays.probabilities = {};
    arrays.successor_offsets = {};
  }
}

Mdp Mdp::with_rewards(std::span<const double> rewards) && {
  check_size("rewards", static_cast<std::int64_t>(rewards.size()), pairs());
  double largest = 0.0;
  for (const double reward : rewards) {
    check_finite("rewards", reward);
    largest = std::max(largest, std::abs(reward));
  }
  std::copy(rewards.begin(), rewards.end(), arrays_.rewards.begin());
  largest_reward_ = largest;
  return std::move(*this);
}

MdpBuilder::MdpBuilder(double discount) {
  arrays_.discount = discount;
  arrays_.action_offsets = {0};
  arrays_.successor_offsets = {0};
}

Index MdpBuilder::add_state() {
  next_action_ = 0;
  arrays_.action_offsets.push_back(arrays_.action_offsets.back());
  return static_cast<Index>(arrays_.action_offsets.size()) - 2;
}

Index MdpBuilder::add_terminal_state(double value) {
  const Index state = add_state();
  arrays_.terminal.push_back({state, value});
  return state;
}

void MdpBuilder::add_action(double reward, std::span<const Successor> successors) {
  assert(arrays_.action_offsets.size() > 1 && "add a state first");
  ++arrays_.action_offsets.back();
  arrays_.actions.push_back(next_action_++);
  arrays_.rewards.push_back(reward);
  for (const auto& [state, probability] : successors) {
    arrays_.successors.push_back(state);
    arrays_.probabilities.push_back(probability);
  }
  arrays_.successor_offsets.push_back(static_cast<Index>(arrays_.successors.size()));
}

void MdpBuilder::add_action(std::span<const RewardedSuccessor> outcomes) {
  double reward = 0.0;
  std::vector<Successor> successors;
  for (const RewardedSuccessor& outcome : outcomes) {
    reward += outcome.probability * outcome.reward;
    successors.push_back({outcome.state, outcome.probability});
  }
  add_action(reward, successors);
}

void MdpBuilder::skip_action() { ++next_action_; }

Mdp MdpBuilder::build() && {
  drop_defaults(arrays_);
  return Mdp(std::move(arrays_));
}

DenseTable to_dense(const Mdp& mdp, const Eigen::VectorXd& per_pair, double missing) {
  check_size("array over state-actions", per_pair.size(), mdp.pairs());
  constexpr std::int64_t most = std::int64_t{1} << 30;  // 8 GB
  if (std::int64_t{mdp.states()} * mdp.action_names() > most)
    throw std::invalid_argument(fmt::format("a table of {} states and actions named up to {} would take more than 8 GB",
                                            mdp.states(), mdp.action_names() - 1));
  DenseTable table = DenseTable::Constant(mdp.states(), mdp.action_names(), missing);
  for (Index s = 0; s < mdp.states(); ++s) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) table(s, mdp.action(k, s)) = per_pair(k);
  }
  return table;
}

}  // namespace softrl::tabular
