#include "tabular/soft_value_iteration.hpp"

#include <utility>

#include "tabular/iterate.hpp"

namespace softrl::tabular {

Solution soft_value_iteration(const Mdp& mdp, const SolverOptions& options) {
  Bellman bellman(mdp, options.temperature, options.base_measure, options.threads);
  return iterate(bellman, Method::ValueIteration, options, [](Iterate& at) {
    std::swap(at.values, at.next);
    return Move::Certify;
  });
}

}  // namespace softrl::tabular
