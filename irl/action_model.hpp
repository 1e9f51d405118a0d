// Drivers who know the best way on from everywhere, and choose move by move (docs/math.md 4.9): Ziebart's "Action".
//
//     P(a | k) ∝ exp(Q*(k,a))      Q*(k,a) = θ · f(k → a) + u(a)      P(end | k) ∝ exp(0) where a trip may end
//
// u(a) is the utility of the best path from a under θ (best_paths.hpp). Moves compete with the other moves out of their
// link alone, and not with paths that branched off before: paths of the same utility may differ in probability (label
// bias). With F(a) the features of that best path, the log-likelihood of a trip has the gradient
//
//     Σ over its moves k → a of  g(k → a) − Σ_a' P(a' | k) g(k → a')      g(k → a) = f(k → a) + F(a)
//
// It is smooth where the best paths stay the same and has kinks where they change, and may have several maxima.
#pragma once
#include <map>
#include <optional>
#include <vector>

#include <Eigen/Core>

#include "irl/best_paths.hpp"
#include "irl/route_model.hpp"
#include "irl/trips.hpp"

namespace softrl::irl {

class ActionModel final : public RouteModel {
 public:
  // `data` must outlive this object. Throws std::invalid_argument if it has no trips.
  explicit ActionModel(const RouteData& data);

  const RouteData& data() const override { return *data_; }
  const std::vector<std::string>& weight_names() const override { return data_->network.features; }
  FeatureSummary features() const override { return summarise_features(*data_); }

  // Divergent if a cycle of positive utility leads to a destination: there is no best path then. Derivatives are those
  // of the best paths that were found; the Hessian takes them as they are and is then negative semidefinite.
  LikelihoodValue evaluate(const Eigen::VectorXd& weights) override;
  LikelihoodCurvature curvature(const Eigen::VectorXd& weights) override;

  bool has_kinks() const override { return true; }

  // There is no path sum that could diverge: 0, or +∞ as the upper bound where there is no best path.
  SpectralRadius radius(const SpectralRadiusOptions& options = {}) override;

  bool origin_matters() const override { return false; }
  std::vector<RoutePolicy> policies(const Eigen::VectorXd& weights, const std::vector<TripEnds>& trips) override;

 private:
  // The trips to one destination, and how often each action (as in RoutePolicy) was chosen on the links they pass.
  struct Demand {
    int destination;
    std::vector<int> trips;  // Indices.
    std::map<int, std::vector<double>> choices;
  };
  // Where drivers to a destination may end, and how they get there.
  struct Towards {
    std::vector<bool> ends;
    BestPaths best;
  };
  std::optional<Towards> towards(int destination, const Eigen::VectorXd& utilities) const;
  std::vector<double> log_probs(const Towards& towards, const Eigen::VectorXd& utilities, int link) const;

  const RouteData* data_;
  IncomingMoves incoming_;
  std::vector<Demand> demands_;
  bool has_best_paths_ = true;  // At the weights last evaluated.
};

}  // namespace softrl::irl
