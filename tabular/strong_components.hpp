// The strongly connected components of an Mdp: sets of states each of which can be reached from each other one.
#pragma once
#include <span>
#include <vector>

#include "tabular/base_measure.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

// Numbered such that every move leads to a state of the same component or of one with a smaller number.
class StrongComponents {
 public:
  // Over moves of positive probability by actions of positive base weight; Tarjan's algorithm, O(states + transitions)
  // in time. Needs some ten indices per state while it works, and two afterwards.
  explicit StrongComponents(const Mdp& mdp, const BaseMeasure& measure = {});

  Index count() const { return static_cast<Index>(offsets_.size()) - 1; }
  std::span<const Index> states(Index component) const;  // In increasing order.
  Index largest() const;                                 // Most states in one.

 private:
  std::vector<Index> offsets_, states_;
};

}  // namespace softrl::tabular
