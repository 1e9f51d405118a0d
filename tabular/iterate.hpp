// The loop that all solvers for an infinite horizon share: checks, certificates, progress, limits and how it ended. A
// method only says how it moves its values.
#pragma once
#include <functional>

#include <Eigen/Core>

#include "tabular/bellman.hpp"
#include "tabular/method.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

// Where an iteration stands. A step finds in it what the last certifying sweep left, and moves `values`.
struct Iterate {
  Eigen::VectorXd values;  // [S] V, with the given values in terminal states.
  Eigen::VectorXd next;    // [S] W = TV of the last certifying sweep; before the first, the start values, as `values`.
  Sweep sweep;             // That sweep; a step that goes on without one leaves what its own changes were.
  bool certified;          // Whether `next` and `sweep` belong to `values`: false before the first certifying sweep.
  int iterations;          // Steps done so far.
  double shifted_width;    // Of the bounds when move_to_midpoint last moved.
};

// What is to follow a step.
enum class Move {
  Continue,  // Another step; but after 16 in a row, or when rounding stops them, a certifying sweep comes in between.
  Certify,   // A sweep of all states, W = TV, from which bounds are certified.
  Last,      // The same, and then the end: there is no way on from these values. The only case in which they may be
             // infinite or NaN.
  Limit,     // The same, because a step has a limit of its own, which options.max_iterations sets, and has reached it.
};

using Step = std::function<Move(Iterate&)>;

// Repeats `step` until the error certified by the sweeps is within options.tolerance or nothing more can be gained;
// Solution::status says which. The last step that options.max_iterations allows is certified whatever it says. At
// discount 1 it also asks, now and then, whether the problem has a solution at all. Throws std::invalid_argument,
// naming the option, if one is out of range. What `step` holds is given back before the policy of the solution is made.
Solution iterate(Bellman& bellman, Method method, const SolverOptions& options, Step step);

// Shifts values and next by constants such that next is the middle of the bounds certified by MacQueen-Porteus,
// where no state is terminal: T(V + c) = TV + γc, so this is free, and it removes the part of the error that sweeps in
// place are slowest to reduce. As the middle may be farther from V* than next is, though never farther than the bounds
// are wide, sweeps that follow make up for it only once the bounds have narrowed: so they must be a tenth narrower than
// when this last happened. Elsewhere, or where there are no bounds, nothing happens. Returns whether values were moved.
bool move_to_midpoint(const Bellman& bellman, Iterate& at);

}  // namespace softrl::tabular
