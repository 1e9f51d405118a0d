// What `softrl routes fit --json` wrote, for the commands that take fits.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "irl/inference.hpp"
#include "irl/model_comparison.hpp"
#include "irl/study.hpp"

namespace softrl::cli {

struct SavedFit {
  std::filesystem::path file;
  std::string family;  // irl::family_of
  double log_likelihood, null_log_likelihood;
  std::vector<irl::FittedWeight> weights;
  Eigen::MatrixXd covariance, robust_covariance;  // [K × K] NaN where not known
  bool penalised;
  double confidence;
  std::vector<std::string> warnings;
  std::vector<std::string> trips;
  Eigen::VectorXd trip_log_likelihoods;

  int estimated() const;
  std::vector<std::string> names() const;
  Eigen::VectorXd values() const;
  irl::FitStatistics statistics() const;
};

// Throws std::runtime_error, naming the file, if the fit is of another family of models than `study` (family_of), or a
// weight of it is of another feature than that of `study` by the same name.
void check_same_model(const SavedFit& fit, const irl::Study& study);

enum class Likelihood { Required, Optional };

// Throws std::runtime_error, naming the file, if it cannot be read, is something else, the fit did not converge, or its
// model has no log-likelihood where one is required (else it is NaN).
SavedFit read_fit(const std::filesystem::path& file, Likelihood likelihood = Likelihood::Required);

}  // namespace softrl::cli
