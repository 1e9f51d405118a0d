// Trips of a study held out at random, for the commands that predict what they have not learned from.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "irl/held_out.hpp"
#include "irl/trips.hpp"

namespace softrl::cli {

struct SplitArgument {
  std::optional<double> share;  // --held-out: of the trips, once
  std::optional<int> folds;     // --folds: every trip once
  std::string by = "trips";

  // Declares --folds and --split-by; --held-out is the command's own. This object must outlive the parsing.
  void add_to(CLI::App& command);

  bool wanted() const { return share || folds; }

  // One split, or one for each fold. Throws std::invalid_argument if both or neither is wanted, and as draw_held_out
  // and draw_folds do.
  std::vector<irl::HeldOut> split(const irl::RouteData& data, std::uint64_t seed) const;

  // "trips drawn at random (seed 1)", behind the number of folds if there are several.
  std::string describe(std::uint64_t seed) const;

  // Throws std::invalid_argument if `learned_from` has the name of a held-out trip; `source` says where it was learned.
  static void check_not_learned(const std::vector<std::string>& learned_from, const irl::HeldOut& held,
                                const std::string& source);
};

}  // namespace softrl::cli
