// What `softrl solve` says about the existence of a solution at discount 1.
#pragma once
#include <string>

#include "cli/output.hpp"
#include "tabular/solution.hpp"

namespace softrl::cli {

// Sets gain_lower, gain_upper, states_without_exit and, if the temperature is positive, spectral_radius_lower and
// spectral_radius_upper; nothing below discount 1. Infinite numbers are null.
void report_existence(Json& report, const tabular::Solution& solution, double temperature);

// The same as a line to print; empty below discount 1.
std::string existence_line(const tabular::Solution& solution, double temperature);

}  // namespace softrl::cli
