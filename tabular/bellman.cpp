#include "tabular/bellman.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "softrl/check.hpp"
#include "softrl/operators.hpp"
#include "softrl/panel_operators.hpp"
#include "softrl/parallel.hpp"

namespace softrl::tabular {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class Span>
Span row_of(const Mdp& mdp, Index state, Span per_pair) {
  return per_pair.subspan(static_cast<std::size_t>(mdp.first_pair(state)),
                          static_cast<std::size_t>(mdp.action_count(state)));
}

Sweep no_states() { return {.smallest_change = infinity, .largest_change = -infinity, .largest_value = 0.0}; }

// What a sweep V → W of n states, none of them terminal, tells.
Sweep compare(const double* v, const double* w, Index n) {
  double smallest = infinity, largest = -infinity, largest_value = 0.0;
  for (Index j = 0; j < n; ++j) {
    smallest = std::min(smallest, w[j] - v[j]);
    largest = std::max(largest, w[j] - v[j]);
    largest_value = std::max(largest_value, std::abs(v[j]));
  }
  return {.smallest_change = smallest, .largest_change = largest, .largest_value = largest_value};
}

Sweep both(const Sweep& a, const Sweep& b) {
  return {.smallest_change = std::min(a.smallest_change, b.smallest_change),
          .largest_change = std::max(a.largest_change, b.largest_change),
          .largest_value = std::max(a.largest_value, b.largest_value)};
}

// Q(s,a) from V, a pair at a time: of rows of `length` transitions, of any number of them if that is 0.
template <std::size_t length>
struct Backup {
  const double *rewards, *probabilities, *values;
  const Index *offsets, *successors;
  double discount;
  std::int64_t start;  // Where the first pair's row would be, were all rows of `length`.

  double operator()(std::size_t pair) const {
    double sum = 0.0;
    if constexpr (length > 0) {
      const std::int64_t t = start + static_cast<std::int64_t>(length * pair);
      sum = probabilities[t] * values[successors[t]];
      for (std::int64_t i = 1; i < static_cast<std::int64_t>(length); ++i)
        sum += probabilities[t + i] * values[successors[t + i]];
    } else {
      for (Index t = offsets[pair]; t < offsets[pair + 1]; ++t) sum += probabilities[t] * values[successors[t]];
    }
    return rewards[pair] + discount * sum;
  }

  // Fetches what a pair some states further on will need, as far as it stays within a few cache lines: by itself the
  // processor looks ahead too little. Inlined by force, as compilers drop calls that do nothing but fetch.
  [[gnu::always_inline]] void prefetch(std::size_t pair) const {
    if constexpr (length > 0) {
      constexpr std::int64_t ahead = 768, line = 8;
      const std::int64_t t = start + static_cast<std::int64_t>(length * pair) + ahead;
      __builtin_prefetch(probabilities + t);
      __builtin_prefetch(probabilities + t + line);
      __builtin_prefetch(successors + t);
      __builtin_prefetch(rewards + pair + ahead / static_cast<std::int64_t>(length));
    }
  }
};

// The same where every pair has one sure successor.
struct SureBackup {
  const double *rewards, *values;
  const Index* successors;
  double discount;

  double operator()(std::size_t pair) const { return rewards[pair] + discount * values[successors[pair]]; }
  void prefetch(std::size_t) const {}
};

// Calls use(backup) with the fastest backup for the pairs begin … end − 1.
template <class Use>
void with_backup(const Mdp& mdp, const Eigen::VectorXd& values, Index begin, Index end, const Use& use) {
  const MdpArrays& m = mdp.arrays();
  const double *r = m.rewards.data(), *p = m.probabilities.data(), *v = values.data();
  const Index *offsets = m.successor_offsets.data(), *successors = m.successors.data();
  if (mdp.deterministic()) return use(SureBackup{r, v, successors, m.discount});
  const std::int64_t length = mdp.longest_row(), start = offsets[begin] - length * begin;
  const bool of_one_length = offsets[end] == start + length * end;
  switch (of_one_length ? length : 0) {
    case 2:
      return use(Backup<2>{r, p, v, offsets, successors, m.discount, start});
    case 3:
      return use(Backup<3>{r, p, v, offsets, successors, m.discount, start});
    case 4:
      return use(Backup<4>{r, p, v, offsets, successors, m.discount, start});
    case 5:
      return use(Backup<5>{r, p, v, offsets, successors, m.discount, start});
    default:
      return use(Backup<0>{r, p, v, offsets, successors, m.discount, start});
  }
}

// Neighbouring states and what is known of their pairs, side by side as panel_operators.hpp wants it.
class StatePanel {
 public:
  explicit StatePanel(const Bellman& bellman)
      : mdp_(bellman.mdp()), measure_(bellman.measure()), temperature_(bellman.temperature()) {
    const auto most = static_cast<std::size_t>(mdp_.largest_action_set());
    q_.resize(std::max(panel_step * most, largest_panel * std::min(most, most_actions_of_wide)));
    if (measure_.log_weights.size() > 0) log_weights_.resize(q_.size());
  }

