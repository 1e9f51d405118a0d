// Every exact solver behind one call: soft_value_iteration.hpp and its neighbours say what each does.
#pragma once
#include "tabular/mdp.hpp"
#include "tabular/method.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

// What Method::Auto stands for: `topological` where no strongly connected component holds more than half of the states,
// `policy_iteration` up to 2,000 states. Beyond, `modified_policy_iteration` at discount 1 and below it
// `value_iteration` where ten sweeps show that 60 more will do, else `krylov_policy_iteration`.
Method choose_method(const Mdp& mdp, const SolverOptions& options = {});

// Throws as the method does. Solution::method tells what Method::Auto chose.
Solution solve(const Mdp& mdp, Method method = Method::Auto, const SolverOptions& options = {});

}  // namespace softrl::tabular
