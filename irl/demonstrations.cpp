#include "irl/demonstrations.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "irl/csv.hpp"
#include "softrl/atomic_file.hpp"
#include "softrl/check.hpp"
#include "softrl/operators.hpp"
#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

bool may_follow(const Mdp& mdp, Index pair, Index state) {
  const auto successors = mdp.successors(pair);
  const auto probabilities = mdp.probabilities(pair);
  for (std::size_t i = 0; i < successors.size(); ++i)
    if (successors[i] == state && (probabilities.empty() || probabilities[i] > 0.0)) return true;
  return false;
}

// What is wrong with a step, or an empty string. `next` may be −1 where it is not known.
std::string fault(const Mdp& mdp, Index state, Index action, Index next) {
  const auto outside = [&](Index s) { return s < 0 || s >= mdp.states(); };
  if (outside(state)) return fmt::format("state: must be in [0, {}), got {}", mdp.states(), state);
  if (mdp.is_terminal(state)) return fmt::format("state: {} is terminal, so that no action is taken there", state);
  const Index pair = mdp.find_pair(state, action);
  if (pair < 0) return fmt::format("action: {} is not available in state {}", action, state);
  if (next == -1) return {};
  if (outside(next)) return fmt::format("next state: must be in [0, {}), got {}", mdp.states(), next);
  if (!may_follow(mdp, pair, next))
    return fmt::format("next state: {} cannot follow action {} in state {}", next, action, state);
  return {};
}

Index integer(const CsvTable& table, std::size_t row, std::size_t column, std::string_view name) {
  const double value = table.number(row, column);
  if (value != std::floor(value) || value < 0.0 || value > 2e9)
    table.fail(row, fmt::format("{}: must be a whole number ≥ 0, got {}", name, table.text(row, column)));
  return static_cast<Index>(value);
}

struct Row {
  Index t;
  std::size_t row;
};

struct Columns {
  std::size_t state, action;
  std::optional<std::size_t> next_state;
};

Demonstration read_demonstration(const CsvTable& table, const Columns& columns, const Mdp& mdp, const std::string& name,
                                 std::vector<Row> rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.t < b.t; });
  Demonstration result{.name = name, .states = {}, .actions = {}};
  for (std::size_t t = 0; t < rows.size(); ++t)
    if (rows[t].t != static_cast<Index>(t))
      table.fail(rows[t].row, rows[t].t < static_cast<Index>(t)
                                  ? fmt::format("t: {} appears twice in trajectory {}", rows[t].t, name)
                                  : fmt::format("t: trajectory {} has no step {}", name, t));
  for (std::size_t t = 0; t < rows.size(); ++t) {
    const std::size_t row = rows[t].row;
    const Index state = integer(table, row, columns.state, "state");
    const bool last = t + 1 == rows.size();
    if (last && t > 0 && table.text(row, columns.action).empty()) {
      if (const std::string wrong = fault(mdp, result.states.back(), result.actions.back(), state); !wrong.empty())
        table.fail(row, wrong);
      result.states.push_back(state);
      return result;
    }
    const Index action = integer(table, row, columns.action, "action");
    Index next = -1;
    if (columns.next_state && !table.text(row, *columns.next_state).empty())
      next = integer(table, row, *columns.next_state, "next_state");
    if (!last) {
      const Index following = integer(table, rows[t + 1].row, columns.state, "state");
      if (next >= 0 && next != following)
        table.fail(row, fmt::format("next_state: is {}, but step {} of trajectory {} is in state {}", next, t + 1, name,
                                    following));
      next = following;
    }
    if (const std::string wrong = fault(mdp, state, action, next); !wrong.empty()) table.fail(row, wrong);
    if (last && next < 0) {
      const auto successors = mdp.successors(mdp.find_pair(state, action));
      if (successors.size() != 1)
        table.fail(row, fmt::format("next_state: is missing for the last step of trajectory {}, and the move is not "
                                    "sure; a last row with a state and no action does as well",
                                    name));
      next = successors.front();
    }
    result.states.push_back(state);
    result.actions.push_back(action);
    if (last) result.states.push_back(next);
  }
  return result;
}

}  // namespace