  // Takes states from `first` on, at most up to `end`, and returns the first one that is left.
  Index take(Index first, Index end) {
    take_at_most(first, end, largest_panel);
    const std::size_t pairs = static_cast<std::size_t>(mdp_.first_pair(last_) - mdp_.first_pair(first_));
    if (actions_ > most_actions_of_wide || actions_ * rows_ > 2 * pairs + 64) take_at_most(first, end, panel_step);
    if (!log_weights_.empty()) {
      spread([&](std::size_t pair) { return measure_.log_weights(static_cast<Index>(pair)); }, log_weights_);
    }
    return last_;
  }

  bool even() const { return even_; }

  void fill_from_values(const Eigen::VectorXd& values) {
    with_backup(mdp_, values, mdp_.first_pair(first_), mdp_.first_pair(last_),
                [&](const auto& backup) { spread(backup, q_); });
  }
  void fill(const Eigen::VectorXd& q) {
    spread([&](std::size_t pair) { return q(static_cast<Index>(pair)); }, q_);
  }

  // V(Q) of the states taken, one after the other.
  std::span<const double> values() {
    soft_values(std::span(q_).first(size()), temperature_, log_weights(), std::span(values_).first(rows_));
    return values_;
  }

  // π_Q of the pairs of the states taken, into its place in `policy` [K].
  void policy(Eigen::VectorXd& policy) {
    const auto q = std::span(q_).first(size());
    boltzmann_policies(q, temperature_, log_weights(), q, std::span(values_).first(rows_));
    for (Index s = first_; s < last_; ++s) {
      std::size_t at = static_cast<std::size_t>(s - first_);
      for (Index k = mdp_.first_pair(s); k < mdp_.first_pair(s + 1); ++k, at += rows_) policy(k) = q_[at];
    }
  }

 private:
  static constexpr std::size_t most_actions_of_wide = 64;  // What is worked on fits the first-level cache.

  std::size_t size() const { return actions_ * rows_; }
  std::span<const double> log_weights() const {
    return std::span(log_weights_).first(log_weights_.empty() ? 0 : size());
  }

  void take_at_most(Index first, Index end, std::size_t states) {
    first_ = first;
    last_ = std::min<Index>(end, first + static_cast<Index>(states));
    rows_ = (static_cast<std::size_t>(last_ - first_) + panel_step - 1) / panel_step * panel_step;
    const Index pairs = mdp_.first_pair(last_) - mdp_.first_pair(first_);
    Index actions = mdp_.largest_action_set();
    if (pairs < actions * (last_ - first_)) {
      actions = 0;
      for (Index s = first_; s < last_; ++s) actions = std::max(actions, mdp_.action_count(s));
    }
    actions_ = static_cast<std::size_t>(actions);
    even_ = actions > 0 && pairs == actions * static_cast<Index>(rows_);
  }

  // All rows alike, with a number of actions that the compiler knows.
  template <std::size_t actions, class OfPair>
  void spread_evenly(const OfPair& of_pair, std::size_t pair, double* entry) const {
    for (std::size_t j = 0; j < rows_; ++j, ++entry, pair += actions) {
      if constexpr (requires { of_pair.prefetch(pair); }) of_pair.prefetch(pair);
      for (std::size_t i = 0; i < actions; ++i) entry[rows_ * i] = of_pair(pair + i);
    }
  }

