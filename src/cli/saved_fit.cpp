#include "cli/saved_fit.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "cli/json_arrays.hpp"

namespace softrl::cli {

int SavedFit::estimated() const {
  return static_cast<int>(
      std::count_if(weights.begin(), weights.end(), [](const irl::FittedWeight& w) { return w.estimated; }));
}

std::vector<std::string> SavedFit::names() const {
  std::vector<std::string> result;
  for (const irl::FittedWeight& weight : weights) result.push_back(weight.name);
  return result;
}

Eigen::VectorXd SavedFit::values() const {
  Eigen::VectorXd result(static_cast<Eigen::Index>(weights.size()));
  for (Eigen::Index j = 0; j < result.size(); ++j) result(j) = weights[static_cast<std::size_t>(j)].value;
  return result;
}

irl::FitStatistics SavedFit::statistics() const {
  return irl::fit_statistics(log_likelihood, null_log_likelihood, estimated(), static_cast<int>(trips.size()));
}

SavedFit read_fit(const std::filesystem::path& file, Likelihood likelihood) {
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error(fmt::format("{}: {}", file.string(), what));
  };
  SavedFit fit{};
  fit.file = file;
  std::string status;
  std::vector<Eigen::Index> at_bound;
  const Json json = read_json(file);
  try {
    json.at("status").get_to(status);
    json.at("family").get_to(fit.family);
    json.at("warnings").get_to(fit.warnings);
    const Json& value = json.at("log_likelihood");
    if (value.is_null() && likelihood == Likelihood::Required)
      fail("has no log-likelihood: its model knows no probabilities");
    fit.log_likelihood = value.is_null() ? std::nan("") : value.get<double>();
    json.at("null_log_likelihood").get_to(fit.null_log_likelihood);
    for (const Json& weight : json.at("parameters")) {
      fit.weights.push_back({.name = weight.at("name"),
                             .value = weight.at("value"),
                             .estimated = weight.at("estimated"),
                             .definition = weight.at("definition")});
      if (!weight.at("at_bound").get<bool>()) continue;
      at_bound.push_back(static_cast<Eigen::Index>(fit.weights.size()) - 1);
      fit.warnings.push_back(fmt::format("weight {} ended at its bound, where these tests do not hold",
                                         weight.at("name").get<std::string>()));
    }
    fit.covariance = matrix_from(json.at("covariance"));
    fit.robust_covariance = matrix_from(json.at("robust_covariance"));
    fit.penalised = json.at("penalty").at("l1") != 0.0 || json.at("penalty").at("l2") != 0.0;
    json.at("confidence").get_to(fit.confidence);
    json.at("trip_names").get_to(fit.trips);
    fit.trip_log_likelihoods = vector_from(json.at("trip_log_likelihoods"));
  } catch (const Json::exception& error) {
    fail(fmt::format("is not what softrl routes fit --json writes: {}", error.what()));
  }
  const auto weights = static_cast<Eigen::Index>(fit.weights.size());
  for (const Eigen::MatrixXd* matrix : {&fit.covariance, &fit.robust_covariance})
    if (matrix->rows() != weights || matrix->cols() != weights)
      fail(fmt::format("has {} parameters and a covariance of {} × {}", weights, matrix->rows(), matrix->cols()));
  if (fit.trips.empty() || static_cast<Eigen::Index>(fit.trips.size()) != fit.trip_log_likelihoods.size())
    fail(fmt::format("has {} trip_names and {} trip_log_likelihoods", fit.trips.size(),
                     fit.trip_log_likelihoods.size()));
  for (const Eigen::Index j : at_bound) {  // without an error, unlike what is fixed, whose error is 0
    for (Eigen::MatrixXd* matrix : {&fit.covariance, &fit.robust_covariance}) {
      matrix->row(j).setConstant(std::nan(""));
      matrix->col(j).setConstant(std::nan(""));
    }
  }
  if (status != "converged") fail(fmt::format("status is {}: only a fit that converged is of use", status));
  return fit;
}

void check_same_model(const SavedFit& fit, const irl::Study& study) {
  if (fit.family != irl::family_of(study))
    throw std::runtime_error(fmt::format("{}: is a fit of another model, {}; here it is {}", fit.file.string(),
                                         fit.family, irl::family_of(study)));
  for (const irl::FittedWeight& weight : fit.weights) {
    const std::string here = irl::definition_of_weight(study, weight.name);
    const bool known = here != weight.name;  // else another message is due
    if (known && here != weight.definition)
      throw std::runtime_error(fmt::format("{}: its weight {} is of another feature, {}; in this study it is {}",
                                           fit.file.string(), weight.name, weight.definition, here));
  }
}

}  // namespace softrl::cli