void check_demonstrations(const Mdp& mdp, const std::vector<Demonstration>& demonstrations) {
  check_count("number of demonstrations", static_cast<std::int64_t>(demonstrations.size()), 1);
  for (const Demonstration& demonstration : demonstrations) {
    const auto fail = [&](const std::string& what) {
      throw std::invalid_argument(fmt::format("demonstration {}: {}", demonstration.name, what));
    };
    if (demonstration.actions.empty()) fail("has no steps");
    if (demonstration.states.size() != demonstration.actions.size() + 1)
      fail(fmt::format("has {} states and {} actions, but must have one state more", demonstration.states.size(),
                       demonstration.actions.size()));
    for (std::size_t t = 0; t < demonstration.actions.size(); ++t) {
      const Index next = demonstration.states[t + 1];
      const std::string wrong = next == -1 ? "next state: must be in range, got -1"
                                           : fault(mdp, demonstration.states[t], demonstration.actions[t], next);
      if (!wrong.empty()) fail(fmt::format("step {}: {}", t, wrong));
    }
  }
}

std::vector<Demonstration> read_demonstrations(const std::filesystem::path& file, const Mdp& mdp) {
  const CsvTable table = CsvTable::read(file);
  const std::size_t trajectory = table.column("trajectory"), t = table.column("t");
  Columns columns{.state = table.column("state"), .action = table.column("action"), .next_state = {}};
  if (table.has_column("next_state")) columns.next_state = table.column("next_state");

  std::map<std::string, std::size_t> number;  // of a trajectory, in the order of their first rows
  std::vector<std::pair<std::string, std::vector<Row>>> trajectories;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string& name = table.text(row, trajectory);
    const auto [found, is_new] = number.try_emplace(name, trajectories.size());
    if (is_new) trajectories.push_back({name, {}});
    trajectories[found->second].second.push_back({.t = integer(table, row, t, "t"), .row = row});
  }
  if (trajectories.empty()) throw std::runtime_error(fmt::format("{}: has no demonstrations", file.string()));
  std::vector<Demonstration> result;
  for (auto& [name, rows] : trajectories)
    result.push_back(read_demonstration(table, columns, mdp, name, std::move(rows)));
  return result;
}

void write_demonstrations(const std::filesystem::path& file, const std::vector<Demonstration>& demonstrations) {
  std::string text = "trajectory,t,state,action,next_state\n";
  for (const Demonstration& demonstration : demonstrations)
    for (std::size_t t = 0; t < demonstration.actions.size(); ++t)
      text += fmt::format("{},{},{},{},{}\n", demonstration.name, t, demonstration.states[t], demonstration.actions[t],
                          demonstration.states[t + 1]);
  write_atomically(file, text);
}

std::vector<Demonstration> simulate(const Mdp& mdp, const MaxEntProcess& process, const SoftPolicy& policy,
                                    const SimulationOptions& options) {
  check_count("count", options.count, 1);
  check_count("max_steps", options.max_steps, 1);
  const Horizon& horizon = process.horizon();
  if (horizon.at_goal && !mdp.deterministic())
    throw std::invalid_argument("a fixed horizon that ends at a goal cannot be simulated where moves are not sure");
  const int limit =
      horizon.kind == Horizon::Kind::Fixed ? std::min(horizon.steps, options.max_steps) : options.max_steps;
  std::vector<Eigen::VectorXd> actions;  // [layers] of [K]
  for (int layer = 0; layer < horizon.layers(); ++layer) actions.push_back(process.action_policy(policy.policy(layer)));
  const Eigen::VectorXd initial = mdp.initial_distribution();

  std::vector<Demonstration> result;
  for (int i = 0; i < options.count; ++i) {
    Random random(options.seed, "demonstration", static_cast<std::uint64_t>(i));
    Demonstration demonstration{.name = fmt::format("{}", i), .states = {}, .actions = {}};
    Index state = random.categorical(as_span(initial));
    if (mdp.is_terminal(state))
      throw std::invalid_argument(fmt::format("state {} is terminal, but episodes may start there", state));
    if (!std::isfinite(policy.values(0, state)))
      throw std::invalid_argument(fmt::format(
          "from state {}, where episodes may start, no goal can be reached in {} steps", state, horizon.steps));
    demonstration.states.push_back(state);
    for (int t = 0; t < limit && !mdp.is_terminal(state); ++t) {
      const auto row = as_span(actions[static_cast<std::size_t>(horizon.layer(t))])
                           .subspan(static_cast<std::size_t>(mdp.first_pair(state)),
                                    static_cast<std::size_t>(mdp.action_count(state)));
      const Index pair = mdp.first_pair(state) + random.categorical(row);
      demonstration.actions.push_back(mdp.action(pair, state));
      const auto next = mdp.successors(pair);
      const auto probabilities = mdp.probabilities(pair);
      state = next[probabilities.empty() ? 0 : static_cast<std::size_t>(random.categorical(probabilities))];
      demonstration.states.push_back(state);
    }
    result.push_back(std::move(demonstration));
  }
  return result;
}

}  // namespace softrl::irl
