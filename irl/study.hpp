// A route study: which model explains which trips by which features, and which files and columns hold all that. A TOML
// file; docs/route_studies.md describes it.
//
// clang-format off
//     model = "maxent"                            # the recursive logit, as transport science calls it
//     features = ["travel_time", "left_turn"]     # columns of the network file, unless defined below
//     distance = "length_km"                      # optional: the feature that measures how long a link is
//     time = "travel_time"                        # optional: the feature that measures how long a move takes
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
//     [nodes]                                     # optional: where links begin and end, for maps; then also in [links]:
//     file = "nodes.csv"                          # from_node = "from_node", to_node = "to_node"
//     node = "node"
//     lon = "lon"
//     lat = "lat"
//
//     [feature.left_turn]                         # optional; one of column, link_column (of the link entered),
//     column = "direction"                        # from_link_column (of the link left), out_degree ("to" or "from"),
//     equals = "6"                                # constant, product (of other features)
//     scale = 0.001                               # optional: multiplies
//
//     [weights]                                   # optional: what is known of weights beforehand
//     left_turn = {start = -1, upper = 0}
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
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "irl/features.hpp"
#include "irl/named_weights.hpp"

namespace softrl::irl {

struct Study {
  struct Network {
    std::string file, from, to;
  };
  struct Links {
    std::string file, link;
    std::string from_node = {}, to_node = {};  // columns; empty if there are no nodes
  };
  struct Nodes {
    std::string file, node, lon, lat;
  };
  // Trips in several files, of a cross-validation: {fold} in a name stands for a number in {0, …, folds − 1}.
  struct TripFiles {
    int folds = 1;
    std::map<int, std::string> train;  // by the number of trips in them; 0 for the only one where that is not said
    std::optional<std::string> test;   // the held-out ones
  };
  struct Trips {
    std::string file;  // empty if there are `files`, until use_trips chooses one
    std::string name, links, destination;
    std::optional<std::string> cluster;
    std::optional<TripFiles> files;
  };
  struct Destinations {
    std::string file, destination, link;
  };
  // An attribute of the link entered: its expected flow, for each pair of origin and destination, under these weights.
  struct LinkSize {
    std::vector<NamedWeight> weights;  // of all features
  };
  // Routes of which every link lies on one that costs at most `detour` times the cheapest from origin to destination.
  struct Corridor {
    double detour;                     // ≥ 1
    std::vector<NamedWeight> weights;  // of the costs, which are their negative utilities; others are 0
  };
  std::string model;  // "maxent", "nested", …
  std::vector<FeatureDefinition> features;
  std::vector<FeatureDefinition> scales;  // of the nested model, each of the link left
  std::optional<LinkSize> link_size;
  std::optional<Corridor> corridor;
  std::optional<FeatureDefinition> distance;  // how long a link is
  std::optional<FeatureDefinition> time;      // how long a move takes
  std::vector<NamedWeight> start, fixed;
  std::vector<WeightBounds> bounds;
  Network network;
  std::optional<Links> links;
  std::optional<Nodes> nodes;
  Trips trips;
  std::optional<Destinations> destinations;
};

// Throws std::runtime_error, "file:line: table.key: what is wrong".
Study read_study(const std::filesystem::path& file);

// What the weight of that name is the weight of, as a text: weights of two studies mean the same if these agree.
std::string definition_of_weight(const Study& study, const std::string& name);

// Which probabilities the study's model gives to routes, whatever its features and weights: "maxent", "maxent in the
// corridor …", "nested", "action" (also for action_costs, whose weights are those), and so on.
std::string family_of(const Study& study);

// Sets trips.file to one of trips.files: that of the fold (default: the first) and size (default: the greatest), or the
// held-out trips of the fold. Throws std::invalid_argument, naming the option (with `prefix`), if there is no such
// file.
enum class TripSet { Train, Test };
struct TripChoice {
  std::optional<int> fold = {}, train_size = {};
  std::string prefix = {};  // of option names in messages: "--" for a command line
};
void use_trips(Study& study, TripSet set, const TripChoice& choice = {});

}  // namespace softrl::irl
