#include "tabular/method.hpp"

#include <algorithm>
#include <array>

namespace softrl::tabular {
namespace {

constexpr std::array methods{
    Method::ValueIteration,
    Method::PolicyIteration,
};

}  // namespace

std::span<const Method> all_methods() { return methods; }

std::string_view to_string(Method method) {
  switch (method) {
    case Method::ValueIteration:
      return "value_iteration";
    case Method::PolicyIteration:
      return "policy_iteration";
  }
  return "";
}

std::optional<Method> method_named(std::string_view name) {
  const auto found = std::find_if(methods.begin(), methods.end(), [&](Method m) { return to_string(m) == name; });
  return found == methods.end() ? std::nullopt : std::optional(*found);
}

}  // namespace softrl::tabular