  template <class OfPair>
  void spread(const OfPair& of_pair, std::vector<double>& panel) const {
    const std::size_t rows = rows_, actions = actions_, states = static_cast<std::size_t>(last_ - first_);
    auto pair = static_cast<std::size_t>(mdp_.first_pair(first_));
    double* entry = panel.data();
    if (even_ && actions == 4) return spread_evenly<4>(of_pair, pair, entry);
    for (std::size_t j = 0; j < rows; ++j, ++entry) {
      std::size_t count = actions;
      if (!even_) count = j < states ? static_cast<std::size_t>(mdp_.action_count(first_ + static_cast<Index>(j))) : 0;
      for (std::size_t i = 0; i < count; ++i) entry[rows * i] = of_pair(pair + i);
      for (std::size_t i = count; i < actions; ++i) entry[rows * i] = -infinity;
      pair += count;
    }
  }

  const Mdp& mdp_;
  const BaseMeasure& measure_;
  double temperature_;
  Index first_ = 0, last_ = 0;           // the states taken
  std::size_t rows_ = 0, actions_ = 0;   // of the panel; at least the states taken and their actions
  bool even_ = false;                    // Every row is a state, and every state has `actions_` actions.
  std::vector<double> q_, log_weights_;  // [actions × rows]
  std::array<double, largest_panel> values_;
};

// States, or pairs, that are worth a thread's while: some 10⁵ transitions.
std::ptrdiff_t block(const Mdp& mdp, Index items) {
  const double each = 1.0 + (static_cast<double>(mdp.transitions()) + mdp.pairs()) / items;
  return std::max(32, static_cast<int>(1e5 / each) / 32 * 32);
}

// Calls body(panel, first, last) for panels of all states, on several threads.
template <class Body>
void for_each_panel(const Bellman& bellman, const Body& body) {
  const Mdp& mdp = bellman.mdp();
  parallel_for(bellman.threads(), mdp.states(), block(mdp, mdp.states()),
               [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
                 StatePanel panel(bellman);
                 for (auto first = static_cast<Index>(begin); first < end;) {
                   const Index last = panel.take(first, static_cast<Index>(end));
                   body(panel, first, last);
                   first = last;
                 }
               });
}

}  // namespace

double Sweep::residual() const {
  return largest_change < smallest_change ? 0.0 : std::max(std::abs(smallest_change), std::abs(largest_change));
}

Bellman::Bellman(const Mdp& mdp, double temperature, const BaseMeasure& measure, int threads)
    : mdp_(mdp), temperature_(temperature), measure_(measure), threads_(thread_count(threads)) {
  check_at_least("temperature", temperature, 0.0);
  check_base_measure(mdp, measure);
  for (const double log_weight : measure.log_weights) {
    if (std::isfinite(log_weight)) largest_log_weight_ = std::max(largest_log_weight_, std::abs(log_weight));
  }
}

std::span<const double> Bellman::log_weights(Index state) const {
  if (measure_.log_weights.size() == 0) return {};
  return row_of(mdp_, state, as_span(measure_.log_weights));
}

Eigen::VectorXd Bellman::start_values(const Eigen::VectorXd& initial) const {
  Eigen::VectorXd values = initial;
  if (initial.size() == 0) values.setZero(mdp_.states());
  check_size("initial_values", values.size(), mdp_.states());
  for (const double value : values) check_finite("initial_values", value);
  for (const auto& [state, value] : mdp_.terminal()) values(state) = value;
  return values;
}

double Bellman::backup(Index state, const Eigen::VectorXd& values) {
  constexpr std::size_t most_actions = 32;
  const auto actions = static_cast<std::size_t>(mdp_.action_count(state));
  if (actions > most_actions) {
    StatePanel panel(*this);
    panel.take(state, state + 1);
    panel.fill_from_values(values);
    return panel.values().front();
  }
  // The least panel, on the stack: the state is its first row, and the others are empty.
  std::array<double, panel_step * most_actions> q, weights;
  std::array<double, panel_step> result;
  const std::size_t size = panel_step * actions;
  std::fill_n(q.begin(), size, -infinity);
  const Index first = mdp_.first_pair(state);
  with_backup(mdp_, values, first, mdp_.first_pair(state + 1), [&](const auto& backup) {
    for (std::size_t i = 0; i < actions; ++i) q[panel_step * i] = backup(static_cast<std::size_t>(first) + i);
  });
  const auto row = log_weights(state);
  if (!row.empty()) std::fill_n(weights.begin(), size, 0.0);
  for (std::size_t i = 0; i < row.size(); ++i) weights[panel_step * i] = row[i];
  soft_values(std::span(q).first(size), temperature_, std::span(weights).first(row.empty() ? 0 : size), result);
  return result.front();
}

