// Exponentiated gradient (Kivinen & Warmuth 1997), the search of the paper of 2008, with weights of either sign:
//
//     θ = ½ (w⁺ − w⁻)        w± ← w± exp(± η ∇F(θ))        from w⁺ w⁻ = 1
//
// in scaled variables, with a step η that is halved until F rises enough and doubled after every success. Converges
// linearly: L-BFGS needs far fewer iterations.
#pragma once
#include <Eigen/Core>

#include "irl/maximise.hpp"

namespace softrl::irl {

// As maximise(). Throws std::invalid_argument for an L1 penalty.
Maximum exponentiated_gradient(const Objective& objective, const Eigen::VectorXd& start,
                               const MaximiseOptions& options);

}  // namespace softrl::irl
