#include "cli/fit_report.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "cli/html_page.hpp"
#include "cli/output.hpp"
#include "cli/svg_plot.hpp"

namespace softrl::cli {
namespace {

using tabular::Curve;
using tabular::Plot;

constexpr std::size_t worst_trips = 20;
constexpr int bins = 24;

std::string card(std::string_view title, const std::string& content) {
  return fmt::format("<article>\n<h3>{}</h3>\n{}</article>\n", escaped(title), content);
}

std::string figure(const std::string& drawing, const std::string& caption) {
  return fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n", drawing, caption);
}

std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::string result = "<table class=\"overview\">\n<tr>";
  for (const std::string& name : header) result += fmt::format("<th>{}</th>", escaped(name));
  result += "</tr>\n";
  for (const std::vector<std::string>& row : rows) {
    result += "<tr>";
    for (const std::string& cell : row) result += fmt::format("<td>{}</td>", escaped(cell));
    result += "</tr>\n";
  }
  return result + "</table>\n";
}

std::string weights_table(const FitReport& report) {
  std::vector<std::string> header{"weight", "value", "std error", "t", "p", "robust", "t", "p", "lower", "upper"};
  if (!report.view.unit.empty()) header.insert(header.end(), {"in units of " + report.view.unit, "std error"});
  std::vector<std::vector<std::string>> rows;
  for (const FitView::Weight& weight : report.view.weights) {
    rows.push_back({weight.name, weight_text(weight.value),
                    weight.estimated ? weight_text(weight.error) : weight.why_not,
                    decimals(weight.classical.t_value, 2), p_text(weight.classical.p_value),
                    weight_text(weight.robust_error), decimals(weight.robust.t_value, 2), p_text(weight.robust.p_value),
                    weight_text(weight.robust.lower), weight_text(weight.robust.upper)});
    if (report.view.unit.empty()) continue;
    const auto& ratio = weight.robust_ratio ? weight.robust_ratio : weight.ratio;
    rows.back().push_back(ratio ? weight_text(ratio->value) : "-");
    rows.back().push_back(ratio ? weight_text(ratio->std_error) : "-");
  }
  return table(header, rows);
}

std::string statistics_table(const FitReport& report) {
  const irl::FitResult& fit = report.fit;
  const irl::FitStatistics& statistics = report.view.statistics;
  std::vector<std::vector<std::string>> rows{{"status", std::string(to_string(fit.status))},
                                             {"log-likelihood", decimals(fit.log_likelihood, 4)}};
  if (report.view.penalised())
    rows.insert(rows.end(), {{"L1 penalty, in nats per trip", fmt::format("{:g}", report.view.l1)},
                             {"L2 penalty, in nats per trip", fmt::format("{:g}", report.view.l2)},
                             {"log-likelihood less the penalty", decimals(fit.objective, 4)},
                             {"degrees of freedom", decimals(fit.degrees_of_freedom, 2)}});
  rows.insert(rows.end(), {{"log-likelihood of a random walk", decimals(fit.null_log_likelihood, 4)},
                           {"rho-squared", decimals(statistics.rho_squared, 4)},
                           {"adjusted rho-squared", decimals(statistics.adjusted_rho_squared, 4)},
                           {"AIC", decimals(statistics.aic, 2)},
                           {"BIC", decimals(statistics.bic, 2)},
                           {"trips", fmt::format("{}", report.data.trips.size())},
                           {"independent groups of trips", fmt::format("{}", fit.clusters)},
                           {"iterations", fmt::format("{}", fit.iterations)},
                           {"evaluations", fmt::format("{}", fit.evaluations)},
                           {"stepped back from infeasible weights", fmt::format("{}", fit.infeasible_trials)},
                           {"remaining gain", fmt::format("{:.2g}", fit.remaining_gain)},
                           {"condition number", fmt::format("{:.4g}", fit.condition_number)}});
  if (!std::isnan(fit.radius.upper))
    rows.push_back({"spectral radius, at most", fmt::format("{:.6f}", fit.radius.upper)});
  return table({"", ""}, rows);
}

// A weight times the size of its feature: in nats, whatever the feature's unit.
std::string coefficients(const FitReport& report) {
  std::vector<IntervalRow> rows;
  bool intervals = false;
  for (std::size_t j = 0; j < report.view.weights.size(); ++j) {
    const FitView::Weight& weight = report.view.weights[j];
    const double size = report.sizes(static_cast<Eigen::Index>(j));
    const bool robust = std::isfinite(weight.robust.lower);
    intervals = intervals || robust || std::isfinite(weight.classical.lower);
    rows.push_back({.name = weight.name,
                    .value = size * weight.value,
                    .lower = size * (robust ? weight.robust : weight.classical).lower,
                    .upper = size * (robust ? weight.robust : weight.classical).upper});
  }
  return figure(svg(rows, "weight \u00d7 mean size of the feature where it is not 0, in nats"),
                intervals
                    ? fmt::format("<span>{:g} % confidence intervals, by the robust error where it is known</span>",
                                  100.0 * report.view.confidence)
                    : "<span>without intervals: there are no standard errors</span>");
}

std::string convergence(const FitReport& report) {
  Curve gap{.label = "distance of the objective to its value at the end", .x = {}, .y = {}};
  for (std::size_t i = 0; i < report.objectives.size(); ++i) {
    gap.x.push_back(static_cast<double>(i + 1));
    gap.y.push_back(report.fit.objective - report.objectives[i]);
  }
  const Plot plot{.x_label = "iteration", .y_label = "nats", .log_y = true, .curves = {std::move(gap)}};
  return figure(svg(plot), legend(plot));
}

struct Residuals {
  std::vector<double> per_move;    // [trips] log-probability
  std::vector<std::size_t> worst;  // trips, the worst explained first
};

Residuals residuals(const FitReport& report) {
  Residuals result;
  const std::vector<irl::Trip>& trips = report.data.trips;
  for (std::size_t t = 0; t < trips.size(); ++t)
    result.per_move.push_back(report.fit.trip_log_likelihoods(static_cast<Eigen::Index>(t)) /
                              static_cast<double>(std::max<std::size_t>(1, trips[t].moves.size())));
  result.worst.resize(trips.size());
  std::iota(result.worst.begin(), result.worst.end(), std::size_t{0});
  std::stable_sort(result.worst.begin(), result.worst.end(),
                   [&](std::size_t a, std::size_t b) { return result.per_move[a] < result.per_move[b]; });
  return result;
}

// The outline of a histogram.
std::string distribution(std::vector<double> values, const std::string& x_label) {
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  const double low = *least, step = std::max(*greatest - low, 1e-12) / bins;
  std::vector<int> counts(bins, 0);
  for (const double value : values)
    ++counts[static_cast<std::size_t>(std::min(bins - 1, static_cast<int>((value - low) / step)))];
  Curve outline{.label = "trips", .x = {low}, .y = {0.0}};
  for (int b = 0; b < bins; ++b) {
    for (const double x : {low + b * step, low + (b + 1) * step}) {
      outline.x.push_back(x);
      outline.y.push_back(counts[static_cast<std::size_t>(b)]);
    }
  }
  outline.x.push_back(low + bins * step);
  outline.y.push_back(0.0);
  const Plot plot{.x_label = x_label, .y_label = "trips", .curves = {std::move(outline)}};
  return figure(svg(plot), "");
}

std::string worst_table(const FitReport& report, const Residuals& residuals) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < std::min(worst_trips, residuals.worst.size()); ++i) {
    const std::size_t t = residuals.worst[i];
    const irl::Trip& trip = report.data.trips[t];
    rows.push_back({trip.name, report.data.network.links[static_cast<std::size_t>(trip.origin)],
                    report.data.destinations[static_cast<std::size_t>(trip.destination)].name,
                    fmt::format("{}", trip.moves.size()),
                    decimals(report.fit.trip_log_likelihoods(static_cast<Eigen::Index>(t)), 3),
                    decimals(residuals.per_move[t], 3)});
  }
  return table({"trip", "origin", "destination", "moves", "log-probability", "per move"}, rows);
}

