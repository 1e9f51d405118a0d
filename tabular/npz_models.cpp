#include "tabular/npz_models.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <xtensor/xadapt.hpp>
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xtensor.hpp>

#include "softrl/check.hpp"
#include "tabular/terminal_states.hpp"

namespace softrl::tabular {
namespace {

// Which of these arrays is there; empty if none is. Two of them would leave open which one counts.
std::string only_one_of(const NpzReader& npz, std::initializer_list<const char*> names) {
  std::string found;
  for (const char* const name : names) {
    if (!npz.has(name)) continue;
    if (!found.empty()) npz.fail(name, fmt::format("stands beside {}, which says the same", found));
    found = name;
  }
  return found;
}

// The scalar of one of these names; the first is ours.
double read_discount(const NpzReader& npz, std::optional<double> given, std::initializer_list<const char*> names) {
  const std::string name = only_one_of(npz, names);
  if (given) return *given;
  if (name.empty()) npz.fail(*names.begin(), "is missing");
  const double discount = npz.number(name);
  if (!(discount >= 0.0 && discount <= 1.0)) npz.fail(name, fmt::format("must be in [0, 1], got {}", discount));
  return discount;
}

std::vector<TerminalState> read_terminal(const NpzReader& npz) {
  std::vector<TerminalState> terminal;
  if (!npz.has("terminal")) {
    if (npz.has("terminal_values")) npz.fail("terminal_values", "has no array `terminal` of states beside it");
    return terminal;
  }
  const auto states = npz.index_vector("terminal");
  std::vector<double> values(states.size(), 0.0);
  if (npz.has("terminal_values")) values = npz.real_vector("terminal_values");
  if (values.size() != states.size())
    npz.fail("terminal_values",
             fmt::format("must have {} entries as `terminal` has, got {}", states.size(), values.size()));
  for (std::size_t i = 0; i < states.size(); ++i) terminal.push_back({states[i], values[i]});
  return terminal;
}

void check_states(const NpzReader& npz, const char* name, std::span<const Index> states, Index end) {
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (states[i] < 0 || states[i] >= end)
      npz.fail(name, fmt::format("entry {} must be in [0, {}), got {}", i, end, states[i]));
  }
}

void check_shape(const NpzReader& npz, const char* name, std::size_t size, std::size_t expected) {
  if (size != expected) npz.fail(name, fmt::format("must have {} entries, got {}", expected, size));
}

void check_no_duplicates(const NpzReader& npz, const std::vector<TerminalState>& terminal, Index states) {
  std::vector<bool> seen(static_cast<std::size_t>(states), false);
  for (const TerminalState& entry : terminal) {
    check_states(npz, "terminal", std::span(&entry.state, 1), states);
    if (seen[static_cast<std::size_t>(entry.state)])
      npz.fail("terminal", fmt::format("lists state {} twice", entry.state));
    seen[static_cast<std::size_t>(entry.state)] = true;
  }
}

// The states that the file says are terminal, and at discount 1 those that cannot do anything.
void set_terminal(const NpzReader& npz, MdpArrays& arrays) {
  const auto terminal = read_terminal(npz);
  check_no_duplicates(npz, terminal, static_cast<Index>(arrays.action_offsets.size()) - 1);
  make_terminal(arrays, terminal);
  if (arrays.discount == 1.0) make_terminal(arrays, absorbing_states(arrays));
}

void add_terminal_and_initial(NpzWriter& npz, const Mdp& mdp, std::vector<Index>& states, std::vector<double>& values) {
  for (const auto& [state, value] : mdp.terminal()) {
    states.push_back(state);
    values.push_back(value);
  }
  if (!states.empty()) {
    npz.add("terminal", states);
    npz.add("terminal_values", values);
  }
  if (!mdp.arrays().initial.empty()) npz.add("initial", mdp.arrays().initial);
}

}  // namespace

