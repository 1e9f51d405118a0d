#include "tabular/solver.hpp"

#include <stdexcept>

#include "tabular/soft_policy_iteration.hpp"
#include "tabular/soft_value_iteration.hpp"

namespace softrl::tabular {

Solution solve(const Mdp& mdp, Method method, const SolverOptions& options) {
  switch (method) {
    case Method::ValueIteration:
      return soft_value_iteration(mdp, options);
    case Method::PolicyIteration:
      return soft_policy_iteration(mdp, options);
  }
  throw std::invalid_argument("method: not one of the enumerators");
}

}  // namespace softrl::tabular
