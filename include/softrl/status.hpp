// How an iteration ended. Slow convergence is a status, not an error: look at it before trusting a result.
#pragma once
#include <string_view>

namespace softrl {

enum class Status {
  Converged,       // The stated tolerance is met.
  IterationLimit,  // The limit of iterations came first; the result is the last iterate, with the bounds it has.
  Stalled,         // Rounding error or a failed line search forbids further progress; the bounds say how far it got.
  Infeasible,      // The problem has no finite solution (a path sum that diverges).
};

// "converged", "iteration_limit", "stalled", "infeasible": the words of the command line and of every JSON file.
std::string_view to_string(Status status);

}  // namespace softrl
