#include "tabular/generators.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "softrl/check.hpp"
#include "softrl/random.hpp"

namespace softrl::tabular {
namespace {

constexpr std::int64_t most = std::numeric_limits<Index>::max() - 1;

void check_count_between(std::string_view name, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high)
    throw std::invalid_argument(fmt::format("{} must be in [{}, {}], got {}", name, low, high, value));
}

// Both factors are at most `most`, so that the product does not overflow.
void check_product(std::string_view what, std::int64_t a, std::int64_t b) {
  if (a * b > most)
    throw std::invalid_argument(fmt::format("{} x {} are more {} than 32-bit indices reach", a, b, what));
}

struct WorldOptions {
  double slip, step_cost, goal_reward, fall_reward, discount;
};

Gridworld world_of(std::vector<std::string> map, const WorldOptions& options) {
  check_in_range("slip", options.slip, 0.0, 1.0);
  check_finite("step_cost", options.step_cost);
  check_finite("goal_reward", options.goal_reward);
  check_finite("fall_reward", options.fall_reward);
  check_in_range("discount", options.discount, 0.0, 1.0);
  Gridworld world{.map = std::move(map),
                  .legend = {{'G', {.reward = options.goal_reward}}, {'H', {.reward = options.fall_reward}}},
                  .slip = options.slip,
                  .step_cost = options.step_cost,
                  .discount = options.discount,
                  .cells = {},
                  .state_at = {}};
  number_states(world);
  return world;
}

std::vector<std::string> rectangle(std::int64_t rows, std::int64_t columns, char symbol) {
  return std::vector<std::string>(static_cast<std::size_t>(rows),
                                  std::string(static_cast<std::size_t>(columns), symbol));
}

constexpr double default_fall = -1.0;  // Of an 'H' that the map does not have.

}  // namespace

Gridworld open_gridworld(const OpenGridworldOptions& options) {
  check_count_between("rows", options.rows, 1, most);
  check_count_between("columns", options.columns, 1, most);
  check_product("cells", options.rows, options.columns);
  if (options.rows * options.columns < 2) throw std::invalid_argument("rows and columns must leave room for two cells");
  auto map = rectangle(options.rows, options.columns, '.');
  map.front().front() = 'S';
  map.back().back() = 'G';
  return world_of(std::move(map),
                  {options.slip, options.step_cost, options.goal_reward, default_fall, options.discount});
}

