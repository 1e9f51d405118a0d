#include "cli/fit_view.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "cli/output.hpp"
#include "irl/csv.hpp"

namespace softrl::cli {
namespace {

std::string field(double value) { return std::isfinite(value) ? fmt::format("{}", value) : std::string(); }

std::string latex_escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '\\':
        result += "\\textbackslash{}";
        break;
      case '~':
        result += "\\textasciitilde{}";
        break;
      case '^':
        result += "\\textasciicircum{}";
        break;
      case '_':
      case '%':
      case '&':
      case '#':
      case '$':
      case '{':
      case '}':
        result += '\\';
        [[fallthrough]];
      default:
        result += c;
    }
  }
  return result;
}

// A true minus sign.
std::string latex_number(double value, int digits) {
  return std::isfinite(value) ? fmt::format("${}$", decimals(value, digits)) : std::string();
}

// The same of a weight or an error, whatever its unit.
std::string latex_weight(double value) {
  if (!std::isfinite(value)) return "";
  const std::string text = weight_text(value);
  const std::size_t e = text.find('e');
  return e == std::string::npos
             ? fmt::format("${}$", text)
             : fmt::format("${} \\times 10^{{{}}}$", text.substr(0, e), std::stoi(text.substr(e + 1)));
}

}  // namespace

FitView view(const std::vector<std::string>& names, const irl::FitResult& fit, const ViewOptions& options) {
  FitView result{.weights = {},
                 .statistics = irl::fit_statistics(fit.log_likelihood, fit.null_log_likelihood, fit.degrees_of_freedom,
                                                   static_cast<int>(fit.trip_log_likelihoods.size())),
                 .confidence = options.confidence,
                 .unit = options.unit,
                 .l1 = options.l1,
                 .l2 = options.l2};
  const auto found = std::find(names.begin(), names.end(), options.unit);
  const auto denominator = static_cast<int>(found - names.begin());
  for (int j = 0; j < static_cast<int>(names.size()); ++j) {
    const bool estimated = fit.estimated[static_cast<std::size_t>(j)];
    const double value = fit.weights(j), nan = std::nan("");
    const double error = estimated ? std::sqrt(fit.covariance(j, j)) : nan;
    const double robust = estimated ? std::sqrt(fit.robust_covariance(j, j)) : nan;
    // A penalty's pull is in no error: a weight that only the penalty tells would seem known.
    const bool tested = !result.penalised();
    FitView::Weight weight{.name = names[static_cast<std::size_t>(j)],
                           .value = value,
                           .estimated = estimated,
                           .at_bound = fit.at_bound[static_cast<std::size_t>(j)],
                           .why_not = {},
                           .error = error,
                           .robust_error = robust,
                           .classical = irl::infer(value, tested ? error : nan, options.confidence),
                           .robust = irl::infer(value, tested ? robust : nan, options.confidence),
                           .ratio = {},
                           .robust_ratio = {}};
    if (!estimated)
      weight.why_not = options.fixed.contains(weight.name) ? "fixed"
                       : weight.at_bound                   ? "at bound"
                       : options.l1 > 0.0 && value == 0.0  ? "0 by L1"
                                                           : "not identified";
    const auto at_bound = [&](int i) { return fit.at_bound[static_cast<std::size_t>(i)]; };
    if (found != names.end() && j != denominator && tested && !at_bound(j) && !at_bound(denominator) &&
        fit.weights(denominator) != 0.0) {
      for (const auto& [covariance, ratio] :
           {std::pair(&fit.covariance, &weight.ratio), std::pair(&fit.robust_covariance, &weight.robust_ratio)})
        if (std::isfinite((*covariance)(j, j)) && std::isfinite((*covariance)(denominator, denominator)))
          *ratio = irl::weight_ratio(fit.weights, *covariance, j, denominator, options.confidence);
    }
    result.weights.push_back(std::move(weight));
  }
  return result;
}

