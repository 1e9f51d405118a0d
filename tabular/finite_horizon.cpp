#include "tabular/finite_horizon.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "softrl/check.hpp"
#include "softrl/operators.hpp"
#include "softrl/parallel.hpp"
#include "tabular/bellman.hpp"
#include "tabular/certificate.hpp"
#include "tabular/visitation.hpp"

namespace softrl::tabular {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double unit = std::numeric_limits<double>::epsilon() / 2.0;
constexpr std::ptrdiff_t states_per_block = 256;

using Row = std::span<double>;
using ConstRow = std::span<const double>;

Row row_of(DenseTable& table, Eigen::Index row) {
  return {table.data() + row * table.cols(), static_cast<std::size_t>(table.cols())};
}
ConstRow row_of(const DenseTable& table, Eigen::Index row) {
  return {table.data() + row * table.cols(), static_cast<std::size_t>(table.cols())};
}

template <class Span>
Span of_state(const Mdp& mdp, Index state, Span per_pair) {
  return per_pair.subspan(static_cast<std::size_t>(mdp.first_pair(state)),
                          static_cast<std::size_t>(mdp.action_count(state)));
}

// A table with a row per step, or one row for all of them.
ConstRow at_step(const DenseTable& table, int step) { return row_of(table, table.rows() == 1 ? 0 : step); }

void check_table(const char* name, const DenseTable& table, const StepModels& models) {
  if (table.rows() != 1) check_size(fmt::format("rows of {}", name), table.rows(), models.steps());
  check_size(fmt::format("columns of {}", name), table.cols(), models.pairs());
}

Eigen::VectorXd final_row(const StepModels& models, const Eigen::VectorXd& final_values) {
  Eigen::VectorXd row = final_values;
  if (final_values.size() == 0) row.setZero(models.states());
  check_size("final_values", row.size(), models.states());
  for (const double value : row) {
    if (value != -infinity) check_finite("final_values", value);
  }
  for (const auto& [state, value] : models.at(0).terminal()) row(state) = value;
  return row;
}

double largest_reward(const StepModels& models, const DenseTable& rewards, int step) {
  if (rewards.size() == 0) return models.at(step).largest_reward();
  double largest = 0.0;
  for (const double reward : at_step(rewards, step)) largest = std::max(largest, std::abs(reward));
  return largest;
}

// E[ V(s') ] where V may be −∞: then 0 · (−∞) of a move of probability 0 gives NaN, and nothing else does.
double expectation(const Mdp& mdp, Index pair, ConstRow values) {
  const double sum = mdp.expectation(pair, values);
  if (!std::isnan(sum)) return sum;
  const auto next = mdp.successors(pair);
  const auto probabilities = mdp.probabilities(pair);
  double reachable = 0.0;
  for (std::size_t t = 0; t < next.size(); ++t) {
    if (probabilities[t] > 0.0) reachable += probabilities[t] * values[static_cast<std::size_t>(next[t])];
  }
  return reachable;
}

// The shared loop. `choose` turns the action values of a state, given in the storage of its policy, into that policy
// and returns the value; `rounding` bounds what it and the action values add to the error, for |Q| up to `magnitude`.
using Choose = std::function<double(const Bellman&, int step, Index state, Row q)>;
using Rounding = std::function<double(const Bellman&, double magnitude)>;

FiniteHorizonSolution induction(const StepModels& models, const FiniteHorizonOptions& options, const Choose& choose,
                                const Rounding& rounding) {
  const int steps = models.steps(), threads = thread_count(options.threads);
  if (options.rewards.size() != 0) check_table("rewards", options.rewards, models);
  for (const double reward : options.rewards.reshaped()) check_finite("rewards", reward);

  FiniteHorizonSolution result{.error_bound = 0.0,
                               .values = DenseTable(steps + 1, models.states()),
                               .policy = DenseTable(steps, models.pairs())};
  result.values.row(steps) = final_row(models, options.final_values);
  double largest = 0.0;  // |V_{t+1}| ≤ largest where it is finite.
  for (const double value : row_of(result.values, steps)) {
    if (value != -infinity) largest = std::max(largest, std::abs(value));
  }

  for (int t = steps - 1; t >= 0; --t) {
    const Mdp& mdp = models.at(t);
    const Bellman bellman(mdp, options.temperature, options.base_measure);
    const double factor = mdp.discount() * (1.0 + mdp.row_sum_error());
    const double magnitude = largest_reward(models, options.rewards, t) + factor * largest;
    result.error_bound = (rounding(bellman, magnitude) + factor * result.error_bound) * (1.0 + 4.0 * unit);
    const double entropy = std::log(std::max<double>(mdp.largest_action_set(), 1.0)) + bellman.largest_log_weight();
    largest = std::max(largest, magnitude + options.temperature * entropy) * (1.0 + 8.0 * unit) + result.error_bound;
    if (!std::isfinite(largest))
      throw std::invalid_argument(fmt::format("horizon: with these rewards, values at step {} may overflow", t));

    const auto next = row_of(std::as_const(result.values), t + 1);
    const auto values = row_of(result.values, t);
    const auto policy = row_of(result.policy, t);
    const auto rewards = options.rewards.size() == 0 ? ConstRow() : at_step(options.rewards, t);
    parallel_for(threads, models.states(), states_per_block, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (auto s = static_cast<Index>(begin); s < end; ++s) {
        const auto state = static_cast<std::size_t>(s);
        if (mdp.is_terminal(s)) {
          values[state] = next[state];
          continue;
        }
        for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
          const auto pair = static_cast<std::size_t>(k);
          policy[pair] = rewards.empty() ? mdp.reward(k) : rewards[pair];
          if (mdp.discount() > 0.0) policy[pair] += mdp.discount() * expectation(mdp, k, next);
        }
        values[state] = choose(bellman, t, s, of_state(mdp, s, policy));
      }
    });
    if (options.progress) {
      const std::array measurements{Measurement{"error_bound", result.error_bound}};
      options.progress({.done = steps - t, .limit = steps, .measurements = measurements});
    }
  }
  return result;
}

