// Intervals that say how much a figure can be trusted.
#pragma once
#include <algorithm>
#include <cassert>
#include <vector>

namespace softrl::continuous {

// A 95 % confidence interval.
struct Interval95 {
  double low, high;
};

// The percentiles 2.5 and 97.5 of `values`, of a bootstrap's resamples: at least one.
inline Interval95 middle_95(std::vector<double> values) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  const std::size_t cut = values.size() / 40;
  return {values[cut], values[values.size() - 1 - cut]};
}

}  // namespace softrl::continuous
