// A self-contained HTML page in the look that all reports share.
#pragma once
#include <string>
#include <string_view>

namespace softrl::cli {

// For use as HTML text or an attribute.
std::string escaped(std::string_view text);

// The rules that the plots of svg_plot.hpp follow, in these colours.
std::string plot_style(std::string_view ink, std::string_view soft, std::string_view line);

// `body` is HTML.
std::string html_page(std::string_view title, std::string_view body);

}  // namespace softrl::cli
