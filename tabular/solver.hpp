// Every exact solver behind one call: soft_value_iteration.hpp and its neighbours say what each does.
#pragma once
#include <optional>
#include <span>
#include <string_view>

#include "tabular/mdp.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

enum class Method {
  ValueIteration,   // "value_iteration"
  PolicyIteration,  // "policy_iteration"
};

std::span<const Method> all_methods();
std::string_view to_string(Method method);
std::optional<Method> method_named(std::string_view name);  // Empty if there is none.

// Throws as the method does.
Solution solve(const Mdp& mdp, Method method, const SolverOptions& options = {});

}  // namespace softrl::tabular
