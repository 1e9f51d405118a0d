#include "tabular/sweep_in_place.hpp"

namespace softrl::tabular {

void sweep_to_and_fro(Bellman& bellman, Eigen::VectorXd& values) {
  const Mdp& mdp = bellman.mdp();
  for (Index s = mdp.states(); s-- > 0;) {
    if (!mdp.is_terminal(s)) values(s) = bellman.backup(s, values);
  }
  for (Index s = 0; s < mdp.states(); ++s) {
    if (!mdp.is_terminal(s)) values(s) = bellman.backup(s, values);
  }
}

}  // namespace softrl::tabular