Sweep Bellman::optimal_sweep(const Eigen::VectorXd& values, Eigen::VectorXd& next) const {
  const auto sweep_block = [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    StatePanel panel(*this);
    Sweep sweep = no_states();
    for (auto first = static_cast<Index>(begin); first < end;) {
      const Index last = panel.take(first, static_cast<Index>(end));
      panel.fill_from_values(values);
      const double *v = values.data() + first, *w = panel.values().data();
      if (panel.even()) {
        std::copy(w, w + (last - first), next.data() + first);
        sweep = both(sweep, compare(v, w, last - first));
      } else {
        for (Index s = first; s < last; ++s, ++v, ++w) {
          next(s) = mdp_.is_terminal(s) ? *v : *w;
          sweep.largest_value = std::max(sweep.largest_value, std::abs(*v));
          if (!mdp_.is_terminal(s)) sweep = both(sweep, compare(v, w, 1));
        }
      }
      first = last;
    }
    return sweep;
  };
  return parallel_reduce(threads_, mdp_.states(), block(mdp_, mdp_.states()), no_states(), sweep_block, both);
}

Eigen::VectorXd Bellman::action_values(const Eigen::VectorXd& values) const {
  check_size("values", values.size(), mdp_.states());
  Eigen::VectorXd q(mdp_.pairs());
  parallel_for(threads_, mdp_.pairs(), block(mdp_, mdp_.pairs()), [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    with_backup(mdp_, values, static_cast<Index>(begin), static_cast<Index>(end), [&](const auto& backup) {
      for (std::ptrdiff_t k = begin; k < end; ++k) q(k) = backup(static_cast<std::size_t>(k));
    });
  });
  return q;
}

Eigen::VectorXd Bellman::state_values(const Eigen::VectorXd& q) const {
  check_size("action values", q.size(), mdp_.pairs());
  Eigen::VectorXd values = start_values({});
  for_each_panel(*this, [&](StatePanel& panel, Index first, Index last) {
    panel.fill(q);
    const auto v = panel.values();
    for (Index s = first; s < last; ++s) {
      if (!mdp_.is_terminal(s)) values(s) = v[static_cast<std::size_t>(s - first)];
    }
  });
  return values;
}

Eigen::VectorXd Bellman::boltzmann(const Eigen::VectorXd& q) const {
  check_size("action values", q.size(), mdp_.pairs());
  Eigen::VectorXd policy(mdp_.pairs());
  for_each_panel(*this, [&](StatePanel& panel, Index, Index) {
    panel.fill(q);
    panel.policy(policy);
  });
  return policy;
}

Eigen::VectorXd Bellman::policy_of(const Eigen::VectorXd& values) const {
  check_size("values", values.size(), mdp_.states());
  Eigen::VectorXd policy(mdp_.pairs());
  for_each_panel(*this, [&](StatePanel& panel, Index, Index) {
    panel.fill_from_values(values);
    panel.policy(policy);
  });
  return policy;
}

Eigen::VectorXd Bellman::policy_values(const Eigen::VectorXd& policy, const Eigen::VectorXd& q) const {
  check_size("policy", policy.size(), mdp_.pairs());
  check_size("action values", q.size(), mdp_.pairs());
  Eigen::VectorXd values = start_values({});
  const auto value = [&](Index s) {
    const auto row = row_of(mdp_, s, as_span(policy));
    const auto q_row = row_of(mdp_, s, as_span(q));
    double sum = 0.0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i] > 0.0) sum += row[i] * q_row[i];
    }
    return temperature_ == 0.0 ? sum : sum - temperature_ * divergence(row, log_weights(s));
  };
  parallel_for(threads_, mdp_.states(), block(mdp_, mdp_.states()), [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (auto s = static_cast<Index>(begin); s < end; ++s) {
      if (!mdp_.is_terminal(s)) values(s) = value(s);
    }
  });
  return values;
}

}  // namespace softrl::tabular
