#include "cli/split_argument.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

#include "cli/output.hpp"

namespace softrl::cli {
namespace {

const std::map<std::string, irl::FoldUnit> units = {
    {"trips", irl::FoldUnit::Trip}, {"ends", irl::FoldUnit::TripEnds}, {"clusters", irl::FoldUnit::Cluster}};

}  // namespace

void SplitArgument::add_to(CLI::App& command) {
  command.add_option("--folds", folds, "Hold out every trip once, in so many folds");
  command.add_option("--split-by", by, "What --held-out and --folds keep together: trips, ends, clusters")
      ->check(CLI::IsMember({"trips", "ends", "clusters"}))
      ->capture_default_str();
}

std::vector<irl::HeldOut> SplitArgument::split(const irl::RouteData& data, std::uint64_t seed) const {
  if (share.has_value() == folds.has_value()) throw std::invalid_argument("--held-out and --folds: one of them only");
  const irl::FoldUnit unit = units.at(by);
  if (unit == irl::FoldUnit::Cluster &&
      std::any_of(data.trips.begin(), data.trips.end(), [](const irl::Trip& trip) { return trip.cluster.empty(); }))
    throw std::invalid_argument("--split-by clusters: the study names no trips.cluster");
  if (share) return {hold_out(data, irl::draw_held_out(data.trips, *share, unit, seed), 0)};
  std::vector<irl::HeldOut> result;
  const std::vector<int> fold_of_trip = irl::draw_folds(data.trips, *folds, unit, seed);
  for (int fold = 0; fold < *folds; ++fold) result.push_back(hold_out(data, fold_of_trip, fold));
  return result;
}

std::string SplitArgument::describe(std::uint64_t seed) const {
  const std::string drawn = by == "trips"  ? "trips drawn at random"
                            : by == "ends" ? "pairs of origin and destination drawn at random"
                                           : "clusters drawn at random";
  return folds ? fmt::format("{} folds, {} (seed {})", *folds, drawn, seed) : fmt::format("{} (seed {})", drawn, seed);
}

void SplitArgument::check_not_learned(const std::vector<std::string>& learned_from, const irl::HeldOut& held,
                                      const std::string& source) {
  const std::set<std::string> seen(learned_from.begin(), learned_from.end());
  const auto known = std::count_if(held.held_out.begin(), held.held_out.end(),
                                   [&](const irl::Trip& trip) { return seen.count(trip.name) > 0; });
  if (known > 0)
    throw std::invalid_argument(fmt::format("{} learned from {} of the {}", source, known,
                                            counted(static_cast<std::int64_t>(held.held_out.size()), "held-out trip")));
}

}  // namespace softrl::cli
