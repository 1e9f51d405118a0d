// Plots as inline SVG, for HTML reports.
#pragma once
#include <string>
#include <vector>

#include "tabular/theory.hpp"

namespace softrl::cli {

// Points that are not finite, or not positive on a logarithmic axis, are left out.
std::string svg(const tabular::Plot& plot);

// Its legend, as HTML.
std::string legend(const tabular::Plot& plot);

// A dot with its interval on each row, beside a line at 0. Rows without an interval (NaN) show the dot alone.
struct IntervalRow {
  std::string name;
  double value, lower, upper;
};
std::string svg(const std::vector<IntervalRow>& rows, const std::string& x_label);

}  // namespace softrl::cli
