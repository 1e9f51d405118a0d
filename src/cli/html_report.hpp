// The report of `softrl verify` for people: one self-contained HTML page with a plot (inline SVG) for each statement.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tabular/theory.hpp"

namespace softrl::cli {

// `theorems` in the order of tabular::all_statements(). `heading` names the model, `subheading` what was asked.
std::string html_report(std::string_view heading, std::string_view subheading,
                        const std::vector<tabular::Theorem>& theorems);

}  // namespace softrl::cli
