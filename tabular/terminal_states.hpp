// Terminal states in files of systems that do not have them: there, they are states that return to themselves.
#pragma once
#include <vector>

#include "tabular/mdp.hpp"

namespace softrl::tabular {

// States of `arrays` whose only action returns to itself with reward 0, with value 0: what a single action can do has
// no entropy, so at any discount below 1 that is their value, and at discount 1 it is what stands for the end.
std::vector<TerminalState> absorbing_states(const MdpArrays& arrays);

// Drops the actions of `states` and makes them terminal, besides those that are already. A state listed twice keeps the
// value listed first. The offsets of `arrays` must increase and fit; states are in range.
void make_terminal(MdpArrays& arrays, const std::vector<TerminalState>& states);

// The successors of a pair in increasing order, each once, none of probability 0.
std::vector<Successor> sorted_row(const Mdp& mdp, Index pair);

}  // namespace softrl::tabular