MdpArrays read_own_npz(const NpzReader& npz, std::optional<double> discount) {
  npz.refuse_unknown({"discount", "action_offsets", "actions", "rewards", "successor_offsets", "successors",
                      "probabilities", "terminal", "terminal_values", "initial"});
  const auto optional_reals = [&](const char* name) {
    return npz.has(name) ? npz.real_vector(name) : std::vector<double>();
  };
  const auto optional_indices = [&](const char* name) {
    return npz.has(name) ? npz.index_vector(name) : std::vector<Index>();
  };
  return {.discount = read_discount(npz, discount, {"discount"}),
          .action_offsets = npz.index_vector("action_offsets"),
          .actions = optional_indices("actions"),
          .rewards = npz.real_vector("rewards"),
          .successor_offsets = optional_indices("successor_offsets"),
          .successors = npz.index_vector("successors"),
          .probabilities = optional_reals("probabilities"),
          .terminal = read_terminal(npz),
          .initial = optional_reals("initial")};
}

void write_own_npz(const std::filesystem::path& file, const Mdp& mdp) {
  const MdpArrays& arrays = mdp.arrays();
  NpzWriter npz;
  npz.add("discount", std::span(&arrays.discount, 1), {});
  npz.add("action_offsets", arrays.action_offsets);
  npz.add("rewards", arrays.rewards);
  npz.add("successors", arrays.successors);
  if (!mdp.deterministic()) {
    npz.add("successor_offsets", arrays.successor_offsets);
    npz.add("probabilities", arrays.probabilities);
  }
  if (!arrays.actions.empty()) npz.add("actions", arrays.actions);
  std::vector<Index> states;
  std::vector<double> values;
  add_terminal_and_initial(npz, mdp, states, values);
  npz.write(file);
}

MdpArrays read_quantecon_npz(const NpzReader& npz, std::optional<double> discount) {
  npz.refuse_unknown({"s_indices", "a_indices", "R", "Q_data", "Q_indices", "Q_indptr", "beta", "discount", "terminal",
                      "terminal_values", "initial"});
  const auto states = npz.index_vector("s_indices");
  auto actions = npz.index_vector("a_indices");
  auto rewards = npz.real_vector("R");
  auto row_offsets = npz.index_vector("Q_indptr");
  auto successors = npz.index_vector("Q_indices");
  auto probabilities = npz.real_vector("Q_data");
  const std::size_t pairs = states.size();
  check_shape(npz, "a_indices", actions.size(), pairs);
  check_shape(npz, "R", rewards.size(), pairs);
  check_shape(npz, "Q_indptr", row_offsets.size(), pairs + 1);
  check_shape(npz, "Q_data", probabilities.size(), successors.size());
  if (row_offsets.front() != 0 || static_cast<std::size_t>(row_offsets.back()) != successors.size() ||
      !std::is_sorted(row_offsets.begin(), row_offsets.end()))
    npz.fail("Q_indptr", fmt::format("must increase from 0 to {}", successors.size()));

  // The number of states is nowhere else.
  Index last = -1;
  for (const Index state : states) last = std::max(last, state);
  for (const Index state : successors) last = std::max(last, state);
  const auto terminal = read_terminal(npz);
  for (const TerminalState& entry : terminal) last = std::max(last, entry.state);
  // Each needs an action or an end; said before memory is given to a number that a damaged file made up.
  constexpr std::size_t cheap = 1'000'000;
  if (static_cast<std::size_t>(std::max(last, 0)) >= std::max(cheap, pairs + terminal.size()))
    npz.fail("s_indices", fmt::format("names {} state-actions, too few for {} states", pairs, std::int64_t{last} + 1));
  const Index count = last + 1;
  check_states(npz, "s_indices", states, count);
  check_states(npz, "Q_indices", successors, count);

  // QuantEcon takes pairs in any order and an action of reward −∞ for one that is not available.
  std::vector<std::size_t> order(pairs);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto before = [&](std::size_t a, std::size_t b) {
    return std::pair(states[a], actions[a]) < std::pair(states[b], actions[b]);
  };
  const bool sorted = std::is_sorted(order.begin(), order.end(), before);
  if (!sorted) std::stable_sort(order.begin(), order.end(), before);
  for (std::size_t i = 1; i < pairs; ++i) {
    const std::size_t a = order[i - 1], b = order[i];
    if (states[a] == states[b] && actions[a] == actions[b])
      npz.fail("a_indices", fmt::format("has action {} of state {} twice", actions[a], states[a]));
  }
  const auto available = [&](std::size_t k) { return rewards[k] != -std::numeric_limits<double>::infinity(); };

  MdpArrays arrays;
  arrays.discount = read_discount(npz, discount, {"beta", "discount"});
  arrays.action_offsets.assign(static_cast<std::size_t>(count) + 1, 0);
  for (std::size_t k = 0; k < pairs; ++k)
    arrays.action_offsets[static_cast<std::size_t>(states[k]) + 1] += available(k) ? 1 : 0;
  std::partial_sum(arrays.action_offsets.begin(), arrays.action_offsets.end(), arrays.action_offsets.begin());
  if (sorted && static_cast<std::size_t>(arrays.action_offsets.back()) == pairs) {
    arrays.actions = std::move(actions);
    arrays.rewards = std::move(rewards);
    arrays.successor_offsets = std::move(row_offsets);
    arrays.successors = std::move(successors);
    arrays.probabilities = std::move(probabilities);
  } else {
    arrays.successor_offsets.push_back(0);
    for (const std::size_t k : order) {
      if (!available(k)) continue;
      arrays.actions.push_back(actions[k]);
      arrays.rewards.push_back(rewards[k]);
      for (auto t = static_cast<std::size_t>(row_offsets[k]); t < static_cast<std::size_t>(row_offsets[k + 1]); ++t) {
        arrays.successors.push_back(successors[t]);
        arrays.probabilities.push_back(probabilities[t]);
      }
      arrays.successor_offsets.push_back(static_cast<Index>(arrays.successors.size()));
    }
  }
  if (npz.has("initial")) arrays.initial = npz.real_vector("initial");
  set_terminal(npz, arrays);
  drop_defaults(arrays);
  return arrays;
}

