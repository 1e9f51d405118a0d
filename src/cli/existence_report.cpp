#include "cli/existence_report.hpp"

#include <limits>

#include <fmt/format.h>

namespace softrl::cli {

using tabular::Existence;

void report_existence(Json& report, const tabular::Solution& solution, double temperature) {
  if (!solution.existence) return;
  report["states_without_exit"] = solution.existence->states_without_exit;
  report["gain_lower"] = number(solution.existence->gain_lower);
  report["gain_upper"] = number(solution.existence->gain_upper);
  if (temperature == 0.0) return;
  const auto radius = tabular::spectral_radius(*solution.existence, temperature);
  report["spectral_radius_lower"] = number(radius.lower);
  report["spectral_radius_upper"] = number(radius.upper);
}

std::string existence_line(const tabular::Solution& solution, double temperature) {
  if (!solution.existence) return "";
  const Existence& found = *solution.existence;
  if (found.gain_upper == -std::numeric_limits<double>::infinity()) return "existence: every policy ends\n";
  std::string text =
      fmt::format("existence: staying for ever is worth {:.6g} to {:.6g} a step", found.gain_lower, found.gain_upper);
  if (temperature > 0.0) {
    const auto radius = tabular::spectral_radius(found, temperature);
    text += fmt::format(", spectral radius {:.6g} to {:.6g}", radius.lower, radius.upper);
  }
  if (found.verdict == Existence::Verdict::Undecided)
    text +=
        temperature == 0.0 ? ": undecided, loops that cost nothing leave V = TV with other solutions" : ": undecided";
  return text + "\n";
}

}  // namespace softrl::cli
