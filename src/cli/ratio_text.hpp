// Ratios of weights, as `routes ratio` and `routes fit --in-units-of` take and show them.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "cli/output.hpp"
#include "irl/wald.hpp"

namespace softrl::cli {

// "left_turn/travel_time": the two weights. Throws std::invalid_argument for anything else.
std::pair<int, int> parse_ratio(const std::vector<std::string>& names, const std::string& text);

// "0.31 ... 0.42", or what is outside of a gap, or "anything".
std::string fieller_text(const irl::FiellerSet& set);

// std_error, interval (delta method), fieller: {kind, lower, upper}
Json to_json(const irl::WeightRatio& ratio);

}  // namespace softrl::cli
