// Configuration files (TOML) read strictly: a missing, ill-typed, out-of-range or unknown key is an error that says
// "file:line: table.key: what is wrong". Used by gridworlds, route studies and training configurations alike.
//
//     const Config config = Config::read("cliff.toml");
//     const double slip = config.number("slip", 0.0);
//     ...
//     config.refuse_unknown();   // every key that was never asked for is an error
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace softrl {

class Config {
 public:
  // Throw std::runtime_error: the file cannot be read, or is not TOML (with the line).
  static Config read(const std::filesystem::path& file);
  static Config parse(std::string_view text, std::string_view name);  // `name` stands for the file in messages

  bool has(std::string_view key) const;
  bool is_table(std::string_view key) const;  // false also if it is not there
  std::vector<std::string> keys() const;      // in the order of the file

  // Required ones. Numbers must be finite; `number` also takes integers.
  double number(std::string_view key) const;
  std::int64_t integer(std::string_view key) const;
  bool boolean(std::string_view key) const;
  std::string string(std::string_view key) const;
  std::vector<double> numbers(std::string_view key) const;
  std::vector<std::string> strings(std::string_view key) const;
  std::vector<std::string> string_or_strings(std::string_view key) const;
  Config table(std::string_view key) const;
  std::vector<Config> tables(std::string_view key) const;  // [[key]]

  // Optional ones.
  double number(std::string_view key, double otherwise) const;
  std::int64_t integer(std::string_view key, std::int64_t otherwise) const;
  bool boolean(std::string_view key, bool otherwise) const;
  std::string string(std::string_view key, std::string_view otherwise) const;

  // Throws the error for a value that was read but makes no sense: "file:line: key: message".
  [[noreturn]] void fail(std::string_view key, std::string_view message) const;

  // Throws if this table or one taken from it has a key that was never asked for.
  void refuse_unknown() const;

  int line(std::string_view key) const;  // where `key` stands; the table's own line if it does not

 private:
  struct Node;
  explicit Config(std::shared_ptr<Node> node) : node_(std::move(node)) {}
  std::shared_ptr<Node> node_;
};

}  // namespace softrl
