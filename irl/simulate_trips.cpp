#include "irl/simulate_trips.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "irl/for_each_policy.hpp"

namespace softrl::irl {

Trip simulate_trip(const RoutePolicy& policy, const RouteData& data, int origin, Random& random) {
  Trip trip = policy.sample_trip(origin, random, longest_simulated_trip);
  if (trip.destination < 0)
    throw std::invalid_argument(fmt::format("from link {} to destination {}: a trip is longer than {} moves",
                                            data.network.links[origin], data.destinations[policy.destination()].name,
                                            longest_simulated_trip));
  return trip;
}

std::vector<Trip> simulate_trips(RouteModel& model, const Eigen::VectorXd& weights, const std::vector<TripEnds>& ends,
                                 std::uint64_t seed, const ProgressObserver& progress) {
  std::vector<Trip> trips(ends.size());
  const auto draw = [&](const RoutePolicy& policy, const std::vector<std::size_t>& group) {
    for (const std::size_t t : group) {
      Random random(seed, "trip", t);
      trips[t] = simulate_trip(policy, model.data(), ends[t].origin, random);
      trips[t].name = fmt::format("{}", t + 1);
    }
  };
  for_each_policy(model, weights, ends, draw, progress);
  return trips;
}

}  // namespace softrl::irl