void write_quantecon_npz(const std::filesystem::path& file, const Mdp& mdp) {
  std::vector<Index> states, actions, offsets{0}, successors;
  std::vector<double> rewards, probabilities;
  const auto add = [&](Index state, Index action, double reward) {
    states.push_back(state);
    actions.push_back(action);
    rewards.push_back(reward);
  };
  for (Index s = 0; s < mdp.states(); ++s) {
    if (mdp.is_terminal(s)) {  // QuantEcon needs an action: one that returns, and is worth the value for ever
      add(s, 0, (1.0 - mdp.discount()) * mdp.terminal_value(s));
      successors.push_back(s);
      probabilities.push_back(1.0);
      offsets.push_back(static_cast<Index>(successors.size()));
    }
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      add(s, mdp.action(k, s), mdp.reward(k));
      const auto row = mdp.successors(k);
      successors.insert(successors.end(), row.begin(), row.end());
      const auto row_probabilities = mdp.probabilities(k);
      probabilities.insert(probabilities.end(), row_probabilities.begin(), row_probabilities.end());
      probabilities.resize(successors.size(), 1.0);
      offsets.push_back(static_cast<Index>(successors.size()));
    }
  }
  NpzWriter npz;
  npz.add("s_indices", states);
  npz.add("a_indices", actions);
  npz.add("R", rewards);
  npz.add("Q_data", probabilities);
  npz.add("Q_indices", successors);
  npz.add("Q_indptr", offsets);
  const double beta = mdp.discount();
  npz.add("beta", std::span(&beta, 1), {});
  std::vector<Index> terminal;
  std::vector<double> values;
  add_terminal_and_initial(npz, mdp, terminal, values);
  npz.write(file);
}

