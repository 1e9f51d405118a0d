// What each model of a study learns from trips, in one way for all who ask:
//
//     maxent, nested, action   weights of maximum likelihood (fit.hpp)
//     action_costs             those of action: it predicts the best path under them
//     max_margin               weights of the widest margin (max_margin.hpp): no likelihood, and no errors
//     time                     nothing: it predicts the fastest path
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irl/fit.hpp"
#include "irl/max_margin.hpp"
#include "irl/route_model.hpp"
#include "irl/study.hpp"
#include "irl/study_model.hpp"
#include "irl/trips.hpp"

namespace softrl::irl {

bool learns_by_likelihood(std::string_view model);  // all but max_margin and time

struct StudyFitOptions {
  FitOptions fit;                                             // max_margin takes max_iterations and progress.
  double regularisation = MaxMarginOptions{}.regularisation;  // of max_margin
  ModelOptions model = {};
  // Told the names of the weights before anything is fitted. May throw to abort.
  std::function<void(const std::vector<std::string>&)> on_names = {};
};

// What the paths of a corridor lose to all others.
struct CorridorCost {
  double log_likelihood_over_all_paths;  // of the same trips at the same weights; NaN if those sums diverge
  int trips_outside;                     // that only their own links keep in their corridor
  double mean_links;                     // of a corridor, over pairs of origin and destination
};

struct StudyFit {
  std::vector<std::string> names;     // [K] of the weights; time has none
  std::unique_ptr<RouteModel> model;  // whose likelihood was maximised; null for max_margin and time
  // Without a likelihood: `objective` is R of max_margin and `remaining_gain` how far above its minimum it may be;
  // log_likelihood and all that follows from it, errors included, are NaN.
  FitResult fit;
  std::optional<CorridorCost> corridor = {};
};

// Starts, fixed weights and bounds of the study count where `options` say nothing of a weight, and where the model
// has such a weight; a note says so where the model has no use for them. Throws as make_model, fit and fit_max_margin.
StudyFit fit_study(const Study& study, const RouteData& data, const StudyFitOptions& options = {});

// The lengths by which routes are compared [L]: of the study's distance; without one every link counts 1.
Eigen::VectorXd comparison_lengths(const RouteData& data);

// What the fastest path is fastest by.
struct MoveTimes {
  std::string source;     // a feature's name, "the study's time" or "the study's distance"
  Eigen::VectorXd times;  // [M] ≥ 0
};

// Of `feature`, if that is not empty; else of the study's time, a feature travel_time, or the study's distance, the
// first that there is. Throws std::invalid_argument if there is none, or a time is negative.
MoveTimes move_times(const RouteData& data, const std::string& feature = {});

}  // namespace softrl::irl
