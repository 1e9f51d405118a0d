// softrl.routes.Model: what it expects of trips.
#include <cmath>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <nanobind/eigen/dense.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "irl/demand.hpp"
#include "irl/destinations.hpp"
#include "irl/ends_finder.hpp"
#include "irl/link_flows.hpp"
#include "irl/route_prediction.hpp"
#include "irl/simulate_trips.hpp"
#include "route_estimation.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace softrl::irl;

namespace {

using EndsByName = std::pair<std::string, std::string>;
using DemandByName = std::vector<std::tuple<std::string, std::string, double>>;

nb::dict with_ends(const RouteData& data, const TripEnds& ends) {
  nb::dict result;
  result["origin"] = data.network.links[ends.origin];
  result["destination"] = data.destinations[ends.destination].name;
  return result;
}

std::vector<std::string> link_names(const RouteData& data, const TripEnds& ends, const std::vector<int>& moves) {
  std::vector<std::string> names{data.network.links[ends.origin]};
  for (const int move : moves) names.push_back(data.network.links[data.network.to[move]]);
  return names;
}

nb::list routes(const RouteData& data, const TripEnds& ends, const std::vector<LikelyRoute>& routes) {
  nb::list result;
  for (const LikelyRoute& route : routes) {
    nb::dict one;
    one["log_probability"] = route.log_prob;
    one["links"] = link_names(data, ends, route.moves);
    result.append(one);
  }
  return result;
}

nb::list predict(Estimation& e, const Weights& weights, const std::vector<EndsByName>& trips, int count,
                 const std::vector<std::string>& passing, std::optional<double> passing_at_least, int samples,
                 std::uint64_t seed) {
  PredictionOptions options{.routes = count, .samples = samples, .seed = seed};
  if (passing_at_least) options.passing_at_least = *passing_at_least;
  std::vector<TripEnds> ends;
  std::vector<RoutePrediction> predictions;
  {
    const nb::gil_scoped_release release;
    EndsFinder finder(e.data);
    for (const std::string& link : passing) options.passing.push_back(finder.link(link));
    for (const auto& [origin, destination] : trips) ends.push_back(finder.ends(origin, destination));
    const Eigen::VectorXd values = e.values(weights);
    predictions = predict_routes(e.model(), values, ends, options, stop_on_signals());
  }
  nb::list result;
  for (std::size_t t = 0; t < ends.size(); ++t) {
    const RoutePrediction& prediction = predictions[t];
    nb::dict one = with_ends(e.data, ends[t]);
    one["status"] = status_of(prediction.likely);
    one["routes"] = routes(e.data, ends[t], prediction.likely.routes);
    one["samples"] = routes(e.data, ends[t], prediction.samples);
    const auto passed = static_cast<Eigen::Index>(prediction.passing.size());
    std::vector<std::string> links;
    Eigen::VectorXd probabilities(passed), visits(passed);
    for (Eigen::Index i = 0; i < passed; ++i) {
      const LinkPassing& link = prediction.passing[static_cast<std::size_t>(i)];
      links.push_back(e.data.network.links[link.link]);
      probabilities(i) = link.probability;
      visits(i) = link.expected_visits;
    }
    nb::dict of_links;
    of_links["links"] = links;
    of_links["probability"] = probabilities;
    of_links["expected_visits"] = visits;
    one["passing"] = of_links;
    result.append(one);
  }
  return result;
}

nb::dict destinations(Estimation& e, const Weights& weights, const std::vector<std::string>& links,
                      const std::optional<Weights>& prior, double smoothing) {
  std::vector<std::string> names;
  Eigen::VectorXd shares;
  Eigen::MatrixXd posterior;
  {
    const nb::gil_scoped_release release;
    if (prior && smoothing != 0.0) throw std::invalid_argument("smoothing: a prior that is given is not smoothed");
    EndsFinder finder(e.data);
    const Trip trip = finder.beginning(links);
    std::map<int, double> given;
    for (const auto& [name, share] : prior.value_or(Weights{})) given[finder.destination(name)] = share;
    shares = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(e.data.destinations.size()));
    for (const auto& [destination, share] : given) shares(destination) = share;
    if (!prior) shares = destination_shares(e.data, smoothing);
    const Eigen::VectorXd values = e.values(weights);
    posterior = destination_posteriors(e.model(), values, shares, {trip}, stop_on_signals()).front().array().exp();
    shares /= shares.sum();
    for (const Destination& destination : e.data.destinations) names.push_back(destination.name);
  }
  nb::dict result;
  result["destinations"] = names;
  result["prior"] = shares;
  result["posterior"] = posterior;
  return result;
}