MdpArrays read_dense_npz(const NpzReader& npz, std::optional<double> discount) {
  npz.refuse_unknown({"T", "P", "R", "discount", "gamma", "beta", "terminal", "terminal_values", "initial"});
  const bool action_first = only_one_of(npz, {"T", "P"}) != "T";
  const char* const name = action_first ? "P" : "T";
  const auto tables = npz.reals(name);
  const auto& shape = tables.shape;
  const bool cubic = shape.size() == 3 && shape[2] == shape[action_first ? 1 : 0];
  if (!cubic || tables.values.empty())
    npz.fail(name, fmt::format("must have shape {}", action_first ? "[A, S, S]" : "[S, A, S]"));
  const std::size_t states = shape[2], actions = shape[action_first ? 0 : 1];
  const auto by_state_first = [&](const NumpyArray<double>& array) {
    using Axes = std::vector<std::size_t>;
    return xt::transpose(xt::adapt(array.values, array.shape), action_first ? Axes{1, 0, 2} : Axes{0, 1, 2});
  };
  const auto probability = by_state_first(tables);  // [S, A, S]
  const auto rewards = npz.reals("R");
  const bool by_state = rewards.shape == std::vector{states};
  const bool by_pair = rewards.shape == std::vector{states, actions};
  const bool by_transition = rewards.shape == shape;
  if (!by_state && !by_pair && !by_transition)
    npz.fail("R",
             fmt::format("must have shape [S], [S, A] or that of {}, with S = {} and A = {}", name, states, actions));
  const auto reward = [&](std::size_t s, std::size_t a) {
    if (by_state) return rewards.values[s];
    if (by_pair) return rewards.values[s * actions + a];
    const auto by_successor = by_state_first(rewards);
    double sum = 0.0;
    for (std::size_t next = 0; next < states; ++next) {
      const double p = probability(s, a, next);
      if (p != 0.0) sum += p * by_successor(s, a, next);
    }
    return sum;
  };

  MdpArrays arrays;
  arrays.discount = read_discount(npz, discount, {"discount", "gamma", "beta"});
  arrays.action_offsets = {0};
  arrays.successor_offsets = {0};
  for (std::size_t s = 0; s < states; ++s) {
    for (std::size_t a = 0; a < actions; ++a) {
      const std::size_t before = arrays.successors.size();
      for (std::size_t next = 0; next < states; ++next) {
        const double p = probability(s, a, next);
        if (p == 0.0) continue;
        arrays.successors.push_back(static_cast<Index>(next));
        arrays.probabilities.push_back(p);
      }
      if (arrays.successors.size() == before) continue;  // not available
      arrays.successor_offsets.push_back(static_cast<Index>(arrays.successors.size()));
      arrays.actions.push_back(static_cast<Index>(a));
      arrays.rewards.push_back(reward(s, a));
    }
    arrays.action_offsets.push_back(static_cast<Index>(arrays.rewards.size()));
  }
  if (npz.has("initial")) arrays.initial = npz.real_vector("initial");
  set_terminal(npz, arrays);
  drop_defaults(arrays);
  return arrays;
}

void write_dense_npz(const std::filesystem::path& file, const Mdp& mdp) {
  const auto states = static_cast<std::size_t>(mdp.states()), actions = static_cast<std::size_t>(mdp.action_names());
  constexpr std::size_t most = std::size_t{1} << 28;  // 2 GB
  if (static_cast<double>(states) * static_cast<double>(actions) * static_cast<double>(states) > most)
    throw std::invalid_argument(
        fmt::format("dense tables of {} states and {} actions would take more than 2 GB", states, actions));
  xt::xtensor<double, 3> tables = xt::zeros<double>({states, actions, states});
  xt::xtensor<double, 2> rewards = xt::zeros<double>({states, actions});
  for (Index s = 0; s < mdp.states(); ++s) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      const Index a = mdp.action(k, s);
      rewards(s, a) = mdp.reward(k);
      for (const auto& [next, p] : sorted_row(mdp, k)) tables(s, a, next) = p;
    }
  }
  NpzWriter npz;
  npz.add("T", std::span(tables.data(), tables.size()), {states, actions, states});
  npz.add("R", std::span(rewards.data(), rewards.size()), {states, actions});
  const double discount = mdp.discount();
  npz.add("discount", std::span(&discount, 1), {});
  std::vector<Index> terminal;
  std::vector<double> values;
  add_terminal_and_initial(npz, mdp, terminal, values);
  npz.write(file);
}

}  // namespace softrl::tabular
