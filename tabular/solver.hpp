// Every exact solver behind one call: soft_value_iteration.hpp and its neighbours say what each does.
#pragma once
#include "tabular/mdp.hpp"
#include "tabular/method.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

// Throws as the method does.
Solution solve(const Mdp& mdp, Method method, const SolverOptions& options = {});

}  // namespace softrl::tabular
