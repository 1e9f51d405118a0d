#include "cli/svg_plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/html_page.hpp"

namespace softrl::cli {
namespace {

using tabular::Curve;
using tabular::Plot;

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

std::string drawn(const Band& band, const std::vector<double>& at, const Axis& x, const Axis& y,
                  std::string_view colour) {
  std::string there, back;
  for (std::size_t i = 0; i < band.low.size(); ++i) {
    there += fmt::format("{:.1f},{:.1f} ", x.pixel(at[i]), y.pixel(band.high[i]));
    back = fmt::format("{:.1f},{:.1f} ", x.pixel(at[i]), y.pixel(band.low[i])) + back;
  }
  return there.empty()
             ? ""
             : fmt::format("<polygon points=\"{}{}\" fill=\"{}\" fill-opacity=\"0.2\"/>\n", there, back, colour);
}

std::string drawn(const Plot& plot, const std::vector<Band>& bands) {
  Axis x(plot.log_x, left, width - right), y(plot.log_y, height - bottom, top);
  for (const Curve& curve : plot.curves) {
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      if (!x.shows(curve.x[i]) || !y.shows(curve.y[i])) continue;
      x.include(curve.x[i]);
      y.include(curve.y[i]);
    }
  }
  for (const Band& band : bands)
    for (const auto* bound : {&band.low, &band.high})
      for (const double value : *bound) y.include(value);
  if (!plot.categories.empty()) {
    y.include(0.0);
    y.widen(0.1);  // room for the figures at the ends of bars
  }
  x.finish();
  y.finish();
  std::string body = frame(plot, x, y);
  if (!plot.categories.empty()) return body + bars(plot, y);
  for (std::size_t i = 0; i < bands.size(); ++i)
    body += drawn(bands[i], plot.curves[i].x, x, y, colours[i % colours.size()]);
  for (std::size_t i = 0; i < plot.curves.size(); ++i) body += drawn(plot.curves[i], x, y, colours[i % colours.size()]);
  return body;
}

// What stands before a curve's label in the legend, 18 by 12 pixels.
std::string mark(const Plot& plot, std::size_t curve) {
  const std::string_view colour = colours[curve % colours.size()];
  const Curve::Style style = plot.curves[curve].style;
  if (!plot.categories.empty())
    return fmt::format("<rect x=\"2\" y=\"2\" width=\"14\" height=\"8\" fill=\"{}\"/>", colour);
  if (style == Curve::Style::Points) return fmt::format("<circle cx=\"9\" cy=\"6\" r=\"3\" fill=\"{}\"/>", colour);
  return fmt::format("<line x1=\"0\" x2=\"18\" y1=\"6\" y2=\"6\" stroke=\"{}\" stroke-width=\"2\"{}/>", colour,
                     style == Curve::Style::Dashed ? " stroke-dasharray=\"5 3\"" : "");
}

}  // namespace

std::string svg(const Plot& plot) {
  return fmt::format("<svg viewBox=\"0 0 {} {}\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\">\n{}</svg>\n", width,
                     height, drawn(plot, {}));
}

std::string svg_file(const Plot& plot, const std::vector<Band>& bands, const std::string& title) {
  constexpr double heading = 26.0, row = 18.0;
  std::string body = text(0.5 * (left + width - right), 18.0, "middle", title);
  body += fmt::format("<g transform=\"translate(0 {})\">\n{}</g>\n", heading, drawn(plot, bands));
  double y = heading + height + 8.0;
  for (std::size_t i = 0; i < plot.curves.size(); ++i) {
    body += fmt::format("<g transform=\"translate({} {})\">{}{}</g>\n", left, y, mark(plot, i),
                        text(26.0, 10.0, "start", plot.curves[i].label));
    y += row;
  }
  return fmt::format(
      "<svg viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\">\n"
      "<style>\n{2}</style>\n<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n{3}</svg>\n",
      width, y + 6.0, plot_style("#1c2430", "#5b6675", "#d5dae1"), body);
}

std::string legend(const Plot& plot) {
  std::string result;
  for (std::size_t i = 0; i < plot.curves.size(); ++i) {
    result += fmt::format("<span><svg width=\"18\" height=\"12\">{}</svg> {}</span>\n", mark(plot, i),
                          escaped(plot.curves[i].label));
  }
  return result;
}

std::string svg(const std::vector<IntervalRow>& rows, const std::string& x_label) {
  std::size_t longest = 0;
  for (const IntervalRow& row : rows) longest = std::max(longest, row.name.size());
  constexpr double slot = 26.0;
  const double names = 20.0 + 7.0 * static_cast<double>(longest);  // a letter takes some 7 pixels
  const double end = top + slot * static_cast<double>(rows.size());
  Axis x(false, names, width - right);
  x.include(0.0);
  for (const IntervalRow& row : rows)
    for (const double value : {row.value, row.lower, row.upper}) x.include(value);
  x.finish();
  std::string body;
  for (const double tick : x.ticks()) {
    const double at = x.pixel_of_scaled(tick);
    body += fmt::format("<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>\n", at, at, top, end);
    body += text(at, end + 16.0, "middle", x.label(tick));
  }
  const double zero = x.pixel(0.0);
  body += fmt::format("<line class=\"zero\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>\n", zero, top, end);
  double y = top + 0.5 * slot;
  for (const IntervalRow& row : rows) {
    body += text(names - 8.0, y + 4.0, "end", row.name);
    if (x.shows(row.lower) && x.shows(row.upper))
      body += fmt::format(
          "<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" stroke-width=\"2.4\"/>\n",
          x.pixel(row.lower), x.pixel(row.upper), y, y, colours[0]);
    body +=
        fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.6\" fill=\"{}\"/>\n", x.pixel(row.value), y, colours[0]);
    y += slot;
  }
  body += text(0.5 * (names + width - right), end + 36.0, "middle", x_label);
  return fmt::format("<svg viewBox=\"0 0 {} {}\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\">\n{}</svg>\n", width,
                     end + bottom, body);
}

}  // namespace softrl::cli
