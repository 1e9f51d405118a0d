// The behaviour that a path sum implies (docs/math.md 4.2): the soft optimal policy towards one destination.
//
//     V(k) = log z(k)      P(a | k) = exp(θ · f(k → a) + V(a) − V(k))      P(end | k) = exp(−V(k)) where a trip may end
#pragma once
#include <Eigen/Core>

#include "irl/path_sum.hpp"
#include "irl/route_policy.hpp"
#include "irl/trips.hpp"

namespace softrl::irl {

// V [L]; −∞ where the destination cannot be reached. `weights` [K]. Throws std::invalid_argument if the path sum is not
// finite.
Eigen::VectorXd soft_values(const RouteData& data, int destination, const Eigen::VectorXd& weights);

// The same for `utilities` [moves]. `path_sum`, of a network with all its links, is left set to them.
Eigen::VectorXd soft_values(PathSum& path_sum, const RouteData& data, int destination,
                            const Eigen::VectorXd& utilities);

// The policy of these values. `utilities` [M] of the moves, θ · f.
RoutePolicy policy_of_values(const RouteData& data, int destination, const Eigen::VectorXd& utilities,
                             const Eigen::VectorXd& values);

// Both at once. Throws as soft_values. `data` must outlive the policy.
RoutePolicy maxent_policy(const RouteData& data, int destination, const Eigen::VectorXd& weights);

}  // namespace softrl::irl
