#include "cli/html_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace softrl::cli {
namespace {

using tabular::Curve;
using tabular::Plot;
using tabular::Theorem;

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

std::string figure(double value) { return fmt::format("{:.4g}", value + 0.0); }  // + 0.0: no "-0"

constexpr std::array<std::string_view, 6> colours{"#2563a8", "#d1611b", "#2d8a4e", "#8b4fa3", "#a8862a", "#5a6672"};

// One direction of a plot: data to pixels, with its ticks.
class Axis {
 public:
  Axis(bool logarithmic, double first_pixel, double last_pixel)
      : logarithmic_(logarithmic), first_pixel_(first_pixel), last_pixel_(last_pixel) {}

  bool shows(double value) const { return std::isfinite(value) && (!logarithmic_ || value > 0.0); }
  void include(double value) {
    if (!shows(value)) return;
    low_ = std::min(low_, scaled(value));
    high_ = std::max(high_, scaled(value));
  }

  // Adds a share of the range where data are, beyond 0.
  void widen(double share) {
    const double room = share * (high_ - low_);
    if (high_ > 0.0) high_ += room;
    if (low_ < 0.0) low_ -= room;
  }

  // Chooses the ends and the ticks once all data are included.
  void finish() {
    if (!(low_ <= high_)) low_ = 0.0, high_ = 1.0;
    if (high_ - low_ < 1e-12 * std::max(std::abs(low_), std::abs(high_)) || high_ == low_) {
      const double room = logarithmic_ ? 0.5 : std::max(0.5 * std::abs(high_), 1e-300);
      low_ -= room;
      high_ += room;
    }
    if (logarithmic_) {
      low_ -= 0.03 * (high_ - low_);
      high_ += 0.03 * (high_ - low_);
      const double step = std::max(1.0, std::ceil((high_ - low_) / 6.0));
      for (double t = step * std::ceil(low_ / step); t <= high_; t += step) ticks_.push_back(t);
      if (ticks_.size() < 2) {  // less than two decades
        ticks_.clear();
        for (double t = std::floor(low_); t <= high_; t += 1.0) {
          for (const double digit : {1.0, 2.0, 5.0}) {
            const double at = t + std::log10(digit);
            if (at >= low_ && at <= high_) ticks_.push_back(at);
          }
        }
      }
      return;
    }
    const double raw = (high_ - low_) / 5.0, power = std::pow(10.0, std::floor(std::log10(raw)));
    const double step = power * (raw / power < 1.5 ? 1.0 : raw / power < 3.5 ? 2.0 : raw / power < 7.5 ? 5.0 : 10.0);
    low_ = step * std::floor(low_ / step);
    high_ = step * std::ceil(high_ / step);
    for (int i = 0; i <= static_cast<int>(std::lround((high_ - low_) / step)); ++i) ticks_.push_back(low_ + i * step);
  }

  double pixel(double value) const { return pixel_of_scaled(scaled(value)); }
  double pixel_of_scaled(double at) const {
    return first_pixel_ + (at - low_) / (high_ - low_) * (last_pixel_ - first_pixel_);
  }
  const std::vector<double>& ticks() const { return ticks_; }
  std::string label(double tick) const {
    if (!logarithmic_) {
      const double step = ticks_.size() > 1 ? ticks_[1] - ticks_[0] : 1.0;
      return fmt::format("{:.4g}", std::abs(tick) < 1e-9 * step ? 0.0 : tick);
    }
    return fmt::format("{:.3g}", std::pow(10.0, tick));
  }

 private:
  double scaled(double value) const { return logarithmic_ ? std::log10(value) : value; }

  bool logarithmic_;
  double first_pixel_, last_pixel_;
  double low_ = std::numeric_limits<double>::infinity(), high_ = -low_;
  std::vector<double> ticks_;
};

constexpr double width = 560.0, height = 300.0, left = 74.0, right = 30.0, top = 12.0, bottom = 44.0;

std::string text(double x, double y, std::string_view anchor, std::string_view content, std::string_view more = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y, anchor, more,
                     escaped(content));
}

std::string frame(const Plot& plot, const Axis& x, const Axis& y) {
  std::string result;
  for (const double tick : y.ticks()) {
    const double at = y.pixel_of_scaled(tick);
    result += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n", left,
                          width - right, at, at);
    result += text(left - 6.0, at + 4.0, "end", y.label(tick));
  }
  if (plot.categories.empty()) {
    for (const double tick : x.ticks()) {
      const double at = x.pixel_of_scaled(tick);
      result += fmt::format("<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>\n", at, at, top,
                            height - bottom);
      result += text(at, height - bottom + 16.0, "middle", x.label(tick));
    }
  }
  result += fmt::format("<rect class=\"frame\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", left, top,
                        width - left - right, height - top - bottom);
  result += text(0.5 * (left + width - right), height - 8.0, "middle", plot.x_label);
  result += fmt::format("<text transform=\"translate(14 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
                        0.5 * (top + height - bottom), escaped(plot.y_label));
  return result;
}

