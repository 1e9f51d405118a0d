#include "irl/destinations.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <stdexcept>

#include "irl/for_each_policy.hpp"
#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

constexpr double never = -std::numeric_limits<double>::infinity();

// Calls visit(trip, destination, log P(destination) + log P_destination(the first n moves), n = 0 … moves) for each
// trip and each destination that its origin reaches and whose prior is not 0.
using Evidence = std::function<void(std::size_t trip, int destination, const std::vector<double>& log_joint)>;

void for_each_evidence(RouteModel& model, const Eigen::VectorXd& weights, const Eigen::VectorXd& prior,
                       const std::vector<Trip>& trips, const Evidence& visit, const ProgressObserver& progress) {
  const RouteData& data = model.data();
  check_size("prior", prior.size(), static_cast<std::int64_t>(data.destinations.size()));
  if (!prior.allFinite() || !(prior.minCoeff() >= 0.0))
    throw std::invalid_argument("prior: its numbers must be finite and not negative");
  if (!(prior.maxCoeff() > 0.0)) throw std::invalid_argument("prior: no destination has more than 0");

  std::map<int, std::vector<std::size_t>> trips_from;
  for (std::size_t t = 0; t < trips.size(); ++t) trips_from[trips[t].origin].push_back(t);
  std::vector<TripEnds> ends;
  for (int d = 0; d < static_cast<int>(prior.size()); ++d) {
    if (prior(d) == 0.0) continue;
    const std::vector<bool> reached_from = reachable(data.network, data.destinations[d].links, Direction::Backward);
    for (const auto& [origin, members] : trips_from)
      if (reached_from[origin]) ends.push_back({.origin = origin, .destination = d});
  }
  std::vector<double> log_joint;
  const auto weigh = [&](const RoutePolicy& policy, const std::vector<std::size_t>& group) {
    for (const std::size_t e : group) {
      for (const std::size_t t : trips_from.at(ends[e].origin)) {
        log_joint.assign(1, std::log(prior(policy.destination())));
        for (const int move : trips[t].moves) log_joint.push_back(log_joint.back() + policy.move_log_probs()(move));
        visit(t, policy.destination(), log_joint);
      }
    }
  };
  for_each_policy(model, weights, ends, weigh, progress);
}

// Terms that differ by no more are equal but for rounding: where all drivers have to go the same way, many are.
constexpr double tie = 1e-9;

// log Σ exp of terms that come one by one, and which of them is the greatest, the first of equal ones.
struct RunningSum {
  double greatest = never, scaled = 0.0;  // Σ exp(term − greatest)
  int greatest_destination = -1;

  void add(double term, int destination) {
    if (term == never) return;
    if (term > greatest + tie) {
      scaled = scaled * std::exp(greatest - term) + 1.0;
      greatest = term;
      greatest_destination = destination;
    } else {
      scaled += std::exp(term - greatest);
    }
  }
  double log() const { return greatest + std::log(scaled); }
};

}  // namespace

Eigen::VectorXd destination_shares(const RouteData& data, double smoothing) {
  check_finite("smoothing", smoothing);
  check_at_least("smoothing", smoothing, 0.0);
  Eigen::VectorXd shares = Eigen::VectorXd::Constant(static_cast<Eigen::Index>(data.destinations.size()), smoothing);
  for (const Trip& trip : data.trips) shares(trip.destination) += 1.0;
  return shares / shares.sum();
}

std::vector<RowMatrix> destination_posteriors(RouteModel& model, const Eigen::VectorXd& weights,
                                              const Eigen::VectorXd& prior, const std::vector<Trip>& trips,
                                              const ProgressObserver& progress) {
  std::vector<RowMatrix> posteriors;
  for (const Trip& trip : trips)
    posteriors.push_back(RowMatrix::Constant(static_cast<Eigen::Index>(trip.moves.size()) + 1, prior.size(), never));
  const auto store = [&](std::size_t t, int destination, const std::vector<double>& log_joint) {
    for (std::size_t n = 0; n < log_joint.size(); ++n)
      posteriors[t](static_cast<Eigen::Index>(n), destination) = log_joint[n];
  };
  for_each_evidence(model, weights, prior, trips, store, progress);
  for (RowMatrix& posterior : posteriors) {
    for (Eigen::Index n = 0; n < posterior.rows(); ++n) {
      RunningSum sum;
      for (Eigen::Index d = 0; d < posterior.cols(); ++d) sum.add(posterior(n, d), static_cast<int>(d));
      posterior.row(n).array() -= sum.log();
    }
  }
  return posteriors;
}

