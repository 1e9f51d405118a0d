// Which links travellers of one policy drive on (docs/math.md 4.5).
//
//     x = s + Pᵀ x       x(k) expected visits of link k, s(k) trips that start on it, P(k,a) probability of k → a
//     P(pass a | from k) = N(k,a) / N(a,a)       N = (I − P)⁻¹ expected visits, from a and of a the first one included
//
// Where routes may pass a link twice the two differ: N(k,a) counts every visit, and a route that gets to a at all is
// expected there N(a,a) times.
#pragma once
#include <vector>

#include <Eigen/Core>

#include "irl/path_sum.hpp"
#include "irl/route_policy.hpp"

namespace softrl::irl {

class LinkVisits {
 public:
  // `network` must outlive this object.
  explicit LinkVisits(const RoadNetwork& network);

  // Throws std::invalid_argument if the policy's routes cannot be told to end.
  void set_policy(const RoutePolicy& policy);

  // Of the policy last set. x [L × any], a column per column of `starts` ≥ 0. Throws std::invalid_argument if a
  // solution fails its residual check, as below.
  Eigen::MatrixXd expected_visits(const Eigen::MatrixXd& starts) const;

  // The probability that a route from each link passes `links` [L × links]; 1 from the link itself.
  Eigen::MatrixXd passing(const std::vector<int>& links) const;

 private:
  PathSum path_sum_;  // of utilities log P: its M is P
};

}  // namespace softrl::irl
