#include "cli/html_report.hpp"

#include <fmt/format.h>

#include "cli/html_page.hpp"
#include "cli/svg_plot.hpp"

namespace softrl::cli {
namespace {

using tabular::Theorem;

std::string figure(double value) { return fmt::format("{:.4g}", value + 0.0); }  // + 0.0: no "-0"

std::string verdict(const Theorem& theorem) {
  if (!theorem.skipped.empty()) return "<span class=\"skipped\">skipped</span>";
  return theorem.holds ? "<span class=\"holds\">holds</span>" : "<span class=\"fails\">FAILS</span>";
}

std::string card(const Theorem& theorem) {
  std::string result =
      fmt::format("<article id=\"{}\">\n<h3>{} {}</h3>\n<p class=\"source\">{}</p>\n<p class=\"formula\">{}</p>\n",
                  escaped(theorem.id), escaped(theorem.name), verdict(theorem), escaped(theorem.source),
                  escaped(theorem.statement));
  if (!theorem.skipped.empty())
    return result + fmt::format("<p>Not measured: {}.</p>\n</article>\n", escaped(theorem.skipped));
  result += fmt::format(
      "<table><tr><th>measured</th><td>{}</td></tr><tr><th>bound, rounding included</th><td>{}</td></tr>"
      "<tr><th>margin</th><td>{}</td></tr>",
      figure(theorem.measured), figure(theorem.bound), figure(theorem.margin()));
  for (const auto& a : theorem.attained)
    result += fmt::format("<tr><th>{} on {}</th><td>{} = {} &#177; {}</td></tr>", a.holds ? "attained" : "NOT attained",
                          escaped(a.on), fmt::format("{:.9g}", a.value + 0.0), fmt::format("{:.9g}", a.limit + 0.0),
                          fmt::format("{:.2g}", a.rounding));
  result += "</table>\n";
  if (!theorem.measured_on.empty())
    result += fmt::format("<p class=\"source\">measured on {}</p>\n", escaped(theorem.measured_on));
  if (!theorem.plot.curves.empty())
    result += fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n", svg(theorem.plot), legend(theorem.plot));
  return result + "</article>\n";
}

constexpr std::string_view sources = R"(<h2>Sources</h2>
<p class="source">[SQL] Haarnoja, Tang, Abbeel, Levine 2017, Reinforcement Learning with Deep Energy-Based Policies.
[PGQL] Schulman, Chen, Abbeel 2017, Equivalence Between Policy Gradients and Soft Q-Learning.
[IRL] Ziebart, Maas, Bagnell, Dey 2008, Maximum Entropy Inverse Reinforcement Learning.
[Z10] Ziebart 2010, Modeling Purposeful Adaptive Behavior with the Principle of Maximum Causal Entropy.
[CDR] Haarnoja, Pong, Zhou, Dalal, Abbeel, Levine 2018, Composable Deep Reinforcement Learning for Robotic Manipulation.
[MQ] MacQueen 1966, Porteus 1971. math.md: docs/math.md of softrl. T is the soft Bellman backup, alpha the temperature,
in reward units like all values and their errors, |x| the largest absolute value, pi_Q and Boltzmann(Q) the Boltzmann
policy of Q, D(pi) minus the entropy or the KL divergence to the reference policy.</p>
)";

}  // namespace

std::string html_report(std::string_view heading, std::string_view subheading, const std::vector<Theorem>& theorems) {
  const auto statements = tabular::all_statements();
  const auto titles = tabular::theory_groups();
  std::string overview, chapters;
  int chapter = 0;
  for (std::size_t i = 0; i < theorems.size(); ++i) {
    const Theorem& theorem = theorems[i];
    if (const int group = statements[i].group; group != chapter) {
      if (chapter != 0) chapters += "</div>\n";
      chapter = group;
      chapters += fmt::format("<h2>{} {}</h2>\n<div class=\"cards\">\n", group,
                              escaped(titles[static_cast<std::size_t>(group - 1)]));
    }
    chapters += card(theorem);
    const bool measured = theorem.skipped.empty();
    overview += fmt::format(
        "<tr><td>{}</td><th><a href=\"#{}\">{}</a></th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><th>{}</th></tr>\n",
        chapter, escaped(theorem.id), escaped(theorem.name), measured ? figure(theorem.measured) : "",
        measured ? figure(theorem.bound) : "", measured ? figure(theorem.margin()) : "", verdict(theorem),
        escaped(theorem.source));
  }
  if (chapter != 0) chapters += "</div>\n";
  return html_page(fmt::format("Soft Bellman theory on {}", heading),
                   fmt::format("<h1>Soft Bellman theory, measured</h1>\n<p class=\"sub\">{}: {}</p>\n<table "
                               "class=\"overview\">\n<tr><th></th><th>statement</th><th>measured</th><th>bound</th>"
                               "<th>margin</th><th></th><th>source</th></tr>\n{}</table>\n{}{}",
                               escaped(heading), escaped(subheading), overview, chapters, sources));
}

}  // namespace softrl::cli
