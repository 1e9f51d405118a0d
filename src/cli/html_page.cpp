#include "cli/html_page.hpp"

#include <fmt/format.h>

namespace softrl::cli {
namespace {

constexpr std::string_view style = R"(
:root { --ink: #1c2430; --soft: #5b6675; --paper: #ffffff; --panel: #f6f7f9; --line: #d5dae1; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ee; --soft: #9aa5b4; --paper: #14181d; --panel: #1d2229; --line: #363e49; }
}
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1200px; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin: 2.2rem 0 0.6rem; } h3 { margin: 0 0 0.3rem; font-size: 1.02rem; }
.source, .sub { color: var(--soft); margin: 0.2rem 0; font-size: 0.9rem; }
.formula { font-family: ui-monospace, monospace; font-size: 0.9rem; overflow-wrap: anywhere; margin: 0.4rem 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 34rem), 1fr)); gap: 1rem; }
article { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 0.9rem 1rem; }
table { border-collapse: collapse; font-size: 0.88rem; }
th { text-align: left; font-weight: normal; color: var(--soft); padding: 0.1rem 1rem 0.1rem 0; vertical-align: top; }
td { font-family: ui-monospace, monospace; padding: 0.1rem 1rem 0.1rem 0; white-space: nowrap; }
.overview th, .overview td { border-bottom: 1px solid var(--line); padding: 0.25rem 1rem 0.25rem 0; }
.holds, .fails, .skipped { font-size: 0.8rem; padding: 0.05rem 0.5rem; border-radius: 9px; color: #fff; }
.holds { background: #2d8a4e; } .fails { background: #c02626; } .skipped { background: #78818d; }
figure { margin: 0.6rem 0 0; } figure > svg { width: 100%; height: auto; }
figcaption span { margin-right: 1rem; font-size: 0.85rem; white-space: nowrap; }
a { color: inherit; }
@media (prefers-color-scheme: dark) { circle, polyline, svg rect[fill], figcaption line { filter: brightness(1.4); } }
)";

}  // namespace

std::string plot_style(std::string_view ink, std::string_view soft, std::string_view line) {
  return fmt::format(
      "svg text {{ font: 12px system-ui, sans-serif; fill: {}; }}\n.grid {{ stroke: {}; stroke-width: 0.7; }} .frame "
      "{{ "
      "fill: none; stroke: {}; }} .zero {{ stroke: {}; }}\n",
      ink, line, soft, ink);
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string html_page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>{}{}</style>\n</head>\n<body>\n{}"
      "</body>\n</html>\n",
      escaped(title), style, plot_style("var(--ink)", "var(--soft)", "var(--line)"), body);
}

}  // namespace softrl::cli
