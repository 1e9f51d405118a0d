#include "irl/study_fit.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "irl/corridor.hpp"
#include "irl/likelihood.hpp"

namespace softrl::irl {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// Of K weights that no likelihood tells anything of.
FitResult without_likelihood(const RouteData& data, Eigen::VectorXd weights) {
  const Eigen::Index k = weights.size();
  FitResult result{};
  result.status = Status::Converged;
  for (double* number : {&result.log_likelihood, &result.objective, &result.degrees_of_freedom,
                         &result.condition_number, &result.radius.lower, &result.radius.upper})
    *number = unknown;
  result.null_log_likelihood = random_walk_log_likelihood(data);
  result.weights = std::move(weights);
  result.estimated.assign(static_cast<std::size_t>(k), true);
  result.at_bound.assign(static_cast<std::size_t>(k), false);
  result.covariance = result.robust_covariance = Eigen::MatrixXd::Constant(k, k, unknown);
  result.trip_log_likelihoods = Eigen::VectorXd::Constant(static_cast<Eigen::Index>(data.trips.size()), unknown);
  const std::vector<int> groups = independent_groups(data.trips);
  result.clusters = groups.empty() ? 0 : 1 + *std::max_element(groups.begin(), groups.end());
  return result;
}

FitResult fit_time(const Study& /*study*/, const RouteData& data) {
  FitResult result = without_likelihood(data, {});
  result.notes.push_back(
      fmt::format("time learns nothing from trips and has no probabilities: it predicts the fastest path, by {}",
                  move_times(data).source));
  return result;
}

FitResult fit_margin(const Study& study, const RouteData& data, const StudyFitOptions& options) {
  const MaxMarginResult found = fit_max_margin(data, comparison_lengths(data),
                                               {.regularisation = options.regularisation,
                                                .max_iterations = options.fit.max_iterations,
                                                .progress = options.fit.progress});
  FitResult result = without_likelihood(data, found.weights);
  result.status = found.status;
  result.objective = found.objective;
  result.remaining_gain = found.objective - found.lower_bound;
  result.iterations = result.evaluations = found.iterations;
  result.notes.push_back(
      "max_margin has no probabilities: there is no log-likelihood, and there are no standard errors");
  if (!study.start.empty() || !study.fixed.empty() || !study.bounds.empty())
    result.notes.push_back("max_margin estimates all weights: those the study starts, fixes or bounds, too");
  return result;
}

}  // namespace

bool learns_by_likelihood(std::string_view model) { return model != "max_margin" && model != "time"; }

StudyFit fit_study(const Study& study, const RouteData& data, const StudyFitOptions& options) {
  const auto tell = [&](const std::vector<std::string>& names) {
    if (options.on_names) options.on_names(names);
  };
  if (!learns_by_likelihood(study.model))
    tell(study.model == "time" ? std::vector<std::string>{} : data.network.features);
  if (study.model == "time") return {.names = {}, .model = nullptr, .fit = fit_time(study, data)};
  if (study.model == "max_margin")
    return {.names = data.network.features, .model = nullptr, .fit = fit_margin(study, data, options)};

  Study learned = study;
  const bool best_path = study.model == "action_costs";
  if (best_path) learned.model = "action";
  std::unique_ptr<RouteModel> model = make_model(learned, data, options.model);
  const std::vector<std::string>& names = model->weight_names();
  tell(names);
  const auto belongs = [&](const auto& weight) {
    return std::find(names.begin(), names.end(), weight.name) != names.end();
  };
  FitOptions of_fit = options.fit;
  std::vector<NamedWeight> start, fixed;
  std::copy_if(study.start.begin(), study.start.end(), std::back_inserter(start), belongs);
  std::copy_if(study.fixed.begin(), study.fixed.end(), std::back_inserter(fixed), belongs);
  add_defaults(of_fit.start, of_fit.fixed, start, fixed);
  std::copy_if(study.bounds.begin(), study.bounds.end(), std::back_inserter(of_fit.bounds), belongs);
  FitResult result = fit(*model, of_fit);
  if (best_path)
    result.notes.push_back(
        "action_costs predicts the best path and has no probabilities: this is the log-likelihood of action, whose "
        "weights it takes");
  std::optional<CorridorCost> corridor;
  if (const auto* inside = dynamic_cast<const CorridorLikelihood*>(model.get())) {
    const LikelihoodValue all = Likelihood(data, options.model.threads).evaluate(result.weights);
    corridor = {.log_likelihood_over_all_paths = all.status == PathSumStatus::Finite ? all.log_likelihood : unknown,
                .trips_outside = inside->trips_outside(),
                .mean_links = inside->mean_links()};
    result.notes.push_back(fmt::format(
        "the log-likelihood is over the paths of the corridors alone, of {:.4g} links on average, out of which {} "
        "trips "
        "drive but for their own links; over all paths it is {} at these weights. It compares with no model's over "
        "other paths, nor with the random walk's",
        corridor->mean_links, corridor->trips_outside,
        all.status == PathSumStatus::Finite ? fmt::format("{:.4f}", all.log_likelihood) : "not finite"));
  }
  return {.names = names, .model = std::move(model), .fit = std::move(result), .corridor = corridor};
}

Eigen::VectorXd comparison_lengths(const RouteData& data) {
  return data.link_lengths.size() > 0 ? data.link_lengths : Eigen::VectorXd::Ones(data.network.link_count());
}

MoveTimes move_times(const RouteData& data, const std::string& feature) {
  const std::vector<std::string>& features = data.network.features;
  const std::string name = feature.empty() ? "travel_time" : feature;
  const auto found = std::find(features.begin(), features.end(), name);
  if (!feature.empty() && found == features.end())
    throw std::invalid_argument(
        fmt::format("there is no feature {} (features: {})", feature, fmt::join(features, ", ")));
  MoveTimes result;
  if (feature.empty() && data.move_times.size() > 0) {
    result = {.source = "the study's time", .times = data.move_times};
  } else if (found != features.end()) {
    result = {.source = name, .times = data.network.attributes.col(found - features.begin())};
  } else if (data.link_lengths.size() > 0) {
    result = {.source = "the study's distance", .times = data.link_lengths(data.network.to)};
  } else {
    throw std::invalid_argument("the study names neither time nor distance, and has no feature travel_time");
  }
  if (result.times.size() > 0 && !(result.times.minCoeff() >= 0.0))
    throw std::invalid_argument(
        fmt::format("a time must not be negative, got {} of {}", result.times.minCoeff(), result.source));
  return result;
}

}  // namespace softrl::irl
