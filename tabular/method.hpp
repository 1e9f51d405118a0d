// The exact methods for an infinite horizon, and their names on the command line, in Python and in reports.
#pragma once
#include <optional>
#include <span>
#include <string_view>

namespace softrl::tabular {

enum class Method {
  ValueIteration,   // "value_iteration"
  PolicyIteration,  // "policy_iteration"
};

std::span<const Method> all_methods();
std::string_view to_string(Method method);
std::optional<Method> method_named(std::string_view name);  // Empty if there is none.

}  // namespace softrl::tabular
