// What a fit says of its weights, for every form in which it is shown: the table on screen, CSV, LaTeX, HTML.
#pragma once
#include <optional>
#include <set>
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
    std::string why_not;                     // if not estimated: "fixed", "at bound", "0 by L1" or "not identified"
    double error, robust_error;              // NaN where not known, as is what follows from them
    irl::WeightInference classical, robust;  // not known under a penalty
    std::optional<irl::WeightRatio> ratio, robust_ratio;  // in units of `unit`, where both have errors
  };
  std::vector<Weight> weights;
  irl::FitStatistics statistics;
  double confidence;
  std::string unit;  // the weight in whose units others are given, or empty
  double l1, l2;     // penalties, in nats per trip

  bool penalised() const { return l1 > 0.0 || l2 > 0.0; }
};

struct ViewOptions {
  double confidence;
  std::string unit;             // one of the names, or empty
  double l1, l2;                // that the fit had
  std::set<std::string> fixed;  // weights that it did not estimate
};

FitView view(const std::vector<std::string>& names, const irl::FitResult& fit, const ViewOptions& options);

// Why no weights can be given in units of `view.unit`; empty if some are.
std::string why_no_ratios(const FitView& view);

// A line per weight, a header first; fields that are not known are empty.
std::string csv_table(const FitView& view);

// A tabular environment with nothing but standard LaTeX: estimates, errors (robust ones where known), t; at its foot
// log-likelihoods, trips and rho-squared, and below how the search ended if it did not converge, penalties, and how
// many clusters of trips the errors are by. `stars` mark p below 0.05, 0.01 and 0.001.
std::string latex_table(const FitView& view, const irl::FitResult& fit, bool stars);

}  // namespace softrl::cli
