#include "irl/sweeps.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace softrl::irl {

Status sweep(const SparseRows& rows, const std::vector<double>& a, const std::vector<int>& order,
             std::vector<double>& x, const SweepOptions& options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double rounding = 2e-15;   // of an entry, by a sweep
  constexpr double measurable = 1e-9;  // steps this large beside their entry have digits enough to say that they grow
  const std::vector<double> b = std::exchange(x, std::vector<double>(x.size(), 0.0));
  std::vector<double> steps(x.size(), 0.0);
  double q = infinity;  // what holds for one sweep holds for all that follow
  for (int count = 1; count <= options.max_sweeps; ++count) {
    bool compared = false;
    double slowest = 0.0, fastest = infinity, largest = rounding, largest_entry = 0.0;
    for (const int i : order) {
      double sum = b[i];
      for (int p = rows.start[i]; p < rows.start[i + 1]; ++p) sum += a[p] * x[rows.column[p]];
      const double step = std::max(sum - x[i], 0.0);
      const double noise = rounding * sum;
      if (steps[i] > 2.0 * noise) {
        slowest = std::max(slowest, (step + noise) / (steps[i] - noise));
        if (steps[i] > measurable * sum) fastest = std::min(fastest, step / steps[i]);
        compared = true;
      } else if (step > 2.0 * noise) {
        slowest = infinity;  // met for the first time
      }
      if (step > 0.0) largest = std::max(largest, step / sum);
      largest_entry = std::max(largest_entry, sum);
      steps[i] = step;
      x[i] = sum;
    }
    if (!(largest_entry < 1e300)) return Status::Stalled;
    if (largest_entry == 0.0) return Status::Converged;
    if (slowest == infinity) q = infinity;
    if (compared) q = std::min(q, slowest);
    const double bound = q < 1.0 ? largest * q / (1.0 - q) : infinity;
    const bool no_better = largest <= 2.0 * rounding;
    if (bound <= (no_better ? 1.0 : 1e-3) * options.tolerance) return Status::Converged;
    if (count > 1 && fastest >= 1.0 && fastest < infinity) return Status::Stalled;
  }
  return Status::IterationLimit;
}

}  // namespace softrl::irl
