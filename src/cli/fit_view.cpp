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

}  // namespace

FitView view(const std::vector<std::string>& names, const irl::FitResult& fit, double confidence,
             const std::string& unit) {
  FitView result{.weights = {},
                 .statistics = irl::fit_statistics(fit.log_likelihood, fit.null_log_likelihood, fit.degrees_of_freedom,
                                                   static_cast<int>(fit.trip_log_likelihoods.size())),
                 .confidence = confidence,
                 .unit = unit};
  const auto found = std::find(names.begin(), names.end(), unit);
  const auto denominator = static_cast<int>(found - names.begin());
  for (int j = 0; j < static_cast<int>(names.size()); ++j) {
    const bool estimated = fit.estimated[static_cast<std::size_t>(j)];
    const double value = fit.weights(j), nan = std::nan("");
    const double error = estimated ? std::sqrt(fit.covariance(j, j)) : nan;
    const double robust = estimated ? std::sqrt(fit.robust_covariance(j, j)) : nan;
    FitView::Weight weight{.name = names[static_cast<std::size_t>(j)],
                           .value = value,
                           .estimated = estimated,
                           .at_bound = fit.at_bound[static_cast<std::size_t>(j)],
                           .error = error,
                           .robust_error = robust,
                           .classical = irl::infer(value, error, confidence),
                           .robust = irl::infer(value, robust, confidence),
                           .ratio = {},
                           .robust_ratio = {}};
    if (found != names.end() && j != denominator && fit.weights(denominator) != 0.0) {
      for (const auto& [covariance, ratio] :
           {std::pair(&fit.covariance, &weight.ratio), std::pair(&fit.robust_covariance, &weight.robust_ratio)})
        if (std::isfinite((*covariance)(j, j)) && std::isfinite((*covariance)(denominator, denominator)))
          *ratio = irl::weight_ratio(fit.weights, *covariance, j, denominator, confidence);
    }
    result.weights.push_back(std::move(weight));
  }
  return result;
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
    result += fmt::format("{} & {}{} & {} & {} \\\\\n", latex_escaped(weight.name), latex_number(weight.value, 4), mark,
                          weight.estimated  ? latex_number(robust ? weight.robust_error : weight.error, 4)
                          : weight.at_bound ? "at bound"
                                            : "fixed",
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
  if (stars) result += "\\multicolumn{4}{l}{$^{*}p<0.05$, $^{**}p<0.01$, $^{***}p<0.001$} \\\\\n";
  return result + "\\end{tabular}\n";
}

}  // namespace softrl::cli
