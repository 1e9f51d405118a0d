// The behaviour that a path sum implies (docs/math.md 4.2): the soft optimal policy towards one destination.
//
//     P(a | k) = exp(θ · f(k → a)) z(a) / z(k)      P(end | k) = 1 / z(k) where a trip may end
#pragma once
#include <Eigen/Core>

#include "irl/path_sum.hpp"
#include "irl/trips.hpp"
#include "softrl/policy.hpp"

namespace softrl::irl {

// Observation: a link. Action: the position of a move among the moves out of that link, or out_degree(link) to end.
class RoutePolicy final : public DiscretePolicy {
 public:
  // `weights` [K]. `data` must outlive the policy. Throws std::invalid_argument if the path sum is not finite.
  RoutePolicy(const RouteData& data, int destination, const Eigen::VectorXd& weights);

  // V(k) = log z(k) [L]; −∞ where the destination cannot be reached, or exp(V) is below the range of double precision.
  const Eigen::VectorXd& values() const { return values_; }

  // Throws std::invalid_argument from a link of value −∞.
  int sample(const int& link, Random& random) const override;

  // −∞ for every action on a link of value −∞.
  double log_prob(const int& link, const int& action) const override;

  // A trip from `origin`, cut after `max_moves` ≥ 0 moves: its destination is then −1.
  Trip sample_trip(int origin, Random& random, int max_moves) const;

  // log P of a whole trip, its end included. Throws std::invalid_argument if its destination is another.
  double log_prob(const Trip& trip) const;

 private:
  bool may_end(int link) const { return may_end_[link]; }

  const RouteData* data_;
  int destination_;
  Eigen::VectorXd utilities_;  // [moves] θ · f
  Eigen::VectorXd values_;
  std::vector<bool> may_end_;  // [L]
};

}  // namespace softrl::irl
