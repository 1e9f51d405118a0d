// How travellers to one destination drive, whatever model says so: the probability of every move and of ending the
// trip, link by link.
#pragma once
#include <Eigen/Core>

#include "irl/trips.hpp"
#include "softrl/policy.hpp"

namespace softrl::irl {

// Observation: a link. Action: the position of a move among the moves out of that link, or out_degree(link) to end.
class RoutePolicy final : public DiscretePolicy {
 public:
  // `moves` [M] log P(move | the link it leaves), `ends` [L] log P(end | link). On a link from which the destination
  // cannot be reached all of them are −∞; elsewhere the probabilities sum to 1. `data` must outlive the policy.
  RoutePolicy(const RouteData& data, int destination, Eigen::VectorXd moves, Eigen::VectorXd ends);

  int destination() const { return destination_; }
  const Eigen::VectorXd& move_log_probs() const { return moves_; }
  const Eigen::VectorXd& end_log_probs() const { return ends_; }

  // Whether the destination can be reached from the link.
  bool reaches_from(int link) const;

  // Throws std::invalid_argument from a link from which the destination cannot be reached.
  int sample(const int& link, Random& random) const override;
  double log_prob(const int& link, const int& action) const override;

  // A trip from `origin`, cut after `max_moves` ≥ 0 moves: its destination is then −1.
  Trip sample_trip(int origin, Random& random, int max_moves) const;

  // log P of a whole trip, its end included. Throws std::invalid_argument if its destination is another.
  double log_prob(const Trip& trip) const;

 private:
  const RouteData* data_;
  int destination_;
  Eigen::VectorXd moves_, ends_;
};

}  // namespace softrl::irl