std::string sentences(const irl::FitResult& fit) {
  std::string result;
  for (const std::string& warning : fit.warnings)
    result += fmt::format("<p><span class=\"fails\">warning</span> {}</p>\n", escaped(warning));
  for (const std::string& note : fit.notes)
    result += fmt::format("<p><span class=\"skipped\">note</span> {}</p>\n", escaped(note));
  return result;
}

}  // namespace

std::string html_report(const FitReport& report) {
  const Residuals of_trips = residuals(report);
  const Eigen::VectorXd& log_likelihoods = report.fit.trip_log_likelihoods;
  std::string body = fmt::format("<h1>Route preferences</h1>\n<p class=\"sub\">{}: {}</p>\n{}", escaped(report.heading),
                                 escaped(report.subheading), sentences(report.fit));
  body += "<h2>Weights</h2>\n" + weights_table(report);
  body += "<h2>The fit</h2>\n<div class=\"cards\">\n";
  body += card("How much each feature counts", coefficients(report));
  if (report.objectives.size() > 1) body += card("Convergence", convergence(report));
  body += card("Figures", statistics_table(report));
  body += "</div>\n<h2>Trips</h2>\n<div class=\"cards\">\n";
  body += card("Log-probability of trips",
               distribution({log_likelihoods.begin(), log_likelihoods.end()}, "log-probability, in nats"));
  body += card("Log-probability per move", distribution(of_trips.per_move, "log-probability per move, in nats"));
  body += card("Worst explained trips, by log-probability per move", worst_table(report, of_trips));
  return html_page(fmt::format("Route preferences: {}", report.heading), body + "</div>\n");
}

}  // namespace softrl::cli