bool all_zero(ConstRow row) {
  return std::all_of(row.begin(), row.end(), [](double p) { return p == 0.0; });
}

void check_row(int step, Index state, ConstRow row) {
  double sum = 0.0;
  bool negative = false;
  for (const double p : row) {
    sum += p;
    negative = negative || !(p >= 0.0);
  }
  if (negative || !(std::abs(sum - 1.0) <= 1e-9))
    throw std::invalid_argument(
        fmt::format("policy: probabilities at step {} of state {} must be non-negative and sum to 1, got sum {:.12g}",
                    step, state, sum));
}

}  // namespace

StepModels::StepModels(const Mdp& mdp, int steps) : models_(&mdp, 1), steps_(steps) { check_count("steps", steps, 1); }

StepModels::StepModels(std::span<const Mdp> models) : models_(models), steps_(static_cast<int>(models.size())) {
  check_count("number of models", steps_, 1);
  const Mdp& first = models_.front();
  const auto same_state = [&](const Mdp& mdp, Index s) {
    if (mdp.first_pair(s + 1) != first.first_pair(s + 1)) return false;
    if (first.is_terminal(s)) return mdp.terminal_value(s) == first.terminal_value(s);
    for (Index k = first.first_pair(s); k < first.first_pair(s + 1); ++k) {
      if (mdp.action(k, s) != first.action(k, s)) return false;
    }
    return true;
  };
  for (int t = 1; t < steps_; ++t) {
    const Mdp& mdp = models_[static_cast<std::size_t>(t)];
    check_size(fmt::format("number of states at step {}", t), mdp.states(), first.states());
    for (Index s = 0; s < first.states(); ++s) {
      if (!same_state(mdp, s))
        throw std::invalid_argument(
            fmt::format("models: actions or terminal value of state {} differ between steps 0 and {}", s, t));
    }
  }
}

