// Who may move where: the moves of an Mdp turned round.
#pragma once
#include <span>
#include <vector>

#include "tabular/base_measure.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

class Predecessors {
 public:
  // The moves of positive probability by actions of positive base weight. Takes memory of a quarter to a third of the
  // transitions' and costs O(states + transitions).
  explicit Predecessors(const Mdp& mdp, const BaseMeasure& measure = {});

  // The states from which `state` can be entered, in increasing order; one as often as it has moves that do.
  std::span<const Index> of(Index state) const;

 private:
  std::vector<Index> offsets_, states_;
};

}  // namespace softrl::tabular
