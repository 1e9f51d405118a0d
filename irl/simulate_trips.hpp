// Trips drawn from a model of route choice: what a study would see if it were true.
#pragma once
#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "irl/route_model.hpp"
#include "irl/trips.hpp"
#include "softrl/progress.hpp"
#include "softrl/random.hpp"

namespace softrl::irl {

constexpr int longest_simulated_trip = 100'000;  // moves

// One trip from `origin`. Throws std::invalid_argument, naming its ends, if it is longer than longest_simulated_trip.
Trip simulate_trip(const RoutePolicy& policy, const RouteData& data, int origin, Random& random);

// A trip between each of `ends`, named by its position from 1 on. Trip t is the same whatever the others are. Throws
// std::invalid_argument as for_each_policy and simulate_trip do.
std::vector<Trip> simulate_trips(RouteModel& model, const Eigen::VectorXd& weights, const std::vector<TripEnds>& ends,
                                 std::uint64_t seed, const ProgressObserver& progress = {});

}  // namespace softrl::irl