FiniteHorizonSolution backward_induction(const StepModels& models, const FiniteHorizonOptions& options) {
  const auto choose = [](const Bellman& bellman, int, Index state, Row q) {
    return boltzmann_policy(q, bellman.temperature(), bellman.log_weights(state), q);
  };
  const auto rounding = [](const Bellman& bellman, double magnitude) {
    return backup_rounding_error_at(bellman, magnitude);
  };
  return induction(models, options, choose, rounding);
}

FiniteHorizonSolution finite_horizon_policy_evaluation(const StepModels& models, const DenseTable& policy,
                                                       const FiniteHorizonOptions& options) {
  check_table("policy", policy, models);
  for (Eigen::Index t = 0; t < policy.rows(); ++t) {
    const Mdp& mdp = models.at(static_cast<int>(t));
    for (Index s = 0; s < models.states(); ++s) {
      const auto row = of_state(mdp, s, row_of(policy, t));
      if (!all_zero(row)) check_row(static_cast<int>(t), s, row);
    }
  }
  const auto choose = [&](const Bellman& bellman, int step, Index state, Row q) {
    const auto row = of_state(bellman.mdp(), state, at_step(policy, step));
    double value = all_zero(row) ? -infinity : 0.0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i] > 0.0) value += row[i] * q[i];
    }
    if (bellman.temperature() > 0.0 && value != -infinity)
      value -= bellman.temperature() * divergence(row, bellman.log_weights(state));
    std::copy(row.begin(), row.end(), q.begin());
    return value;
  };
  const auto rounding = [](const Bellman& bellman, double magnitude) {
    return policy_backup_rounding_error_at(bellman, magnitude);
  };
  return induction(models, options, choose, rounding);
}

// D_{t+1}(s') adds up as many products D_t π P as there are moves to s': with n of them, n + 1 roundings relative to a
// sum of non-negative terms.
FiniteHorizonVisitation finite_horizon_visitation(const StepModels& models, const DenseTable& policy,
                                                  const Eigen::VectorXd& start) {
  check_table("policy", policy, models);
  const int steps = models.steps();
  FiniteHorizonVisitation result{.relative_error = 0.0,
                                 .states = DenseTable::Zero(steps + 1, models.states()),
                                 .pairs = DenseTable::Zero(steps, models.pairs())};
  result.states.row(0) = start_distribution(models.at(0), start);

  double roundings = 0.0;
  std::vector<Index> entries(static_cast<std::size_t>(models.states()));
  for (int t = 0; t < steps; ++t) {
    const Mdp& mdp = models.at(t);
    const auto from = row_of(std::as_const(result.states), t);
    const auto to = row_of(result.states, t + 1);
    const auto pairs = row_of(result.pairs, t);
    std::fill(entries.begin(), entries.end(), 0);
    for (Index s = 0; s < models.states(); ++s) {
      const double visits = from[static_cast<std::size_t>(s)];
      if (visits == 0.0 || mdp.is_terminal(s)) continue;
      const auto row = of_state(mdp, s, at_step(policy, t));
      check_row(t, s, row);
      for (std::size_t i = 0; i < row.size(); ++i) {
        const Index k = mdp.first_pair(s) + static_cast<Index>(i);
        const double weight = pairs[static_cast<std::size_t>(k)] = visits * row[i];
        if (weight == 0.0) continue;
        const auto next = mdp.successors(k);
        const auto probabilities = mdp.probabilities(k);
        for (std::size_t j = 0; j < next.size(); ++j) {
          to[static_cast<std::size_t>(next[j])] += probabilities.empty() ? weight : weight * probabilities[j];
          ++entries[static_cast<std::size_t>(next[j])];
        }
      }
    }
    roundings += 2.0 + static_cast<double>(*std::max_element(entries.begin(), entries.end()));
  }
  result.relative_error = unit * roundings / (1.0 - unit * roundings);
  return result;
}

}  // namespace softrl::tabular
