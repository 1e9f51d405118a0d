#include "tabular/solver.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "tabular/soft_policy_iteration.hpp"
#include "tabular/soft_value_iteration.hpp"

namespace softrl::tabular {
namespace {

struct Entry {
  Method method;
  std::string_view name;
  Solution (*solve)(const Mdp&, const SolverOptions&);
};

constexpr std::array entries{
    Entry{Method::ValueIteration, "value_iteration", &soft_value_iteration},
    Entry{Method::PolicyIteration, "policy_iteration", &soft_policy_iteration},
};

const Entry& entry_of(Method method) {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.method == method; });
  assert(found != entries.end());
  return *found;
}

}  // namespace

std::span<const Method> all_methods() {
  static constexpr auto methods = [] {
    std::array<Method, entries.size()> result{};
    for (std::size_t i = 0; i < entries.size(); ++i) result[i] = entries[i].method;
    return result;
  }();
  return methods;
}

std::string_view to_string(Method method) { return entry_of(method).name; }

std::optional<Method> method_named(std::string_view name) {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.name == name; });
  return found == entries.end() ? std::nullopt : std::optional(found->method);
}

Solution solve(const Mdp& mdp, Method method, const SolverOptions& options) {
  return entry_of(method).solve(mdp, options);
}

}  // namespace softrl::tabular