// One trip for each of the study's if there is no demand.
std::vector<Demand> demand_of(Estimation& e, const std::optional<DemandByName>& rows) {
  if (!rows) return observed_demand(e.data);
  EndsFinder finder(e.data);
  std::vector<Demand> demand;
  for (const auto& [origin, destination, trips] : *rows) {
    if (!(trips >= 0.0 && std::isfinite(trips)))
      throw std::invalid_argument("demand: trips must be finite and not negative, got " + std::to_string(trips));
    demand.push_back({.ends = finder.ends(origin, destination), .trips = trips});
  }
  if (demand.empty()) throw std::invalid_argument("demand: there are no trips");
  return demand;
}

nb::dict flows(Estimation& e, const Weights& weights, const std::optional<DemandByName>& demand) {
  LinkFlows flows;
  {
    const nb::gil_scoped_release release;
    const std::vector<Demand> rows = demand_of(e, demand);
    const Eigen::VectorXd values = e.values(weights);
    flows = link_flows(e.model(), values, rows, stop_on_signals());
  }
  const RoadNetwork& network = e.data.network;
  nb::dict result;
  result["links"] = network.links;
  result["flow"] = flows.links;
  result["started"] = flows.started;
  result["ended"] = flows.ended;
  result["moves_from"] = Eigen::VectorXi(Eigen::VectorXi::Map(network.from.data(), network.move_count()));
  result["moves_to"] = Eigen::VectorXi(Eigen::VectorXi::Map(network.to.data(), network.move_count()));
  result["moves_flow"] = flows.moves;
  result["demand"] = flows.demand;
  result["link_imbalance"] = flows.link_imbalance;
  result["intersection_imbalance"] = flows.intersection_imbalance;
  return result;
}

nb::list simulate(Estimation& e, const Weights& weights, int trips, const std::optional<DemandByName>& demand,
                  std::uint64_t seed) {
  std::vector<Trip> drawn;
  {
    const nb::gil_scoped_release release;
    const std::vector<TripEnds> ends = draw_ends(demand_of(e, demand), trips, seed);
    const Eigen::VectorXd values = e.values(weights);
    drawn = simulate_trips(e.model(), values, ends, seed, stop_on_signals());
  }
  nb::list result;
  for (const Trip& trip : drawn) {
    const TripEnds ends{.origin = trip.origin, .destination = trip.destination};
    nb::dict one = with_ends(e.data, ends);
    one["links"] = link_names(e.data, ends, trip.moves);
    result.append(one);
  }
  return result;
}

}  // namespace

void bind_predictions(nb::class_<Estimation>& model) {
  const PredictionOptions defaults;
  model.def(
      "predict", &predict, "weights"_a, "trips"_a, nb::kw_only(), "count"_a = defaults.routes,
      "passing"_a = std::vector<std::string>{}, "passing_at_least"_a = nb::none(), "samples"_a = defaults.samples,
      "seed"_a = defaults.seed,
      "What trips are expected to do, a dict for each of `trips`, pairs (origin, destination) of a link and a\n"
      "destination by their names: `origin`, `destination`; `routes`, the `count` most likely of those that pass no\n"
      "link twice, likeliest first, each a dict of `log_probability` (nats) and `links`; `status`, \"converged\" or\n"
      "\"iteration_limit\" (there may be more routes); `samples`, so many routes drawn at random; and `passing`, of\n"
      "the links `passing` and all of `passing_at_least` expected visits: `links`, `probability` [n] that a trip\n"
      "passes each, `expected_visits` [n].");
  model.def(
      "destinations", &destinations, "weights"_a, "links"_a, nb::kw_only(), "prior"_a = nb::none(), "smoothing"_a = 0.0,
      "Where a trip is going that has passed `links`, names, so far. A dict: `destinations`, D names; `prior` [D],\n"
      "their shares of the study's trips with `smoothing` trips added to each, or as the dict `prior` has them\n"
      "(others 0); `posterior` [len(links), D] after each link, a row of NaN if no destination explains the links.");
  model.def(
      "flows", &flows, "weights"_a, "demand"_a = nb::none(),
      "Expected flows of a demand, tuples (origin, destination, trips), or of the study's trips. A dict: `links`, L\n"
      "names; `flow` [L], how often each is driven, of which trips `started` [L] and `ended` [L] on it; `moves_flow`\n"
      "[M], of the moves from link `moves_from` [M] to link `moves_to` [M], positions in `links`; `demand`, all "
      "trips;\n"
      "`link_imbalance` and `intersection_imbalance`, in trips, which are 0 up to rounding.");
  model.def("simulate", &simulate, "weights"_a, "trips"_a, nb::kw_only(), "demand"_a = nb::none(), "seed"_a = 1,
            "So many trips drawn from the model, dicts of `origin`, `destination` and `links`, names. Origins and\n"
            "destinations are drawn from `demand`, tuples (origin, destination, trips), or from the study's trips.");
}
