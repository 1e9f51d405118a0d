#include "tabular/gridworld.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
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

// Where a move in direction `action` from `state` ends.
Index destination(const Gridworld& world, Index state, int action) {
  static constexpr int row_step[] = {-1, 0, 1, 0}, column_step[] = {0, 1, 0, -1};
  const Cell& cell = world.cells[static_cast<std::size_t>(state)];
  const int row = cell.row + row_step[action], column = cell.column + column_step[action];
  const bool inside = row >= 0 && row < world.state_at.rows() && column >= 0 && column < world.state_at.cols();
  return inside && world.state_at(row, column) >= 0 ? world.state_at(row, column) : state;
}

// The distinct ends of a move with their probabilities.
std::vector<Successor> outcomes(const Gridworld& world, Index state, int action) {
  std::vector<Successor> result;
  const auto add = [&](int direction, double probability) {
    if (probability == 0.0) return;
    const Index end = destination(world, state, direction % 4);
    const auto same = std::find_if(result.begin(), result.end(), [&](const Successor& s) { return s.state == end; });
    if (same != result.end())
      same->probability += probability;
    else
      result.push_back({end, probability});
  };
  add(action, 1.0 - world.slip);
  add(action + 1, 0.5 * world.slip);
  add(action + 3, 0.5 * world.slip);
  return result;
}

const Tile* tile_of(const Gridworld& world, Index state) {
  const auto found = world.legend.find(world.symbol(state));
  return found == world.legend.end() ? nullptr : &found->second;
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
  const bool somewhere_to_be = std::any_of(world.cells.begin(), world.cells.end(), [&](const Cell& cell) {
    const Tile* tile = tile_of(world, world.state_at(cell.row, cell.column));
    return tile == nullptr || !tile->terminal;
  });
  if (!somewhere_to_be) config.fail("map", "has no cell to move in");
  return world;
}

Mdp gridworld_mdp(const Gridworld& world, double discount) {
  MdpBuilder builder(discount);
  const auto states = static_cast<Index>(world.cells.size());
  std::vector<double> initial(static_cast<std::size_t>(states), 0.0);
  double starts = 0.0;
  for (Index s = 0; s < states; ++s) {
    const Tile* tile = tile_of(world, s);
    if (tile != nullptr && tile->terminal) {
      builder.add_terminal_state();
      continue;
    }
    if (world.symbol(s) == 'S') starts += initial[static_cast<std::size_t>(s)] = 1.0;
    builder.add_state();
    for (int action = 0; action < static_cast<int>(gridworld_actions.size()); ++action) {
      const auto successors = outcomes(world, s, action);
      double reward = -world.step_cost;
      for (const auto& [next, probability] : successors) {
        const Tile* entered = tile_of(world, next);
        if (entered != nullptr) reward += probability * entered->reward;
      }
      builder.add_action(reward, successors);
    }
  }
  if (starts > 0.0) {
    for (double& p : initial) p /= starts;
    builder.set_initial(std::move(initial));
  }
  return std::move(builder).build();
}

}  // namespace softrl::tabular