std::string drawn(const Curve& curve, const Axis& x, const Axis& y, std::string_view colour) {
  std::vector<std::pair<double, double>> points;
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (x.shows(curve.x[i]) && y.shows(curve.y[i])) points.emplace_back(x.pixel(curve.x[i]), y.pixel(curve.y[i]));
  }
  std::string result;
  if (curve.style == Curve::Style::Points) {
    for (const auto& [px, py] : points)
      result += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.4\" fill=\"{}\" fill-opacity=\"0.65\"/>\n", px,
                            py, colour);
    return result;
  }
  // A bound may come in the order of random trials.
  if (curve.style == Curve::Style::Dashed) std::sort(points.begin(), points.end());
  std::string path;
  for (const auto& [px, py] : points) path += fmt::format("{:.1f},{:.1f} ", px, py);
  return fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.7\"{}/>\n", path, colour,
                     curve.style == Curve::Style::Dashed ? " stroke-dasharray=\"6 4\"" : "");
}

std::string bars(const Plot& plot, const Axis& y) {
  const double slot = (width - left - right) / static_cast<double>(plot.categories.size());
  const double bar = 0.7 * slot / static_cast<double>(plot.curves.size());
  std::string result;
  for (std::size_t c = 0; c < plot.categories.size(); ++c) {
    const double start = left + slot * (static_cast<double>(c) + 0.15);
    for (std::size_t i = 0; i < plot.curves.size(); ++i) {
      const double value = plot.curves[i].y.at(c);
      if (!y.shows(value)) continue;
      const double zero = y.pixel(0.0), end = y.pixel(value), at = start + bar * static_cast<double>(i);
      result += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>\n", at,
                            std::min(zero, end), 0.94 * bar, std::abs(zero - end), colours[i % colours.size()]);
      // What rounding alone has left of 0 is 0 to the eye.
      const std::string shown = std::abs(zero - end) < 1e-6 ? "0" : fmt::format("{:.3g}", value);
      result += text(at + 0.47 * bar, value < 0.0 ? end + 13.0 : end - 4.0, "middle", shown);
    }
    result += text(start + 0.35 * slot, height - bottom + 16.0, "middle", plot.categories[c]);
  }
  result += fmt::format("<line class=\"zero\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n", left, width - right,
                        y.pixel(0.0), y.pixel(0.0));
  return result;
}

std::string legend(const Plot& plot) {
  std::string result;
  for (std::size_t i = 0; i < plot.curves.size(); ++i) {
    const Curve& curve = plot.curves[i];
    const std::string_view colour = colours[i % colours.size()];
    std::string mark;
    if (!plot.categories.empty())
      mark = fmt::format("<rect x=\"2\" y=\"2\" width=\"14\" height=\"8\" fill=\"{}\"/>", colour);
    else if (curve.style == Curve::Style::Points)
      mark = fmt::format("<circle cx=\"9\" cy=\"6\" r=\"3\" fill=\"{}\"/>", colour);
    else
      mark = fmt::format("<line x1=\"0\" x2=\"18\" y1=\"6\" y2=\"6\" stroke=\"{}\" stroke-width=\"2\"{}/>", colour,
                         curve.style == Curve::Style::Dashed ? " stroke-dasharray=\"5 3\"" : "");
    result += fmt::format("<span><svg width=\"18\" height=\"12\">{}</svg> {}</span>\n", mark, escaped(curve.label));
  }
  return result;
}

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
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.grid { stroke: var(--line); stroke-width: 0.7; } .frame { fill: none; stroke: var(--soft); } .zero { stroke: var(--ink); }
a { color: inherit; }
@media (prefers-color-scheme: dark) { circle, polyline, svg rect[fill], figcaption line { filter: brightness(1.4); } }
)";

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

std::string svg(const Plot& plot) {
  Axis x(plot.log_x, left, width - right), y(plot.log_y, height - bottom, top);
  for (const Curve& curve : plot.curves) {
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      if (!x.shows(curve.x[i]) || !y.shows(curve.y[i])) continue;
      x.include(curve.x[i]);
      y.include(curve.y[i]);
    }
  }
  if (!plot.categories.empty()) {
    y.include(0.0);
    y.widen(0.1);  // room for the figures at the ends of bars
  }
  x.finish();
  y.finish();
  std::string body = frame(plot, x, y);
  if (!plot.categories.empty()) {
    body += bars(plot, y);
  } else {
    for (std::size_t i = 0; i < plot.curves.size(); ++i)
      body += drawn(plot.curves[i], x, y, colours[i % colours.size()]);
  }
  return fmt::format("<svg viewBox=\"0 0 {} {}\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\">\n{}</svg>\n", width,
                     height, body);
}

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
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>Soft Bellman theory on "
      "{0}</title>\n<style>{2}</style>\n"
      "</head>\n<body>\n<h1>Soft Bellman theory, measured</h1>\n<p class=\"sub\">{0}: {1}</p>\n<table "
      "class=\"overview\">\n<tr><th></th><th>statement</th><th>measured</th><th>bound</th><th>margin</th><th></th>"
      "<th>source</th></tr>\n"
      "{3}</table>\n{4}{5}</body>\n</html>\n",
      escaped(heading), escaped(subheading), style, overview, chapters, sources);
}

}  // namespace softrl::cli
