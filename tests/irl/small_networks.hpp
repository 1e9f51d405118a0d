// Networks small enough to enumerate, and the real ones where they are present.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Core>
#include <fmt/format.h>

#include "irl/path_sum.hpp"
#include "irl/trips.hpp"
#include "softrl/random.hpp"

namespace softrl::irl {

inline RoadNetwork network_of(int links, const std::vector<std::pair<int, int>>& moves,
                              const std::vector<std::vector<double>>& features) {
  std::vector<std::string> names, feature_names;
  for (int k = 0; k < links; ++k) names.push_back(fmt::format("{}", k));
  const auto count = static_cast<Eigen::Index>(features.empty() ? 0 : features.front().size());
  for (Eigen::Index j = 0; j < count; ++j) feature_names.push_back(fmt::format("f{}", j));
  RowMatrix attributes(static_cast<Eigen::Index>(moves.size()), count);
  for (Eigen::Index m = 0; m < attributes.rows(); ++m)
    for (Eigen::Index j = 0; j < count; ++j) attributes(m, j) = features[m][j];
  return make_road_network(names, moves, feature_names, attributes);
}

// A network in which every link has 1 to `max_moves` moves, self-loops and parts without return included, unless
// `acyclic`: then moves lead to links of higher number only. Features are uniform on [0, 1], the last is the
// constant 1.
struct RandomNetworkOptions {
  int links = 8;
  int max_moves = 3;
  int features = 3;
  bool acyclic = false;
};
inline RoadNetwork random_network(const RandomNetworkOptions& options, std::uint64_t seed) {
  Random random(seed, "network");
  std::vector<std::pair<int, int>> moves;
  std::vector<std::vector<double>> features;
  for (int k = 0; k < options.links; ++k) {
    std::vector<int> targets;
    for (int a = options.acyclic ? k + 1 : 0; a < options.links; ++a) targets.push_back(a);
    const auto wanted = 1 + static_cast<int>(random.below(options.max_moves));
    for (int i = 0; i < wanted && !targets.empty(); ++i) {
      const auto chosen = random.below(static_cast<std::int64_t>(targets.size()));
      moves.emplace_back(k, targets[chosen]);
      targets.erase(targets.begin() + chosen);
      std::vector<double> f;
      for (int j = 0; j + 1 < options.features; ++j) f.push_back(random.uniform());
      f.push_back(1.0);
      features.push_back(f);
    }
  }
  return network_of(options.links, moves, features);
}

// Trips by a random walk on a random network, to two destinations.
inline RouteData random_routes(const RandomNetworkOptions& options, Ending ending, int trips, std::uint64_t seed) {
  RouteData data;
  data.network = random_network(options, seed);
  data.ending = ending;
  Random random(seed, "trips");
  for (int d = 0; d < 2; ++d) {
    Destination destination{.name = fmt::format("d{}", d), .links = {static_cast<int>(random.below(options.links))}};
    if (ending == Ending::ByMove) {
      const int second = static_cast<int>(random.below(options.links));
      if (second != destination.links.front()) destination.links.push_back(second);
    }
    data.destinations.push_back(destination);
  }
  for (int attempt = 0; attempt < 1000 * trips && static_cast<int>(data.trips.size()) < trips; ++attempt) {
    const int d = static_cast<int>(random.below(2));
    const auto& ends = data.destinations[d].links;
    std::vector<int> links{static_cast<int>(random.below(options.links))};
    while (links.size() < 50) {
      const bool at_end = std::find(ends.begin(), ends.end(), links.back()) != ends.end();
      if (at_end && (ending == Ending::OnEntering || random.uniform() < 0.5)) {
        data.trips.push_back(make_trip(data, fmt::format("t{}", attempt), d, links));
        break;
      }
      const int degree = data.network.out_degree(links.back());
      if (degree == 0) break;
      links.push_back(data.network.to[data.network.first_move[links.back()] + random.below(degree)]);
    }
  }
  return data;
}

// Layers of links, whose paths from 0 to 9 all have three moves. Features: one uniform on [0, 1], the constant 1.
inline RouteData layered_routes(Ending ending) {
  Random random(3, "layers");
  std::vector<std::pair<int, int>> moves;
  std::vector<std::vector<double>> features;
  const auto connect = [&](int a, int b) {
    moves.emplace_back(a, b);
    features.push_back({random.uniform(), 1.0});
  };
  for (int a = 1; a < 5; ++a) {
    connect(0, a);
    for (int b = 5; b < 9; ++b) connect(a, b);
    connect(a + 4, 9);
  }
  RouteData data;
  data.network = network_of(10, moves, features);
  data.ending = ending;
  data.destinations = {{.name = "9", .links = {9}}};
  data.trips = {make_trip(data, "a", 0, {0, 1, 5, 9}), make_trip(data, "b", 0, {0, 4, 6, 9})};
  return data;
}

// Sum over all paths from each link [L] that end at the destination, by summing those of 0, 1, 2, … `length` moves.
inline Eigen::VectorXd path_sums_by_length(const RouteData& data, int destination, const Eigen::VectorXd& weights,
                                           int length) {
  const RoadNetwork& network = data.network;
  const Eigen::VectorXd move_weight = (network.attributes * weights).array().exp();
  Eigen::VectorXd ended = Eigen::VectorXd::Zero(network.link_count());
  for (const int link : data.destinations[destination].links) ended(link) = 1.0;
  const Eigen::VectorXd absorbing = data.ending == Ending::OnEntering ? ended : ended * 0.0;
  Eigen::VectorXd total = ended;
  Eigen::VectorXd of_length = ended;  // paths of exactly this many moves
  for (int n = 1; n <= length; ++n) {
    Eigen::VectorXd longer = Eigen::VectorXd::Zero(network.link_count());
    for (int m = 0; m < network.move_count(); ++m)
      if (absorbing(network.from[m]) == 0.0) longer(network.from[m]) += move_weight(m) * of_length(network.to[m]);
    of_length = longer;
    total += of_length;
  }
  return total;
}

inline std::filesystem::path data_folder() {
  const char* set = std::getenv("SOFTRL_DATA");
  return set != nullptr ? set : SOFTRL_DATA;
}

// A folder of its own for a test's files, gone afterwards.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "softrl_XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace softrl::irl