std::string why_no_ratios(const FitView& view) {
  const auto has_ratio = [](const FitView::Weight& weight) { return weight.ratio.has_value(); };
  if (view.unit.empty() || std::any_of(view.weights.begin(), view.weights.end(), has_ratio)) return "";
  const auto unit = std::find_if(view.weights.begin(), view.weights.end(),
                                 [&](const FitView::Weight& weight) { return weight.name == view.unit; });
  if (unit == view.weights.end()) return "";
  if (unit->value == 0.0) return "it is 0";
  if (view.penalised()) return "errors under a penalty do not know how far it pulls";
  if (unit->why_not == "not identified") return "the trips do not determine it";
  if (unit->at_bound) return "it is at its bound";
  return "no other weight has an error";
}

std::string csv_table(const FitView& view) {
  std::string result =
      "name,value,std_error,t_value,p_value,lower,upper,robust_std_error,robust_t_value,robust_p_value,robust_lower,"
      "robust_upper,estimated";
  if (!view.unit.empty()) result += ",ratio,ratio_std_error,robust_ratio_std_error";
  result += '\n';
  for (const FitView::Weight& weight : view.weights) {
    result += fmt::format("{},{}", irl::csv_field(weight.name), field(weight.value));
    for (const auto& [error, inference] :
         {std::pair(weight.error, &weight.classical), std::pair(weight.robust_error, &weight.robust)})
      result += fmt::format(",{},{},{},{},{}", field(error), field(inference->t_value), field(inference->p_value),
                            field(inference->lower), field(inference->upper));
    result += weight.estimated ? ",true" : ",false";
    if (!view.unit.empty())
      result += fmt::format(",{},{},{}", weight.ratio ? field(weight.ratio->value) : "",
                            weight.ratio ? field(weight.ratio->std_error) : "",
                            weight.robust_ratio ? field(weight.robust_ratio->std_error) : "");
    result += '\n';
  }
  return result;
}

std::string latex_table(const FitView& view, const irl::FitResult& fit, bool stars) {
  const bool robust = std::any_of(view.weights.begin(), view.weights.end(),
                                  [](const FitView::Weight& weight) { return std::isfinite(weight.robust_error); });
  std::string result = fmt::format("\\begin{{tabular}}{{lrrr}}\n\\hline\n & Estimate & {} & $t$ \\\\\n\\hline\n",
                                   robust ? "Robust s.e." : "S.e.");
  for (const FitView::Weight& weight : view.weights) {
    const irl::WeightInference& inference = robust ? weight.robust : weight.classical;
    const double p = inference.p_value;
    const std::string mark = !stars || !(p < 0.05) ? "" : p < 0.001 ? "$^{***}$" : p < 0.01 ? "$^{**}$" : "$^{*}$";
    result += fmt::format("{} & {}{} & {} & {} \\\\\n", latex_escaped(weight.name), latex_weight(weight.value), mark,
                          weight.estimated ? latex_weight(robust ? weight.robust_error : weight.error) : weight.why_not,
                          latex_number(inference.t_value, 2));
  }
  const auto foot = [&](const std::string& label, const std::string& value) {
    result += fmt::format("{} & {} & & \\\\\n", label, value);
  };
  result += "\\hline\n";
  foot("Log-likelihood", latex_number(fit.log_likelihood, 2));
  foot("Null log-likelihood", latex_number(fit.null_log_likelihood, 2));
  foot("$\\rho^2$", latex_number(view.statistics.rho_squared, 4));
  foot("Adjusted $\\rho^2$", latex_number(view.statistics.adjusted_rho_squared, 4));
  foot("Trips", fmt::format("${}$", fit.trip_log_likelihoods.size()));
  result += "\\hline\n";
  const auto below = [&](const std::string& text) {
    result += fmt::format("\\multicolumn{{4}}{{l}}{{{}}} \\\\\n", text);
  };
  if (fit.status != Status::Converged)
    below(fmt::format("The search did not converge: {}", latex_escaped(std::string(to_string(fit.status)))));
  if (view.l1 > 0.0) below(fmt::format("L1 penalty of ${:g}$ nats per trip", view.l1));
  if (view.l2 > 0.0) below(fmt::format("L2 penalty of ${:g}$ nats per trip", view.l2));
  if (robust && fit.clusters < fit.trip_log_likelihoods.size())
    below(fmt::format("Robust errors by ${}$ clusters of trips", fit.clusters));
  if (stars) below("$^{*}p<0.05$, $^{**}p<0.01$, $^{***}p<0.001$");
  return result + "\\end{tabular}\n";
}

}  // namespace softrl::cli
