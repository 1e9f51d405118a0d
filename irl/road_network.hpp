// A road network as a traveller meets it: a state is a directed link, an action is a move to one of the links that
// follow it. Features belong to the move (k → a): attributes of the link entered and of the turn into it.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Core>

namespace softrl::irl {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct RoadNetwork {
  std::vector<std::string> links;     // [L] names
  std::vector<int> first_move;        // [L + 1] the moves out of link k are first_move[k] … first_move[k + 1] − 1
  std::vector<int> from, to;          // [M] links; sorted by from, then by to
  std::vector<std::string> features;  // [K] names
  RowMatrix attributes;               // [M × K] f(k → a), in the units of the features

  int link_count() const { return static_cast<int>(links.size()); }
  int move_count() const { return static_cast<int>(to.size()); }
  int feature_count() const { return static_cast<int>(features.size()); }
  int out_degree(int link) const { return first_move[link + 1] - first_move[link]; }

  // The move from one link to another, or −1.
  int find_move(int from_link, int to_link) const;
};

// Sorts `moves` (pairs of links in {0, …, links.size() − 1}) and their rows of `attributes` [moves × features] into a
// network. Throws std::invalid_argument if a link is out of range, a move appears twice, or an attribute is not finite.
RoadNetwork make_road_network(std::vector<std::string> links, const std::vector<std::pair<int, int>>& moves,
                              std::vector<std::string> features, const RowMatrix& attributes);

// The moves by the link they lead to: those into link k are moves[first[k]] … moves[first[k + 1] − 1], in increasing
// order.
struct IncomingMoves {
  std::vector<int> first;  // [L + 1]
  std::vector<int> moves;  // [M]
};
IncomingMoves incoming_moves(const RoadNetwork& network);

// The strongly connected component of every link [L]: two links share one if each can be reached from the other.
// `relevant` [L] leaves out the other links, whose component is −1.
std::vector<int> strong_components(const RoadNetwork& network, const std::vector<bool>& relevant);

// The links that can be reached from one of `sources` (forward) or from which one of them can be reached (backward),
// these included [L].
enum class Direction { Forward, Backward };
std::vector<bool> reachable(const RoadNetwork& network, const std::vector<int>& sources, Direction direction);

// Forward, on ways that go no further than the links that are `closed` [L]; and backward, for many calls.
std::vector<bool> reachable(const RoadNetwork& network, const std::vector<int>& sources,
                            const std::vector<bool>& closed);
std::vector<bool> reachable(const RoadNetwork& network, const std::vector<int>& sources, const IncomingMoves& incoming);

}  // namespace softrl::irl
