// Enumerations by the names that users write for them.
#pragma once
#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace softrl::continuous {

template <class Enum, std::size_t count>
using EnumNames = std::array<std::pair<Enum, std::string_view>, count>;

template <class Enum, std::size_t count>
std::string_view name_of(const EnumNames<Enum, count>& names, Enum value) {
  for (const auto& [known, name] : names)
    if (known == value) return name;
  return "";
}

// Throws std::invalid_argument, "<option> must be one of …, got …".
template <class Enum, std::size_t count>
Enum value_of(const EnumNames<Enum, count>& names, std::string_view option, const std::string& wanted) {
  std::vector<std::string_view> known;
  for (const auto& [value, name] : names) {
    if (wanted == name) return value;
    known.push_back(name);
  }
  throw std::invalid_argument(fmt::format("{} must be one of {}, got {}", option, fmt::join(known, ", "), wanted));
}

}  // namespace softrl::continuous
