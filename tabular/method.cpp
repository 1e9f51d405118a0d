#include "tabular/method.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace softrl::tabular {
namespace {

constexpr std::array<std::pair<Method, std::string_view>, 9> names{{
    {Method::ValueIteration, "value_iteration"},
    {Method::GaussSeidel, "gauss_seidel"},
    {Method::PrioritizedSweeping, "prioritized_sweeping"},
    {Method::PolicyIteration, "policy_iteration"},
    {Method::KrylovPolicyIteration, "krylov_policy_iteration"},
    {Method::ModifiedPolicyIteration, "modified_policy_iteration"},
    {Method::Anderson, "anderson"},
    {Method::Topological, "topological"},
    {Method::Auto, "auto"},
}};

constexpr auto methods = [] {
  std::array<Method, names.size()> result{};
  for (std::size_t i = 0; i < names.size(); ++i) result[i] = names[i].first;
  return result;
}();

}  // namespace

std::span<const Method> all_methods() { return methods; }

std::string_view to_string(Method method) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.first == method; });
  assert(found != names.end());
  return found->second;
}

std::optional<Method> method_named(std::string_view name) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.second == name; });
  return found == names.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace softrl::tabular
