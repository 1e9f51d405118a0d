// Two-sided bounds on V*, the fixed point of the soft Bellman backup T, that hold including rounding error.
//
// Everything rests on monotonicity (docs/math.md 2.4): TU ≤ U implies V* ≤ U, and TL ≥ L implies L ≤ V*. Computed
// backups differ from exact ones by at most backup_rounding_error(), so an inequality that holds with that much to
// spare holds. Every constant is derived in docs/rounding.md. V* is the solution for the numbers as stored, and as well
// for the process whose rows of probabilities are these divided by their sums, which rounding keeps from being
// exactly 1.
#pragma once
#include "tabular/bellman.hpp"

namespace softrl::tabular {

// At least |computed (TV)(s) − (TV)(s)| in every state, for any V with |V| ≤ largest_value. `longest_row` of the Mdp
// and magnitudes enter; about 1e-15 of the largest |Q|. Rests on the errors of exp and log in
// softrl/panel_operators.hpp.
double backup_rounding_error(const Bellman& bellman, double largest_value);

// The same for a policy's backup: at least |computed (T_π V)(s) − (T_π V)(s)|.
double policy_backup_rounding_error(const Bellman& bellman, double largest_value);

// The same two for whoever has rewards of his own: with `magnitude` at least |r| + γ E|V| in every state-action.
double backup_rounding_error_at(const Bellman& bellman, double magnitude);
double policy_backup_rounding_error_at(const Bellman& bellman, double magnitude);

// At least what rounding did to any of the differences TV − V of a sweep, also if the rows of probabilities, which are
// stored with rounded sums, are taken to be exact.
double change_rounding_error(const Bellman& bellman, const Sweep& sweep);

struct Gap {
  double lower, upper;  // lower ≤ upper; may be infinite.
};

// MacQueen-Porteus bounds after a sweep W = TV (docs/math.md 2.5): W + lower ≤ V* ≤ W + upper in every state that is
// not terminal. Infinite where the discount is 1, or so close to it that rounding decides.
Gap macqueen_porteus(const Bellman& bellman, const Sweep& sweep);

// Where to put values between the bounds W + gap: values = W + middle, computed with rounding, are then such that
// values − lower_gap ≤ V* ≤ values + upper_gap. `largest_value` is at least |W|.
struct Centred {
  double middle, lower_gap, upper_gap;
};
Centred centre(const Gap& gap, double largest_value);

// x ≥ 0 made larger than what a few relative rounding errors may have taken from it.
double rounded_up(double x);

}  // namespace softrl::tabular