DestinationTest test_destinations(RouteModel& model, const Eigen::VectorXd& weights, const Eigen::VectorXd& prior,
                                  const std::vector<Trip>& trips, const std::vector<double>& fractions,
                                  const ProgressObserver& progress) {
  if (trips.empty()) throw std::invalid_argument("there are no trips");
  for (const double fraction : fractions) check_in_range("fraction", fraction, 0.0, 1.0);
  struct Seen {
    RunningSum all = {};
    double own = never;
  };
  const std::size_t count = fractions.size();
  std::vector<Seen> seen(trips.size() * count);  // trip by trip
  // 0.3 of 10 moves is 3 of them, although 0.3 · 10 may be a little less.
  const auto moves_seen = [&](std::size_t t, double fraction) {
    return static_cast<std::size_t>(std::floor(fraction * static_cast<double>(trips[t].moves.size()) + 1e-9));
  };
  const auto weigh = [&](std::size_t t, int destination, const std::vector<double>& log_joint) {
    for (std::size_t f = 0; f < count; ++f) {
      const double term = log_joint[moves_seen(t, fractions[f])];
      Seen& at = seen[t * count + f];
      at.all.add(term, destination);
      if (destination == trips[t].destination) at.own = term;
    }
  };
  for_each_evidence(model, weights, prior, trips, weigh, progress);

  DestinationTest result{.fractions = {}, .prior_zero = 0};
  for (const Trip& trip : trips)
    if (prior(trip.destination) == 0.0) ++result.prior_zero;
  for (std::size_t f = 0; f < count; ++f) {
    DestinationAccuracy accuracy{.fraction = fractions[f],
                                 .trips = static_cast<int>(trips.size()),
                                 .accuracy = 0.0,
                                 .mean_posterior = 0.0,
                                 .impossible = 0,
                                 .mean_log_posterior = 0.0};
    for (std::size_t t = 0; t < trips.size(); ++t) {
      const Seen& at = seen[t * count + f];
      if (at.own == never) {
        ++accuracy.impossible;
        continue;
      }
      const double log_posterior = at.own - at.all.log();
      accuracy.mean_log_posterior += log_posterior;
      accuracy.mean_posterior += std::exp(log_posterior);
      if (at.all.greatest_destination == trips[t].destination) accuracy.accuracy += 1.0;
    }
    accuracy.accuracy /= accuracy.trips;
    accuracy.mean_posterior /= accuracy.trips;
    accuracy.mean_log_posterior /= accuracy.trips - accuracy.impossible;
    result.fractions.push_back(accuracy);
  }
  return result;
}

DestinationTest pool(const std::vector<DestinationTest>& tests) {
  if (tests.empty()) throw std::invalid_argument("there are no tests");
  DestinationTest all = tests.front();
  for (std::size_t i = 1; i < tests.size(); ++i) {
    check_size("fractions", static_cast<std::int64_t>(tests[i].fractions.size()),
               static_cast<std::int64_t>(all.fractions.size()));
    all.prior_zero += tests[i].prior_zero;
    for (std::size_t f = 0; f < all.fractions.size(); ++f) {
      DestinationAccuracy& sum = all.fractions[f];
      const DestinationAccuracy& more = tests[i].fractions[f];
      const auto mean = [](double a, int of_a, double b, int of_b) {  // One of no trips is not a number.
        return of_a == 0 ? b : of_b == 0 ? a : (of_a * a + of_b * b) / (of_a + of_b);
      };
      sum.accuracy = mean(sum.accuracy, sum.trips, more.accuracy, more.trips);
      sum.mean_posterior = mean(sum.mean_posterior, sum.trips, more.mean_posterior, more.trips);
      sum.mean_log_posterior = mean(sum.mean_log_posterior, sum.trips - sum.impossible, more.mean_log_posterior,
                                    more.trips - more.impossible);
      sum.trips += more.trips;
      sum.impossible += more.impossible;
    }
  }
  return all;
}

}  // namespace softrl::irl
