#include "tabular/gridworld.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <span>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "softrl/config.hpp"

namespace softrl::tabular {
namespace {

bool is_ground(char symbol) { return symbol == '.' || symbol == ' ' || symbol == 'S'; }

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

// TOML drops a line break right after the opening quotes: the first row is on the next line then.
int first_row_line(std::string_view text, int key_line) {
  const auto lines = split_lines(text);
  const std::string& line = lines.at(static_cast<std::size_t>(key_line) - 1);
  const auto quotes = line.find_first_of("\"'", line.find('='));
  const bool opens = quotes != std::string::npos && line.find_first_not_of("\"'", quotes) == std::string::npos;
  return opens ? key_line + 1 : key_line;
}

std::map<char, Tile> read_legend(const Config& config) {
  std::map<char, Tile> legend{{'G', {.reward = 1.0, .terminal = true}}, {'H', {.reward = -1.0, .terminal = true}}};
  if (!config.has("legend")) return legend;
  const Config table = config.table("legend");
  for (const std::string& key : table.keys()) {
    if (key.size() != 1 || key[0] == '#' || is_ground(key[0]))
      table.fail(key, "must be one ASCII character other than '#', '.', ' ' and 'S'");
    const Config tile = table.table(key);
    legend[key[0]] = {.reward = tile.number("reward", 0.0), .terminal = tile.boolean("terminal", true)};
  }
  return legend;
}

void check_sums(const Config& config, const Gridworld& world) {
  for (const auto& [symbol, tile] : world.legend) {
    if (std::isfinite(tile.reward - world.step_cost)) continue;
    config.fail("step_cost", fmt::format("{} and the reward {} of '{}' add up to more than double precision holds",
                                         world.step_cost, tile.reward, symbol));
  }
}

double number_between(const Config& config, std::string_view key, double otherwise, double low, double high) {
  const double value = config.number(key, otherwise);
  if (!(value >= low && value <= high)) config.fail(key, fmt::format("must be in [{}, {}], got {}", low, high, value));
  return value;
}

// The UTF-8 character that begins at `start`, whole.
std::string character(std::string_view text, std::size_t start) {
  std::size_t end = start + 1;
  while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
  return std::string(text.substr(start, end - start));
}

void check_map(const Gridworld& world, std::string_view name, int first_line) {
  const std::size_t width = world.map.front().size();
  for (std::size_t r = 0; r < world.map.size(); ++r) {
    const std::string& row = world.map[r];
    const auto fail = [&](const std::string& message) {
      throw std::runtime_error(fmt::format("{}:{}: map: {}", name, first_line + static_cast<int>(r), message));
    };
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (row[c] != '#' && !is_ground(row[c]) && !world.legend.contains(row[c]))
        fail(
            fmt::format("cell {} of row {} is '{}', which [legend] does not explain", c + 1, r + 1, character(row, c)));
    }
    if (row.size() != width) fail(fmt::format("row {} has {} cells, the rows above have {}", r + 1, row.size(), width));
  }
}

// Where a move in direction `action` from `state` ends.
Index destination(const Gridworld& world, Index state, int action) {
  static constexpr int row_step[] = {-1, 0, 1, 0}, column_step[] = {0, 1, 0, -1};
  const Cell& cell = world.cells[static_cast<std::size_t>(state)];
  const int row = cell.row + row_step[action], column = cell.column + column_step[action];
  const bool inside = row >= 0 && row < world.state_at.rows() && column >= 0 && column < world.state_at.cols();
  return inside && world.state_at(row, column) >= 0 ? world.state_at(row, column) : state;
}

// The distinct ends of a move with their probabilities.
struct Ends {
  std::array<Successor, 3> list;
  std::size_t count = 0;

  void add(Index state, double probability) {
    if (probability == 0.0) return;
    for (std::size_t i = 0; i < count; ++i) {
      if (list[i].state != state) continue;
      list[i].probability += probability;
      return;
    }
    list[count++] = {state, probability};
  }
  std::span<const Successor> all() const& { return std::span(list).first(count); }
  std::span<const Successor> all() && = delete;  // A loop over a temporary's would outlive it.
};

Ends ends_of(const Gridworld& world, Index state, int action) {
  Ends ends;
  ends.add(destination(world, state, action), 1.0 - world.slip);
  ends.add(destination(world, state, (action + 1) % 4), 0.5 * world.slip);
  ends.add(destination(world, state, (action + 3) % 4), 0.5 * world.slip);
  return ends;
}

// What the map's letters mean, by character; nullptr for floor.
using Tiles = std::array<const Tile*, 256>;

Tiles tiles_of(const Gridworld& world) {
  Tiles tiles{};
  for (const auto& [symbol, tile] : world.legend) tiles[static_cast<unsigned char>(symbol)] = &tile;
  return tiles;
}

const Tile* tile_of(const Gridworld& world, const Tiles& tiles, Index state) {
  return tiles[static_cast<unsigned char>(world.symbol(state))];
}

}  // namespace

Gridworld read_gridworld(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file))
    throw std::runtime_error(fmt::format("{}: cannot be read", file.string()));
  std::ostringstream text;
  text << in.rdbuf();
  return parse_gridworld(text.str(), file.string());
}

