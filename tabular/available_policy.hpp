// The uniform policy over the actions that may be taken: where an end can be reached at all, it is, and however small
// the weight of what leads there. The base policy (base_measure.hpp) may in effect stay for ever.
#pragma once
#include <Eigen/Core>

#include "tabular/base_measure.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

// [K] equal probabilities for the actions of positive weight. Throws std::invalid_argument as check_base_measure.
Eigen::VectorXd available_policy(const Mdp& mdp, const BaseMeasure& measure);

}  // namespace softrl::tabular
