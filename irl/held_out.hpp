// Trips to learn from, and trips to be predicted.
#pragma once
#include <cstdint>
#include <vector>

#include "irl/trips.hpp"

namespace softrl::irl {

struct HeldOut {
  RouteData train;             // Its destinations are those of all trips.
  std::vector<Trip> held_out;  // On the network and to the destinations of `train`.
};

// The trips of two files of one study. Throws std::invalid_argument unless both have the same network.
HeldOut hold_out(RouteData train, const RouteData& held_out);

// The trips of one fold, and all others to learn from. `fold_of_trip` [trips].
HeldOut hold_out(const RouteData& data, const std::vector<int>& fold_of_trip, int fold);

// What stays in one fold.
enum class FoldUnit {
  Trip,      // A trip: the origin and destination of a held-out trip may occur in training as well.
  TripEnds,  // All trips of an origin and destination: no model has seen those of a held-out trip.
  Cluster,   // All trips of a cluster (Trip::cluster), such as a traveller.
};

// A fold in {0, …, folds − 1} for each of `trips`, at random: units in random order go to the folds in turn.
// Throws std::invalid_argument if `folds` is not between 2 and the number of units.
std::vector<int> draw_folds(const std::vector<Trip>& trips, int folds, FoldUnit unit, std::uint64_t seed);

// 0 for each trip to hold out, 1 for the others: units in random order are held out until `share` of the trips, in
// (0, 1), is reached. Throws std::invalid_argument if it is out of range, or nothing would be left on one side.
std::vector<int> draw_held_out(const std::vector<Trip>& trips, double share, FoldUnit unit, std::uint64_t seed);

}  // namespace softrl::irl