Gridworld four_rooms(const FourRoomsOptions& options) {
  check_count_between("size", options.size, 5, 40'000);
  const auto n = static_cast<std::size_t>(options.size);
  auto map = rectangle(options.size + 2, options.size + 2, '#');
  for (std::size_t r = 1; r <= n; ++r) std::fill_n(map[r].begin() + 1, n, '.');
  // One wall from top to bottom, and one on either side of it, the right one a row lower.
  const std::size_t middle = (n + 1) / 2;
  for (std::size_t i = 1; i <= n; ++i) {
    map[i][middle] = '#';
    map[i < middle ? middle : middle + 1][i] = '#';
  }
  map[middle / 2][middle] = '.';
  map[(middle + n + 3) / 2][middle] = '.';
  map[middle][middle / 3] = '.';
  map[middle + 1][(middle + n + 1) / 2] = '.';
  map[1][1] = 'S';
  map[n][n] = 'G';
  return world_of(std::move(map),
                  {options.slip, options.step_cost, options.goal_reward, default_fall, options.discount});
}

Gridworld cliff(const CliffOptions& options) {
  check_count_between("rows", options.rows, 2, most);
  check_count_between("columns", options.columns, 3, most);
  check_product("cells", options.rows, options.columns);
  auto map = rectangle(options.rows, options.columns, '.');
  std::fill(map.back().begin() + 1, map.back().end() - 1, 'H');
  map.back().front() = 'S';
  map.back().back() = 'G';
  return world_of(std::move(map),
                  {options.slip, options.step_cost, options.goal_reward, options.fall_reward, options.discount});
}

Mdp garnet(const GarnetOptions& options) {
  check_count_between("states", options.states, 1, most);
  check_count_between("actions", options.actions, 1, most);
  check_count_between("branching", options.branching, 1, options.states);
  check_count_between("terminal", options.terminal, 0, options.states - 1);
  const std::int64_t running = options.states - options.terminal;
  check_product("state-actions", running, options.actions);
  const std::int64_t pairs = running * options.actions;
  check_product("transitions", pairs, options.branching);

  const auto branching = static_cast<std::size_t>(options.branching);
  MdpArrays arrays;
  arrays.discount = options.discount;
  arrays.action_offsets.reserve(static_cast<std::size_t>(options.states) + 1);
  for (std::int64_t s = 0; s <= options.states; ++s)
    arrays.action_offsets.push_back(static_cast<Index>(std::min(s, running) * options.actions));
  for (std::int64_t s = running; s < options.states; ++s) arrays.terminal.push_back({static_cast<Index>(s), 0.0});
  arrays.rewards.reserve(static_cast<std::size_t>(pairs));
  arrays.successors.reserve(static_cast<std::size_t>(pairs) * branching);
  if (branching > 1) {
    arrays.successor_offsets.reserve(static_cast<std::size_t>(pairs) + 1);
    arrays.successor_offsets.push_back(0);
    arrays.probabilities.reserve(static_cast<std::size_t>(pairs) * branching);
  }

  Random random(options.seed, "garnet");
  std::vector<Index> row(branching);
  std::vector<double> cuts(branching + 1);
  for (std::int64_t k = 0; k < pairs; ++k) {
    arrays.rewards.push_back(random.normal());
    // Floyd's way to draw different numbers, each set of them equally likely.
    row.clear();
    for (std::int64_t limit = options.states - options.branching; limit < options.states; ++limit) {
      const auto drawn = static_cast<Index>(random.below(limit + 1));
      const bool taken = std::find(row.begin(), row.end(), drawn) != row.end();
      row.push_back(taken ? static_cast<Index>(limit) : drawn);
    }
    std::sort(row.begin(), row.end());
    arrays.successors.insert(arrays.successors.end(), row.begin(), row.end());
    if (branching == 1) continue;
    for (std::size_t i = 1; i < branching; ++i) cuts[i] = random.uniform();
    cuts.front() = 0.0;
    cuts.back() = 1.0;
    std::sort(cuts.begin(), cuts.end());
    for (std::size_t i = 0; i < branching; ++i) arrays.probabilities.push_back(cuts[i + 1] - cuts[i]);
    arrays.successor_offsets.push_back(static_cast<Index>(arrays.successors.size()));
  }
  return Mdp(std::move(arrays));
}

Mdp river_swim(const RiverSwimOptions& options) {
  check_count_between("states", options.states, 2, most / 6);
  const auto last = static_cast<Index>(options.states - 1);
  MdpBuilder builder(options.discount);
  for (Index s = 0; s <= last; ++s) {
    builder.add_state();
    builder.add_action(s == 0 ? 0.005 : 0.0, std::max(s - 1, 0));
    if (s == 0)
      builder.add_action(0.0, {{0, 0.4}, {1, 0.6}});
    else if (s < last)
      builder.add_action(0.0, {{s - 1, 0.05}, {s, 0.6}, {s + 1, 0.35}});
    else
      builder.add_action(1.0, {{s - 1, 0.4}, {s, 0.6}});
  }
  return std::move(builder).build();
}

Mdp chain(const ChainOptions& options) {
  check_count_between("states", options.states, 1, most / 4);
  check_in_range("slip", options.slip, 0.0, 1.0);
  check_finite("small_reward", options.small_reward);
  check_finite("large_reward", options.large_reward);
  const auto last = static_cast<Index>(options.states - 1);
  MdpBuilder builder(options.discount);
  for (Index s = 0; s <= last; ++s) {
    builder.add_state();
    for (const double forward : {1.0 - options.slip, options.slip}) {
      std::vector<RewardedSuccessor> outcomes;
      if (forward > 0.0) outcomes.push_back({std::min(s + 1, last), forward, s == last ? options.large_reward : 0.0});
      if (forward < 1.0) outcomes.push_back({0, 1.0 - forward, options.small_reward});
      builder.add_action(outcomes);
    }
  }
  std::vector<double> initial(static_cast<std::size_t>(options.states), 0.0);
  initial.front() = 1.0;
  builder.set_initial(std::move(initial));
  return std::move(builder).build();
}

}  // namespace softrl::tabular
