// Features of a move (k → a), as a study defines them: data, not code.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "irl/csv.hpp"
#include "irl/road_network.hpp"

namespace softrl::irl {

struct FeatureDefinition {
  enum class Source {
    MoveColumn,  // a column of the table of moves
    LinkColumn,  // a column of the table of links, at the link that the move enters
    Constant,    // 1 on every move
  };
  std::string name;
  Source source = Source::MoveColumn;
  std::string column = {};                 // its name; empty for a constant
  std::optional<std::string> equals = {};  // 1 where the field is this text, 0 elsewhere; else the field's number
  double scale = 1.0;                      // multiplies the rest
};

// Features are at most so large in size: the squares of larger ones, which an information matrix sums, overflow.
constexpr double largest_feature = 1e100;

// The table of links and the row of each of them.
struct LinkTable {
  CsvTable table;
  std::vector<std::size_t> row;  // [L]
};

// The feature's values on the moves: a row each of `moves`, which enter the links `to`. Throws std::runtime_error,
// "file:line: message", for a missing column or a field that is not a number or too large a feature. `links` may be
// null if no feature is a LinkColumn.
RowMatrix feature_matrix(const std::vector<FeatureDefinition>& definitions, const CsvTable& moves,
                         const std::vector<int>& to, const LinkTable* links);

// Weights at which every feature is a cost of about 1: −1 / (its mean size where it is not 0), against its sign; −1 for
// a feature that is 0 everywhere. `features` [any × K].
Eigen::VectorXd unit_costs(const RowMatrix& features);

}  // namespace softrl::irl
