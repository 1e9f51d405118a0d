#include "irl/route_policy.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>

#include "softrl/check.hpp"

namespace softrl::irl {

constexpr double infinity = std::numeric_limits<double>::infinity();

RoutePolicy::RoutePolicy(const RouteData& data, int destination, const Eigen::VectorXd& weights)
    : data_(&data), destination_(destination), may_end_(data.network.links.size(), false) {
  const std::vector<int>& ends = data.destinations.at(destination).links;
  PathSum path_sum(data.network, reachable(data.network, ends, Direction::Backward));
  std::vector<bool> closed(data.network.links.size(), false);
  if (data.ending == Ending::OnEntering) closed[ends.front()] = true;
  const PathSumStatus status = path_sum.set_weights(weights, closed);
  if (status != PathSumStatus::Finite) throw std::invalid_argument(fmt::format("weights: {}", describe(status)));
  Eigen::MatrixXd sums = ending_links(data, {destination});
  if (!path_sum.solve(sums))
    throw std::invalid_argument(fmt::format("weights: {}", describe(PathSumStatus::Inaccurate)));
  utilities_ = data.network.attributes * weights;
  values_ = sums.col(0).array().log();
  for (const int link : ends) may_end_[link] = true;
}

int RoutePolicy::sample(const int& link, Random& random) const {
  if (values_(link) == -infinity)
    throw std::invalid_argument(fmt::format("destination {} cannot be reached from link {}",
                                            data_->destinations[destination_].name, data_->network.links[link]));
  std::vector<double> probabilities;
  for (int action = 0; action <= data_->network.out_degree(link); ++action)
    probabilities.push_back(std::exp(log_prob(link, action)));
  return random.categorical(probabilities);
}

double RoutePolicy::log_prob(const int& link, const int& action) const {
  const int ending = data_->network.out_degree(link);
  check_in_range("action", action, 0, ending);
  if (values_(link) == -infinity) return -infinity;
  if (data_->ending == Ending::OnEntering && may_end(link)) return action == ending ? 0.0 : -infinity;
  if (action == ending) return may_end(link) ? -values_(link) : -infinity;
  const int move = data_->network.first_move[link] + action;
  return utilities_(move) + values_(data_->network.to[move]) - values_(link);
}

Trip RoutePolicy::sample_trip(int origin, Random& random, int max_moves) const {
  check_count("max_moves", max_moves, 0);
  Trip trip{.name = "", .destination = destination_, .origin = origin, .moves = {}};
  for (int link = origin;;) {
    const int action = sample(link, random);
    if (action == data_->network.out_degree(link)) return trip;
    if (static_cast<int>(trip.moves.size()) == max_moves) break;
    trip.moves.push_back(data_->network.first_move[link] + action);
    link = data_->network.to[trip.moves.back()];
  }
  trip.destination = -1;
  return trip;
}

double RoutePolicy::log_prob(const Trip& trip) const {
  if (trip.destination != destination_) throw std::invalid_argument("the trip has another destination");
  double total = 0.0;
  int link = trip.origin;
  for (const int move : trip.moves) {
    total += log_prob(link, move - data_->network.first_move[link]);
    link = data_->network.to[move];
  }
  return total + log_prob(link, data_->network.out_degree(link));
}

}  // namespace softrl::irl
