#include "irl/route_policy.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "softrl/check.hpp"

namespace softrl::irl {

RoutePolicy::RoutePolicy(const RouteData& data, int destination, Eigen::VectorXd moves, Eigen::VectorXd ends)
    : data_(&data), destination_(destination), moves_(std::move(moves)), ends_(std::move(ends)) {
  check_in_range("destination", destination, 0, static_cast<int>(data.destinations.size()) - 1);
  check_size("moves", moves_.size(), data.network.move_count());
  check_size("ends", ends_.size(), data.network.link_count());
}

bool RoutePolicy::reaches_from(int link) const {
  constexpr double never = -std::numeric_limits<double>::infinity();
  if (ends_(link) > never) return true;
  for (int move = data_->network.first_move[link]; move < data_->network.first_move[link + 1]; ++move)
    if (moves_(move) > never) return true;
  return false;
}

int RoutePolicy::sample(const int& link, Random& random) const {
  std::vector<double> probabilities;
  for (int action = 0; action <= data_->network.out_degree(link); ++action)
    probabilities.push_back(std::exp(log_prob(link, action)));
  if (!reaches_from(link))
    throw std::invalid_argument(fmt::format("destination {} cannot be reached from link {}",
                                            data_->destinations[destination_].name, data_->network.links[link]));
  return random.categorical(probabilities);
}

double RoutePolicy::log_prob(const int& link, const int& action) const {
  const int ending = data_->network.out_degree(link);
  check_in_range("action", action, 0, ending);
  return action == ending ? ends_(link) : moves_(data_->network.first_move[link] + action);
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
    total += moves_(move);
    link = data_->network.to[move];
  }
  return total + ends_(link);
}

}  // namespace softrl::irl
