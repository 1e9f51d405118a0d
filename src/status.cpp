#include "softrl/status.hpp"

namespace softrl {

std::string_view to_string(Status status) {
  switch (status) {
    case Status::Converged:
      return "converged";
    case Status::IterationLimit:
      return "iteration_limit";
    case Status::Stalled:
      return "stalled";
    case Status::Infeasible:
      return "infeasible";
  }
  return "unknown";
}

}  // namespace softrl
