// The policies of many trips, a few at a time: those of a city's trips all at once would not fit in memory.
#pragma once
#include <cstddef>
#include <functional>
#include <vector>

#include <Eigen/Core>

#include "irl/route_model.hpp"
#include "softrl/progress.hpp"

namespace softrl::irl {

// Calls `visit` for every group of `trips` that share a policy: those to one destination, if the model takes no account
// of their origin, else those of one origin and destination. `trips` are then their positions in the list, in
// increasing order; groups come in the order of destinations and origins. `progress` is told the groups done.
// Throws std::invalid_argument, naming origin and destination, where the model has no policy, or where the destination
// cannot be reached from the origin by it.
void for_each_policy(RouteModel& model, const Eigen::VectorXd& weights, const std::vector<TripEnds>& trips,
                     const std::function<void(const RoutePolicy&, const std::vector<std::size_t>& trips)>& visit,
                     const ProgressObserver& progress = {});

}  // namespace softrl::irl
