#include "cli/weight_options.hpp"

#include <charconv>
#include <cmath>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

namespace softrl::cli {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

}  // namespace

CLI::Option* add_weights(CLI::App& command, const std::string& name, std::vector<std::string>& words,
                         const std::string& help) {
  return command.add_option(name, words, help)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE,...")
      ->default_str("");
}

std::vector<irl::NamedWeight> parse_weights(std::string_view option, const std::vector<std::string>& words) {
  std::vector<irl::NamedWeight> weights;
  for (const std::string& word : words) {
    const std::string_view text = word;
    const std::size_t equals = text.find('=');
    const std::string_view name = trimmed(text.substr(0, equals));
    const std::string_view number = equals == std::string_view::npos ? "" : trimmed(text.substr(equals + 1));
    double value = 0.0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (name.empty() || error != std::errc() || end != number.data() + number.size() || !std::isfinite(value))
      throw std::invalid_argument(fmt::format("{}: \"{}\" is not of the form name=number", option, word));
    weights.push_back({.name = std::string(name), .value = value});
  }
  return weights;
}

}  // namespace softrl::cli