Gridworld parse_gridworld(std::string_view text, std::string_view name) {
  const Config config = Config::parse(text, name);
  Gridworld world;
  world.map = split_lines(config.string("map"));
  world.legend = read_legend(config);
  world.slip = number_between(config, "slip", world.slip, 0.0, 1.0);
  world.step_cost = config.number("step_cost", world.step_cost);
  world.discount = number_between(config, "discount", world.discount, 0.0, 1.0);
  config.refuse_unknown();
  check_sums(config, world);

  if (world.map.empty() || world.map.front().empty()) config.fail("map", "is empty");
  check_map(world, name, first_row_line(text, config.line("map")));
  number_states(world);
  const Tiles tiles = tiles_of(world);
  const bool somewhere_to_be = std::any_of(world.cells.begin(), world.cells.end(), [&](const Cell& cell) {
    const Tile* tile = tile_of(world, tiles, world.state_at(cell.row, cell.column));
    return tile == nullptr || !tile->terminal;
  });
  if (!somewhere_to_be) config.fail("map", "has no cell to move in");
  return world;
}

// Counted first, so that every array has its final size before it is filled.
Mdp gridworld_mdp(const Gridworld& world, double discount) {
  constexpr int actions = static_cast<int>(gridworld_actions.size());
  const auto states = static_cast<Index>(world.cells.size());
  const Tiles tiles = tiles_of(world);
  const auto is_terminal = [&](Index state) {
    const Tile* tile = tile_of(world, tiles, state);
    return tile != nullptr && tile->terminal;
  };
  MdpArrays arrays;
  arrays.discount = discount;
  std::size_t pairs = 0, transitions = 0, starts = 0;
  for (Index s = 0; s < states; ++s) {
    if (is_terminal(s)) {
      arrays.terminal.push_back({s, 0.0});
      continue;
    }
    pairs += actions;
    for (int action = 0; action < actions; ++action) transitions += ends_of(world, s, action).count;
    if (world.symbol(s) == 'S') ++starts;
  }
  if (std::max(pairs, transitions) >= static_cast<std::size_t>(std::numeric_limits<Index>::max()))
    throw std::invalid_argument(fmt::format("{} transitions are more than 32-bit indices reach", transitions));
  arrays.action_offsets.reserve(static_cast<std::size_t>(states) + 1);
  arrays.rewards.reserve(pairs);
  arrays.successors.reserve(transitions);
  const bool sure = world.slip == 0.0;
  if (!sure) {
    arrays.successor_offsets.reserve(pairs + 1);
    arrays.successor_offsets.push_back(0);
    arrays.probabilities.reserve(transitions);
  }

  arrays.action_offsets.push_back(0);
  for (Index s = 0; s < states; ++s) {
    for (int action = 0; action < actions && !is_terminal(s); ++action) {
      double reward = -world.step_cost;
      const Ends ends = ends_of(world, s, action);
      for (const auto& [next, probability] : ends.all()) {
        const Tile* entered = tile_of(world, tiles, next);
        if (entered != nullptr) reward += probability * entered->reward;
        arrays.successors.push_back(next);
        if (!sure) arrays.probabilities.push_back(probability);
      }
      arrays.rewards.push_back(reward);
      if (!sure) arrays.successor_offsets.push_back(static_cast<Index>(arrays.successors.size()));
    }
    arrays.action_offsets.push_back(static_cast<Index>(arrays.rewards.size()));
  }
  if (starts > 0) {
    arrays.initial.assign(static_cast<std::size_t>(states), 0.0);
    for (Index s = 0; s < states; ++s) {
      if (world.symbol(s) == 'S') arrays.initial[static_cast<std::size_t>(s)] = 1.0 / static_cast<double>(starts);
    }
  }
  drop_defaults(arrays);
  return Mdp(std::move(arrays));
}

void number_states(Gridworld& world) {
  const auto rows = static_cast<int>(world.map.size()), columns = static_cast<int>(world.map.front().size());
  world.state_at = Eigen::MatrixXi::Constant(rows, columns, -1);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) {
      if (world.map[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] == '#') continue;
      world.state_at(r, c) = static_cast<int>(world.cells.size());
      world.cells.push_back({r, c});
    }
  }
}

std::string to_toml(const Gridworld& world) {
  // As in a string between quotes; rows of a map cannot hold line breaks.
  const auto quoted = [](char symbol) {
    if (symbol == '"' || symbol == '\\') return fmt::format("\\{}", symbol);
    const auto code = static_cast<unsigned>(static_cast<unsigned char>(symbol));
    return code < 0x20 || code == 0x7F ? fmt::format("\\u{:04X}", code) : std::string(1, symbol);
  };
  std::string text = "map = \"\"\"\n";
  for (const std::string& row : world.map) {
    for (const char symbol : row) text += quoted(symbol);
    text += "\n";
  }
  text += fmt::format("\"\"\"\nslip = {}\nstep_cost = {}\ndiscount = {}\n\n[legend]\n", world.slip, world.step_cost,
                      world.discount);
  for (const auto& [symbol, tile] : world.legend)
    text += fmt::format("\"{}\" = {{ reward = {}, terminal = {} }}\n", quoted(symbol), tile.reward, tile.terminal);
  return text;
}

}  // namespace softrl::tabular
