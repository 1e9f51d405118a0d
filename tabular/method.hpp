// The exact methods for an infinite horizon, and their names on the command line, in Python and in reports.
#pragma once
#include <optional>
#include <span>
#include <string_view>

namespace softrl::tabular {

enum class Method {
  ValueIteration,           // "value_iteration"
  GaussSeidel,              // "gauss_seidel"
  PrioritizedSweeping,      // "prioritized_sweeping"
  PolicyIteration,          // "policy_iteration"
  KrylovPolicyIteration,    // "krylov_policy_iteration"
  ModifiedPolicyIteration,  // "modified_policy_iteration"
  Anderson,                 // "anderson"
  Topological,              // "topological"
  Auto,                     // "auto": one of the others, by the structure of the process (solver.hpp)
};

std::span<const Method> all_methods();
std::string_view to_string(Method method);
std::optional<Method> method_named(std::string_view name);  // Empty if there is none.

}  // namespace softrl::tabular
