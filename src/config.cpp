#include "softrl/config.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include "softrl/nearest_name.hpp"

namespace softrl {

struct Config::Node {
  std::shared_ptr<const toml::table> root;  // keeps `table` alive
  const toml::table* table;
  std::string file;
  std::string prefix;  // "trips." in front of the keys of [trips]
  std::set<std::string, std::less<>> asked = {};
  std::vector<std::shared_ptr<Node>> children = {};

  int line_of(const toml::node* at) const {
    return static_cast<int>((at != nullptr ? at : table)->source().begin.line);
  }

  [[noreturn]] void fail(std::string_view key, std::string_view message) const {
    throw std::runtime_error(
        fmt::format("{}:{}: {}{}: {}", file, std::max(1, line_of(table->get(key))), prefix, key, message));
  }

  const toml::node* find(std::string_view key) {
    asked.emplace(key);
    return table->get(key);
  }

  const toml::node& require(std::string_view key) {
    const toml::node* found = find(key);
    if (found == nullptr) fail(key, "is missing");
    return *found;
  }

  template <class T>
  T convert(std::string_view key, const toml::node& value, std::string_view what) const {
    if constexpr (std::is_same_v<T, double>) {
      if (!value.is_number()) fail(key, fmt::format("must be {}", what));
      const double number = *value.value<double>();
      if (!std::isfinite(number)) fail(key, fmt::format("must be finite, got {}", number));
      return number;
    } else {
      const auto exact = value.value_exact<T>();
      if (!exact) fail(key, fmt::format("must be {}", what));
      return *exact;
    }
  }

  template <class T>
  std::vector<T> convert_array(std::string_view key, std::string_view what, std::string_view element) {
    const toml::array* array = require(key).as_array();
    if (array == nullptr) fail(key, fmt::format("must be {}", what));
    std::vector<T> result;
    for (const toml::node& value : *array) result.push_back(convert<T>(key, value, element));
    return result;
  }

  // One node per table, however often it is taken, so that `asked` sees all that was asked of it.
  std::shared_ptr<Node> child(std::string_view key, const toml::table& at, std::string_view suffix) {
    for (const auto& known : children) {
      if (known->table == &at) return known;
    }
    children.push_back(std::make_shared<Node>(
        Node{.root = root, .table = &at, .file = file, .prefix = fmt::format("{}{}{}.", prefix, key, suffix)}));
    return children.back();
  }
};

Config Config::read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file))
    throw std::runtime_error(fmt::format("{}: cannot be read", file.string()));
  std::ostringstream text;
  text << in.rdbuf();
  return parse(text.str(), file.string());
}

Config Config::parse(std::string_view text, std::string_view name) {
  try {
    auto root = std::make_shared<const toml::table>(toml::parse(text));
    const toml::table* table = root.get();
    return Config(
        std::make_shared<Node>(Node{.root = std::move(root), .table = table, .file = std::string(name), .prefix = ""}));
  } catch (const toml::parse_error& error) {
    throw std::runtime_error(fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
  }
}

bool Config::has(std::string_view key) const { return node_->find(key) != nullptr; }
bool Config::is_table(std::string_view key) const {
  const toml::node* found = node_->find(key);
  return found != nullptr && found->is_table();
}

std::vector<std::string> Config::keys() const {
  std::vector<std::pair<toml::source_position, std::string>> found;
  for (const auto& [key, value] : *node_->table) found.emplace_back(key.source().begin, std::string(key.str()));
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> result;
  for (auto& [position, key] : found) result.push_back(std::move(key));
  return result;
}

double Config::number(std::string_view key) const {
  return node_->convert<double>(key, node_->require(key), "a number");
}
std::int64_t Config::integer(std::string_view key) const {
  return node_->convert<std::int64_t>(key, node_->require(key), "an integer");
}
bool Config::boolean(std::string_view key) const {
  return node_->convert<bool>(key, node_->require(key), "true or false");
}
std::string Config::string(std::string_view key) const {
  return node_->convert<std::string>(key, node_->require(key), "a string");
}
std::vector<double> Config::numbers(std::string_view key) const {
  return node_->convert_array<double>(key, "an array of numbers", "an array of numbers");
}
std::vector<std::string> Config::strings(std::string_view key) const {
  return node_->convert_array<std::string>(key, "an array of strings", "an array of strings");
}
std::vector<std::string> Config::string_or_strings(std::string_view key) const {
  if (const toml::node& value = node_->require(key); !value.is_array())
    return {node_->convert<std::string>(key, value, "a string, or an array of strings")};
  return strings(key);
}

Config Config::table(std::string_view key) const {
  const toml::table* table = node_->require(key).as_table();
  if (table == nullptr) fail(key, "must be a table");
  return Config(node_->child(key, *table, ""));
}

std::vector<Config> Config::tables(std::string_view key) const {
  const toml::array* array = node_->require(key).as_array();
  if (array == nullptr) fail(key, "must be an array of tables");
  std::vector<Config> result;
  for (const toml::node& element : *array) {
    if (!element.is_table()) fail(key, "must be an array of tables");
    result.push_back(Config(node_->child(key, *element.as_table(), fmt::format("[{}]", result.size()))));
  }
  return result;
}

double Config::number(std::string_view key, double otherwise) const { return has(key) ? number(key) : otherwise; }
std::int64_t Config::integer(std::string_view key, std::int64_t otherwise) const {
  return has(key) ? integer(key) : otherwise;
}
bool Config::boolean(std::string_view key, bool otherwise) const { return has(key) ? boolean(key) : otherwise; }
std::string Config::string(std::string_view key, std::string_view otherwise) const {
  return has(key) ? string(key) : std::string(otherwise);
}

void Config::fail(std::string_view key, std::string_view message) const { node_->fail(key, message); }

void Config::refuse_unknown() const {
  for (const std::string& key : keys()) {
    if (node_->asked.contains(key)) continue;
    const std::vector<std::string> known(node_->asked.begin(), node_->asked.end());
    if (known.empty()) node_->fail(key, "unknown key: none is known here");
    node_->fail(key, fmt::format("unknown key (did you mean {}? known here: {})", nearest_name(key, known),
                                 fmt::join(known, ", ")));
  }
  for (const auto& child : node_->children) Config(child).refuse_unknown();
}

int Config::line(std::string_view key) const { return std::max(1, node_->line_of(node_->table->get(key))); }

}  // namespace softrl
