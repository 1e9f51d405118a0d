// Features of a move (k → a), as a study defines them: data, not code.
//
//     value = scale · transform(field or product) / size over all rows
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "irl/csv.hpp"
#include "irl/road_network.hpp"

namespace softrl::irl {

struct FeatureDefinition {
  enum class Source {
    MoveColumn,      // a column of the table of moves
    LinkColumn,      // a column of the table of links, at the link that the move enters
    FromLinkColumn,  // the same at the link that the move leaves
    OutDegree,       // the number of moves out of the link that the move enters
    FromOutDegree,   // the same of the link that the move leaves
    Constant,        // 1 on every move
    Product,         // of other features
  };
  enum class Transform { None, Log, Sqrt, Square, Reciprocal };
  enum class Size { One, Max, Mean, StandardDeviation };  // Max and Mean of the sizes |x|
  std::string name;
  Source source = Source::MoveColumn;
  std::string column = {};                          // its name; empty for sources that are no column
  std::vector<std::string> equals = {};             // not empty: 1 where the field is one of these texts, 0 elsewhere
  std::vector<std::string> others = {};             // not empty: a field that is in neither list is an error
  std::optional<double> at_least = {}, below = {};  // either: 1 where at_least ≤ number < below, 0 elsewhere
  std::optional<double> missing = {};               // where the field is empty, which else is an error
  bool nonnegative = false;                         // a negative number is an error
  std::vector<FeatureDefinition> factors = {};      // of a Product
  Transform transform = Transform::None;
  Size divide_by = Size::One;  // over all rows
  double scale = 1.0;          // multiplies the rest
};

// Features are at most so large in size: the squares of larger ones, which an information matrix sums, overflow.
constexpr double largest_feature = 1e100;

// "link_column length_m, scale 0.001": two features mean the same if these texts agree, whatever their names.
std::string describe(const FeatureDefinition& feature);

// Whether a link has the feature by itself, as one that moves leave or as one that they enter: nothing of it is read
// elsewhere.
bool is_of_link_left(const FeatureDefinition& feature);
bool is_of_link_entered(const FeatureDefinition& feature);

// The table of links and the row of each of them.
struct LinkTable {
  CsvTable table;
  std::vector<std::size_t> row;  // [L]
};

// What the rows of a feature matrix stand for: moves, or, for features of the link left or of the link entered alone,
// links.
struct FeatureRows {
  const CsvTable* moves = nullptr;   // a row each; null unless the rows stand for moves
  const LinkTable* links = nullptr;  // null if no feature reads it
  std::span<const int> from, to;     // [rows] links left and entered
  std::span<const int> out_degree;   // [L]
};

// Values [rows × definitions]. Throws std::runtime_error, "file:line: message", for a missing column, a field that is
// not a number, is empty or negative where that is an error, has no logarithm (and so on), or too large a feature.
RowMatrix feature_matrix(const std::vector<FeatureDefinition>& definitions, const FeatureRows& rows);

// Weights at which every feature is a cost of about 1: −1 / (its mean size where it is not 0), against its sign; −1 for
// a feature that is 0 everywhere. `features` [any × K].
Eigen::VectorXd unit_costs(const RowMatrix& features);

}  // namespace softrl::irl
