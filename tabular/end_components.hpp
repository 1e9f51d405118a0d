// The maximal end components of an Mdp (de Alfaro 1997): where a process can stay for ever.
#pragma once
#include <vector>

#include "tabular/base_measure.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

// An end component is a set of states, each with some actions of positive base weight all of whose successors are in
// the set, such that these actions lead from each of its states to each other one. Every policy ends up in one of the
// maximal ones, which are disjoint, or in a terminal state; in a component, any state can be visited for ever.
struct EndComponents {
  Index count = 0;
  std::vector<Index> component;  // [S] 0 … count − 1, or −1 for states in none.
  std::vector<char> stays;       // [K] whether the action keeps the process in its state's component for sure.
};

// Strong components are taken again and again after removing the actions that leave them. Costs O(states + transitions)
// a round; two rounds for deterministic moves and most others, at most as many as actions are removed.
EndComponents end_components(const Mdp& mdp, const BaseMeasure& measure = {});

}  // namespace softrl::tabular
