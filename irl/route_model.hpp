// What every model of route choice that is estimated by maximum likelihood answers to: fits, tests and predictions know
// a model by this alone.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "irl/path_sum.hpp"
#include "irl/route_policy.hpp"
#include "irl/spectral_radius.hpp"
#include "irl/trips.hpp"

namespace softrl::irl {

struct LikelihoodValue {
  PathSumStatus status;           // The rest is meaningful only if Finite.
  double log_likelihood = 0.0;    // Sum over trips, in nats.
  Eigen::VectorXd gradient = {};  // [K]
};

struct LikelihoodCurvature {
  PathSumStatus status;  // As above.
  double log_likelihood = 0.0;
  Eigen::VectorXd gradient = {};
  Eigen::MatrixXd hessian = {};               // [K × K] of the log-likelihood.
  RowMatrix scores = {};                      // [trips × K] each trip's own gradient; they sum to `gradient`.
  Eigen::VectorXd trip_log_likelihoods = {};  // [trips] log P of each trip; they sum to `log_likelihood`.
};

// What a search should know of the features that the K weights belong to.
struct FeatureSummary {
  Eigen::VectorXd unit_costs;  // [K] weights at which each is a cost of about 1 (features.hpp): where a search starts.
  Eigen::VectorXd largest;     // [K] size, over all moves.
  Eigen::VectorXd trip_squares;  // [K] sum of squares over the moves of the trips.
};

// Of the features of the network's moves.
FeatureSummary summarise_features(const RouteData& data);

// The two ends of a trip.
struct TripEnds {
  int origin;       // A link.
  int destination;  // Index into RouteData::destinations.
};

class RouteModel {
 public:
  virtual ~RouteModel() = default;

  virtual const RouteData& data() const = 0;
  virtual const std::vector<std::string>& weight_names() const = 0;  // [K]
  virtual FeatureSummary features() const = 0;

  virtual LikelihoodValue evaluate(const Eigen::VectorXd& weights) = 0;
  virtual LikelihoodCurvature curvature(const Eigen::VectorXd& weights) = 0;

  // The same model of other trips on the same network, which outlive it; or nothing, where a model of fewer trips does
  // not cost less.
  virtual std::unique_ptr<RouteModel> of_trips(const RouteData& /*data*/) const { return nullptr; }

  // Whether the log-likelihood is smooth only but for kinks; the gradient at one is that of some side.
  virtual bool has_kinks() const { return false; }

  // At the weights last evaluated: below 1 where the path sums are finite.
  virtual SpectralRadius radius(const SpectralRadiusOptions& options = {}) = 0;

  // Whether travellers to one destination drive differently by where they set out.
  virtual bool origin_matters() const = 0;

  // How travellers of these weights drive, for each of `trips`. Throws std::invalid_argument where there is no answer,
  // saying why. The model's data must outlive the policies.
  // They are in the order of `trips`; where the origin does not matter, trips to one destination have the same.
  virtual std::vector<RoutePolicy> policies(const Eigen::VectorXd& weights, const std::vector<TripEnds>& trips) = 0;
};

}  // namespace softrl::irl
