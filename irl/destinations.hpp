// Where is a traveller going? The posterior over destinations along a partial trip (Ziebart et al. 2008,
// docs/math.md 4.8).
//
//     P(d | moves from o) ∝ P(d) Π P_d(move | link)        for maxent P(d) exp(V_d(b) − V_d(o)), b the link reached
//
// The trip has not ended yet. A destination that cannot be reached from o, or that the trip has driven away from for
// good, has posterior 0.
#pragma once
#include <vector>

#include <Eigen/Core>

#include "irl/route_model.hpp"
#include "irl/trips.hpp"
#include "softrl/progress.hpp"

namespace softrl::irl {

// The share of the data's trips that end at each destination [D]. `smoothing` ≥ 0 trips are added to each destination
// first. Throws std::invalid_argument if it is out of range.
Eigen::VectorXd destination_shares(const RouteData& data, double smoothing = 0.0);

// log P(d | the first n moves) of each trip: row n is that after n moves [moves + 1 × D]; the trips' own destinations
// are not looked at. `prior` [D] ≥ 0, in proportion; where it is 0, so is the posterior. A row is NaN where every
// destination has posterior 0. Throws std::invalid_argument: a prior that is out of range or 0 throughout, or as
// for_each_policy.
std::vector<RowMatrix> destination_posteriors(RouteModel& model, const Eigen::VectorXd& weights,
                                              const Eigen::VectorXd& prior, const std::vector<Trip>& trips,
                                              const ProgressObserver& progress = {});

// How well the posterior tells the destinations of trips of which a part has been seen.
struct DestinationAccuracy {
  double fraction;  // Of a trip's moves that were seen, rounded down to whole moves.
  int trips;
  double accuracy;            // Share of trips whose destination is the most probable one, of equal ones the first.
  double mean_posterior;      // Of the trips' own destinations.
  int impossible;             // Trips whose destination has posterior 0: prior 0, or the model forbids what was seen.
  double mean_log_posterior;  // Of the own destinations of the others, in nats; NaN if there are none.
};

struct DestinationTest {
  std::vector<DestinationAccuracy> fractions;
  int prior_zero;  // Trips whose destination has prior 0.
};

// `fractions` in [0, 1]. Every destination's policy is asked for once (where the origin matters: once for every origin
// of `trips`), and each trip's beginnings are gone through once for each. Throws as destination_posteriors, and if a
// fraction is out of range or there are no trips.
DestinationTest test_destinations(RouteModel& model, const Eigen::VectorXd& weights, const Eigen::VectorXd& prior,
                                  const std::vector<Trip>& trips, const std::vector<double>& fractions,
                                  const ProgressObserver& progress = {});

// Of the trips of all `tests` together, which have the same fractions. Throws std::invalid_argument if there are none.
DestinationTest pool(const std::vector<DestinationTest>& tests);

}  // namespace softrl::irl
