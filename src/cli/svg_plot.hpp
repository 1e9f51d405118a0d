// Plots as SVG: inline, for HTML reports, or as files of their own.
#pragma once
#include <string>
#include <vector>

#include "tabular/theory.hpp"

namespace softrl::cli {

// Points that are not finite, or not positive on a logarithmic axis, are left out.
std::string svg(const tabular::Plot& plot);

// Its legend, as HTML.
std::string legend(const tabular::Plot& plot);

// A band around a curve, at its x.
struct Band {
  std::vector<double> low, high;
};

// A file of its own: with a line above the plot, the legend below, and a band around each curve; a band without entries
// is none. `bands` is empty or as long as plot.curves.
std::string svg_file(const tabular::Plot& plot, const std::vector<Band>& bands, const std::string& title);

// A dot with its interval on each row, beside a line at 0. Rows without an interval (NaN) show the dot alone.
struct IntervalRow {
  std::string name;
  double value, lower, upper;
};
std::string svg(const std::vector<IntervalRow>& rows, const std::string& x_label);

}  // namespace softrl::cli
