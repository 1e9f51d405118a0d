// What a fit says of its weights, for every form in which it is shown: the table on screen, CSV, LaTeX, HTML.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "irl/fit.hpp"
#include "irl/inference.hpp"
#include "irl/wald.hpp"

namespace softrl::cli {

struct FitView {
  struct Weight {
    std::string name;
    double value;
    bool estimated, at_bound;
    double error, robust_error;  // NaN where not known, as is what follows from them
    irl::WeightInference classical, robust;
    std::optional<irl::WeightRatio> ratio, robust_ratio;  // in units of `unit`, where both have errors
  };
  std::vector<Weight> weights;
  irl::FitStatistics statistics;
  double confidence;
  std::string unit;  // the weight in whose units others are given, or empty
};

// `unit` is one of `names`, or empty.
FitView view(const std::vector<std::string>& names, const irl::FitResult& fit, double confidence,
             const std::string& unit);

// A line per weight, a header first; fields that are not known are empty.
std::string csv_table(const FitView& view);

// A tabular environment with nothing but standard LaTeX: estimates, errors (robust ones where known), t; at its foot
// log-likelihoods, trips and rho-squared. `stars` mark p below 0.05, 0.01 and 0.001.
std::string latex_table(const FitView& view, const irl::FitResult& fit, bool stars);

}  // namespace softrl::cli
