// Where to start from in search of the values of the nested recursive logit (nested_values.hpp): those of one scale for
// all links, the mean of theirs. That is maxent, whose values towards all destinations come from one factorisation.
#pragma once
#include "irl/lane_lu.hpp"
#include "irl/nested_values.hpp"
#include "irl/path_sum.hpp"

namespace softrl::irl {

class NestedGuess {
 public:
  // Link size is left out. `network` must outlive this object.
  NestedGuess(const RoadNetwork& network, const NestedUtilities& utilities);

  // [L]; empty if the path sums of maxent are not finite. May be called from many threads at once.
  Lanes values(const NestedProblem& problem) const;

 private:
  double scale_;
  PathSum path_sum_;
  bool finite_;
};

}  // namespace softrl::irl
