// A route study: which files and columns hold the network, the features, the trips and their destinations. A TOML file.
//
// clang-format off
//     model = "maxent"                            # the recursive logit, as transport science calls it
//     features = ["travel_time", "left_turn"]     # columns of the network file, unless defined below
//
//     [network]                                   # a row per move from one link to the next
//     file = "network.csv"
//     from = "from_link"
//     to = "to_link"
//
//     [links]                                     # optional: a row per link, for features with a link_column
//     file = "links.csv"
//     link = "link"
//
//     [feature.left_turn]                         # optional; one of column, link_column (of the link entered), constant
//     column = "direction"
//     equals = "6"                                # optional: 1 where the field is this text, 0 elsewhere
//     scale = 0.001                               # optional: multiplies
//
//     [trips]                                     # a row per trip
//     file = "trips.csv"
//     name = "trip_id"
//     links = "links"                             # separated by spaces
//     destination = "destination"
//     cluster = "traveller"                       # optional: trips of one are not independent (robust errors)
//
//     [destinations]                              # a row per link from which a trip may end at the destination by a move
//     file = "destinations.csv"                   # of its own. Without this table a trip's destination is a link, and
//     destination = "destination"                 # the trip ends on entering it.
//     link = "from_link"
// clang-format on
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "irl/features.hpp"

namespace softrl::irl {

struct Study {
  struct Network {
    std::string file, from, to;
  };
  struct Links {
    std::string file, link;
  };
  struct Trips {
    std::string file, name, links, destination;
    std::optional<std::string> cluster;
  };
  struct Destinations {
    std::string file, destination, link;
  };
  std::string model;
  std::vector<FeatureDefinition> features;
  Network network;
  std::optional<Links> links;
  Trips trips;
  std::optional<Destinations> destinations;
};

// Throws std::runtime_error, "file:line: table.key: what is wrong".
Study read_study(const std::filesystem::path& file);

}  // namespace softrl::irl
