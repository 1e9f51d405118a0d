#include "irl/maxent_policy.hpp"

#include <limits>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "softrl/check.hpp"

namespace softrl::irl {

Eigen::VectorXd soft_values(const RouteData& data, int destination, const Eigen::VectorXd& weights) {
  check_size("weights", weights.size(), data.network.feature_count());
  PathSum path_sum(data.network, std::vector<bool>(data.network.links.size(), true), PathSolver::Direct);
  return soft_values(path_sum, data, destination, data.network.attributes * weights);
}

Eigen::VectorXd soft_values(PathSum& path_sum, const RouteData& data, int destination,
                            const Eigen::VectorXd& utilities) {
  const auto check = [&](PathSumStatus status) {
    if (status == PathSumStatus::Finite) return;
    const std::string why =
        status == PathSumStatus::Divergent ? describe_bounds(path_sum.radius(), data.network) : std::string();
    throw std::invalid_argument(fmt::format("weights: {}{}", describe(status), why));
  };
  const std::vector<int>& ends = data.destinations.at(destination).links;
  std::vector<bool> closed = reachable(data.network, ends, Direction::Backward);
  closed.flip();
  if (data.ending == Ending::OnEntering) closed[ends.front()] = true;
  check(path_sum.set_utilities(utilities, closed));
  WideBlock sums = path_sum.zero_block();
  if (path_sum.iterative()) {
    check(path_sum.sweep_sums(ends, closed, 0, sums).status);
  } else {
    for (const int link : ends) sums.set(path_sum.row(link), 0, Wide::of(1.0));
    if (!path_sum.solve(sums)) check(PathSumStatus::Inaccurate);
  }
  Eigen::VectorXd values(data.network.link_count());
  for (int k = 0; k < values.size(); ++k) values(k) = log_abs(sums.get(path_sum.row(k), 0));
  return values;
}

RoutePolicy policy_of_values(const RouteData& data, int destination, const Eigen::VectorXd& utilities,
                             const Eigen::VectorXd& values) {
  constexpr double never = -std::numeric_limits<double>::infinity();
  const RoadNetwork& network = data.network;
  const std::vector<int>& links = data.destinations.at(destination).links;
  Eigen::VectorXd moves = Eigen::VectorXd::Constant(network.move_count(), never);
  Eigen::VectorXd ends = Eigen::VectorXd::Constant(network.link_count(), never);
  for (int m = 0; m < network.move_count(); ++m) {
    const int from = network.from[m];
    if (values(from) != never) moves(m) = utilities(m) + values(network.to[m]) - values(from);
  }
  for (const int link : links) {
    ends(link) = -values(link);
    if (data.ending == Ending::OnEntering)  // there is no driving on
      moves.segment(network.first_move[link], network.out_degree(link)).setConstant(never);
  }
  return RoutePolicy(data, destination, std::move(moves), std::move(ends));
}

RoutePolicy maxent_policy(const RouteData& data, int destination, const Eigen::VectorXd& weights) {
  return policy_of_values(data, destination, data.network.attributes * weights,
                          soft_values(data, destination, weights));
}

}  // namespace softrl::irl
