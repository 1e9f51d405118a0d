#include "irl/for_each_policy.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace softrl::irl {
namespace {

// Enough to share a factorisation, few enough to keep in memory.
constexpr std::size_t block_size = 64;

std::string describe(const RouteData& data, const TripEnds& ends) {
  return fmt::format("from link {} to destination {}", data.network.links[ends.origin],
                     data.destinations[ends.destination].name);
}

std::vector<RoutePolicy> policies(RouteModel& model, const Eigen::VectorXd& weights,
                                  const std::vector<TripEnds>& trips) {
  try {
    return model.policies(weights, trips);
  } catch (const std::invalid_argument& error) {
    for (const TripEnds& ends : trips) {  // which one is it?
      try {
        model.policies(weights, {ends});
      } catch (const std::invalid_argument& one) {
        throw std::invalid_argument(fmt::format("{}: {}", describe(model.data(), ends), one.what()));
      }
    }
    throw;
  }
}

}  // namespace

void for_each_policy(RouteModel& model, const Eigen::VectorXd& weights, const std::vector<TripEnds>& trips,
                     const std::function<void(const RoutePolicy&, const std::vector<std::size_t>& trips)>& visit,
                     const ProgressObserver& progress) {
  std::map<std::pair<int, int>, std::vector<std::size_t>> by_ends;
  for (std::size_t t = 0; t < trips.size(); ++t)
    by_ends[{trips[t].destination, model.origin_matters() ? trips[t].origin : 0}].push_back(t);
  std::vector<std::vector<std::size_t>> groups;
  for (auto& [ends, members] : by_ends) groups.push_back(std::move(members));

  for (std::size_t first = 0; first < groups.size(); first += block_size) {
    const std::size_t last = std::min(first + block_size, groups.size());
    std::vector<TripEnds> block;
    for (std::size_t g = first; g < last; ++g) block.push_back(trips[groups[g].front()]);
    const std::vector<RoutePolicy> found = policies(model, weights, block);
    for (std::size_t g = first; g < last; ++g) {
      for (const std::size_t t : groups[g])
        if (!found[g - first].reaches_from(trips[t].origin))
          throw std::invalid_argument(
              fmt::format("{}: the destination cannot be reached", describe(model.data(), trips[t])));
      visit(found[g - first], groups[g]);
      if (progress)
        progress({.done = static_cast<std::int64_t>(g + 1),
                  .limit = static_cast<std::int64_t>(groups.size()),
                  .measurements = {}});
    }
  }
}

}  // namespace softrl::irl
