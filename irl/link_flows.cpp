#include "irl/link_flows.hpp"

#include <cmath>
#include <numeric>
#include <utility>

#include "irl/for_each_policy.hpp"
#include "irl/link_visits.hpp"

namespace softrl::irl {
namespace {

void measure_imbalance(const RoadNetwork& network, LinkFlows& flows) {
  Eigen::VectorXd surplus = flows.started - flows.ended;
  for (int m = 0; m < network.move_count(); ++m) {
    surplus(network.to[m]) += flows.moves(m);
    surplus(network.from[m]) -= flows.moves(m);
  }
  flows.link_imbalance = surplus.cwiseAbs().maxCoeff();

  const Intersections where = intersections(network);
  Eigen::VectorXd arriving = Eigen::VectorXd::Zero(where.count);  // less those that leave
  for (int k = 0; k < network.link_count(); ++k) {
    arriving(where.ends[k]) += flows.links(k) - flows.ended(k);
    arriving(where.begins[k]) -= flows.links(k) - flows.started(k);
  }
  flows.intersection_imbalance = arriving.cwiseAbs().maxCoeff();
}

}  // namespace

Intersections intersections(const RoadNetwork& network) {
  const int links = network.link_count();
  std::vector<int> parent(2 * links);  // of the ends, then of the beginnings
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&](int node) {
    while (parent[node] != node) node = parent[node] = parent[parent[node]];
    return node;
  };
  for (int m = 0; m < network.move_count(); ++m) parent[root(network.from[m])] = root(links + network.to[m]);

  Intersections result{.count = 0, .begins = std::vector<int>(links), .ends = std::vector<int>(links)};
  std::vector<int> number(parent.size(), -1);
  const auto numbered = [&](int node) {
    int& found = number[root(node)];
    if (found < 0) found = result.count++;
    return found;
  };
  for (int k = 0; k < links; ++k) {
    result.ends[k] = numbered(k);
    result.begins[k] = numbered(links + k);
  }
  return result;
}

LinkFlows link_flows(RouteModel& model, const Eigen::VectorXd& weights, const std::vector<Demand>& demand,
                     const ProgressObserver& progress) {
  const RoadNetwork& network = model.data().network;
  LinkFlows flows{.links = Eigen::VectorXd::Zero(network.link_count()),
                  .moves = Eigen::VectorXd::Zero(network.move_count()),
                  .started = Eigen::VectorXd::Zero(network.link_count()),
                  .ended = Eigen::VectorXd::Zero(network.link_count()),
                  .demand = 0.0,
                  .link_imbalance = 0.0,
                  .intersection_imbalance = 0.0};
  std::vector<TripEnds> ends;
  for (const Demand& row : demand) ends.push_back(row.ends);
  LinkVisits visits(network);
  const auto add = [&](const RoutePolicy& policy, const std::vector<std::size_t>& rows) {
    Eigen::VectorXd starts = Eigen::VectorXd::Zero(network.link_count());
    for (const std::size_t row : rows) starts(demand[row].ends.origin) += demand[row].trips;
    visits.set_policy(policy);
    const Eigen::VectorXd links = visits.expected_visits(starts);
    flows.links += links;
    flows.started += starts;
    flows.demand += starts.sum();
    for (int k = 0; k < network.link_count(); ++k)
      if (links(k) > 0.0) flows.ended(k) += links(k) * std::exp(policy.end_log_probs()(k));
    for (int m = 0; m < network.move_count(); ++m)
      if (links(network.from[m]) > 0.0) flows.moves(m) += links(network.from[m]) * std::exp(policy.move_log_probs()(m));
  };
  for_each_policy(model, weights, ends, add, progress);
  measure_imbalance(network, flows);
  return flows;
}

}  // namespace softrl::irl
