#include "irl/sweeps.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace softrl::irl {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double rounding = 4e-15;   // of an entry: steps this small are no steps
constexpr double measurable = 1e-9;  // steps this large beside their entry have digits enough to say that they grow

// x = A x + b, sweep by sweep.
struct Sweeps {
  const SparseRows& rows;
  const std::vector<double>& a;
  const std::vector<int>& order;
  std::vector<double> b;
  std::vector<double> x = std::vector<double>(b.size(), 0.0);
  std::vector<double> steps = x;
  double largest_entry = 0.0;
  double relative_step = infinity;  // the greatest; the residual of the sweep before was at most that
  bool grows = false;               // every step that can be measured is at least as large as the one before

  void next() {
    double fastest = infinity;
    relative_step = largest_entry = 0.0;
    for (const int i : order) {
      double sum = b[i];
      for (int p = rows.start[i]; p < rows.start[i + 1]; ++p) sum += a[p] * x[rows.column[p]];
      const double step = std::max(sum - x[i], 0.0);
      if (steps[i] > measurable * sum) fastest = std::min(fastest, step / steps[i]);
      if (step > 0.0) relative_step = std::max(relative_step, step / sum);
      largest_entry = std::max(largest_entry, sum);
      steps[i] = step;
      x[i] = sum;
    }
    grows = fastest >= 1.0 && fastest < infinity;
  }
  bool diverges() const { return grows || !(largest_entry < 1e300); }
};

}  // namespace

Status sweep(const SparseRows& rows, const std::vector<double>& a, const std::vector<int>& order,
             std::vector<double>& x, const SweepOptions& options) {
  Sweeps sums{.rows = rows, .a = a, .order = order, .b = std::exchange(x, {})};
  int left = options.max_sweeps;
  const auto sweep_until = [&](Sweeps& sweeps, double relative_step) {
    while (sweeps.relative_step > relative_step) {
      if (left-- == 0) return Status::IterationLimit;
      sweeps.next();
      if (sweeps.diverges()) return Status::Stalled;
    }
    return Status::Converged;
  };
  Status status = sweep_until(sums, std::min(options.tolerance, 0.1));
  double moves = 1.0;  // expected until the end, twice over
  if (status == Status::Converged) {
    Sweeps weighted{.rows = rows, .a = a, .order = order, .b = sums.x};
    do {
      if (left-- == 0) {
        status = Status::IterationLimit;
        break;
      }
      weighted.next();
      if (weighted.diverges()) status = Status::Stalled;
      // What a sweep adds to w is at least the residual x + A w − w that was left.
      bool proved = true;
      for (const int i : order) proved = proved && weighted.steps[i] <= 0.4 * sums.x[i];
      if (proved) break;
    } while (status == Status::Converged);
    for (const int i : order)
      if (sums.x[i] > 0.0) moves = std::max(moves, 2.0 * weighted.x[i] / sums.x[i]);
  }
  if (status == Status::Converged) status = sweep_until(sums, std::max(1e-3 * options.tolerance / moves, rounding));
  if (status == Status::Converged && sums.relative_step * moves > options.tolerance) status = Status::IterationLimit;
  x = std::move(sums.x);
  return status;
}

}  // namespace softrl::irl
