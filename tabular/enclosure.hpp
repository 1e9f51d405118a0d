// Bounds on V* from a strict sub- and a strict supersolution, TL > L and TU < U: these also work at discount 1.
#pragma once
#include <optional>

#include <Eigen/Core>

#include "tabular/bellman.hpp"

namespace softrl::tabular {

struct Enclosure {
  Eigen::VectorXd lower, upper;  // [S] lower ≤ V* ≤ upper.
};

// L and U near `values`, found as (near) solutions of the same problem with every reward changed by ∓margin and then
// verified state by state, rounding included (docs/rounding.md). `margin` > 0 in reward units should exceed the
// residual of `values`; the width is about 2 margin times the expected steps to the end. Empty if no such pair could be
// verified.
//
// They are sought by Gauss-Seidel sweeps, from the terminal states backwards and forth again, which suffice where most
// episodes end within some hundred of them; and by Newton's method where they do not.
//
// Strictness is what makes this sound at discount 1: adding up U − TU > 0 along any policy that is not sure to reach a
// terminal state shows that its return is −∞. So V* is the best over policies that do, all of them bounded by U, and
// the Boltzmann policy of L is one of them, with return at least L.
std::optional<Enclosure> enclose(Bellman& bellman, const Eigen::VectorXd& values, double margin);

}  // namespace softrl::tabular
