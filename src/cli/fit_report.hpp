// The report of `softrl routes fit` for people: one self-contained HTML page.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cli/fit_view.hpp"
#include "irl/trips.hpp"

namespace softrl::cli {

struct FitReport {
  std::string_view heading, subheading;  // which study, of what size
  const FitView& view;
  const irl::FitResult& fit;
  const irl::RouteData& data;
  const Eigen::VectorXd& sizes;           // [K] of a typical move with each feature, to compare weights
  const std::vector<double>& objectives;  // log-likelihood less penalty after every iteration of the search
};

std::string html_report(const FitReport& report);

}  // namespace softrl::cli
