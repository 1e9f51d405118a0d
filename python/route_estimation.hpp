// What softrl.routes keeps between calls: a study with its data and model, and the fits of it.
#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Core>
#include <nanobind/nanobind.h>

#include "bind_support.hpp"
#include "bind_weights.hpp"
#include "irl/fit.hpp"
#include "irl/inference.hpp"
#include "irl/named_weights.hpp"
#include "irl/route_files.hpp"
#include "irl/study.hpp"
#include "irl/study_model.hpp"

// Results own their names, so that they stand without the data.
struct RouteFit {
  std::vector<std::string> names;
  std::vector<std::string> definitions;  // Of what each is the weight.
  std::vector<std::string> trips;        // Their names.
  bool penalised;
  softrl::irl::FitResult fit;
  softrl::irl::FitOptions options = {};  // that it had, without an observer

  Eigen::VectorXd errors(const Eigen::MatrixXd& covariance) const { return standard_errors(covariance, fit.estimated); }
  softrl::irl::FitStatistics statistics() const {
    return softrl::irl::fit_statistics(fit.log_likelihood, fit.null_log_likelihood, fit.degrees_of_freedom,
                                       static_cast<int>(trips.size()));
  }
  // [K × 3] p-value and interval of each weight, by the errors of `covariance`.
  Eigen::MatrixXd inference(const Eigen::MatrixXd& covariance, double confidence) const {
    const Eigen::VectorXd error = errors(covariance);
    Eigen::MatrixXd result(error.size(), 3);
    for (Eigen::Index j = 0; j < error.size(); ++j) {
      const softrl::irl::WeightInference one = softrl::irl::infer(fit.weights(j), error(j), confidence);
      result.row(j) << one.p_value, one.lower, one.upper;
    }
    return result;
  }
};

// A study with its training trips, all of which must be without fault, and the model it asks for.
struct Estimation {
  Estimation(const std::filesystem::path& file, const std::optional<std::filesystem::path>& folder,
             std::optional<int> fold, std::optional<int> train_size, int threads)
      : study(with_trips(softrl::irl::read_study(file), {.fold = fold, .train_size = train_size})),
        options{.threads = threads},
        data(softrl::irl::read_routes(study, folder.value_or(file.parent_path()), {.strict = true})) {
    model();
  }

  // Made anew once predictions have added a destination, of which a model may keep a copy.
  softrl::irl::RouteModel& model() {
    if (!model_ || destinations_ != data.destinations.size()) model_ = make_model(study, data, options);
    destinations_ = data.destinations.size();
    return *model_;
  }

  // Of some trips of the same network, for what runs many fits at once.
  std::unique_ptr<softrl::irl::RouteModel> model_of(const softrl::irl::RouteData& trips) const {
    return make_model(study, trips, {.threads = 1});
  }

  Eigen::VectorXd values(const Weights& weights) {
    return softrl::irl::all_named_weights(model().weight_names(), "weights", named(weights));
  }

  softrl::irl::FitOptions fit_options(const Weights& start, const Weights& fix) const {
    softrl::irl::FitOptions result{.start = named(start), .fixed = named(fix), .bounds = study.bounds};
    softrl::irl::add_defaults(result.start, result.fixed, study.start, study.fixed);
    return result;
  }

  RouteFit fit(const Weights& start, const Weights& fix, double l1, double l2, double tolerance, int max_iterations) {
    softrl::irl::FitOptions wanted = fit_options(start, fix);
    wanted.l1 = l1;
    wanted.l2 = l2;
    wanted.tolerance = tolerance;
    wanted.max_iterations = max_iterations;
    wanted.progress = stop_on_signals();
    RouteFit result{.names = model().weight_names(),
                    .definitions = {},
                    .trips = {},
                    .penalised = l1 > 0.0 || l2 > 0.0,
                    .fit = softrl::irl::fit(model(), wanted)};
    wanted.progress = {};
    result.options = std::move(wanted);
    for (const std::string& name : result.names) result.definitions.push_back(definition_of_weight(study, name));
    for (const softrl::irl::Trip& trip : data.trips) result.trips.push_back(trip.name);
    return result;
  }

  static softrl::irl::Study with_trips(softrl::irl::Study study, const softrl::irl::TripChoice& trips) {
    use_trips(study, softrl::irl::TripSet::Train, trips);
    return study;
  }

  softrl::irl::Study study;
  softrl::irl::ModelOptions options;
  softrl::irl::RouteData data;

 private:
  std::unique_ptr<softrl::irl::RouteModel> model_;
  std::size_t destinations_ = 0;
};
