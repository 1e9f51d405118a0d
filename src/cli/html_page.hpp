// A self-contained HTML page in the look that all reports share.
#pragma once
#include <string>
#include <string_view>

namespace softrl::cli {

// For use as HTML text or an attribute.
std::string escaped(std::string_view text);

// `body` is HTML.
std::string html_page(std::string_view title, std::string_view body);

}  // namespace softrl::cli
