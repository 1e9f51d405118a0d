#include "irl/features.hpp"

#include <cassert>
#include <cmath>

#include <fmt/format.h>

namespace softrl::irl {

RowMatrix feature_matrix(const std::vector<FeatureDefinition>& definitions, const CsvTable& moves,
                         const std::vector<int>& to, const LinkTable* links) {
  RowMatrix values(static_cast<Eigen::Index>(moves.rows()), static_cast<Eigen::Index>(definitions.size()));
  for (std::size_t j = 0; j < definitions.size(); ++j) {
    const FeatureDefinition& feature = definitions[j];
    const auto value = [&](const CsvTable& table, std::size_t row, std::size_t column) {
      if (feature.equals) return table.text(row, column) == *feature.equals ? 1.0 : 0.0;
      const double number = table.number(row, column);
      if (!(std::abs(number * feature.scale) <= largest_feature))
        table.fail(row, fmt::format("{} must be at most {:g} in size, got {} · scale {}", feature.column,
                                    largest_feature, number, feature.scale));
      return number;
    };
    auto column_of_values = values.col(static_cast<Eigen::Index>(j));
    switch (feature.source) {
      case FeatureDefinition::Source::Constant:
        column_of_values.setOnes();
        break;
      case FeatureDefinition::Source::MoveColumn: {
        const std::size_t column = moves.column(feature.column);
        for (std::size_t m = 0; m < moves.rows(); ++m)
          column_of_values(static_cast<Eigen::Index>(m)) = value(moves, m, column);
        break;
      }
      case FeatureDefinition::Source::LinkColumn: {
        assert(links != nullptr);
        const std::size_t column = links->table.column(feature.column);
        for (std::size_t m = 0; m < moves.rows(); ++m)
          column_of_values(static_cast<Eigen::Index>(m)) = value(links->table, links->row[to[m]], column);
        break;
      }
    }
    column_of_values *= feature.scale;
  }
  return values;
}

Eigen::VectorXd unit_costs(const RowMatrix& features) {
  Eigen::VectorXd unit(features.cols());
  for (Eigen::Index j = 0; j < features.cols(); ++j) {
    const auto column = features.col(j).array();
    const double size = column.abs().sum();
    const auto count = static_cast<double>((column != 0.0).count());
    if (size == 0.0)
      unit(j) = -1.0;
    else if ((column >= 0.0).all())
      unit(j) = -count / size;
    else
      unit(j) = (column <= 0.0).all() ? count / size : 0.0;
  }
  return unit;
}

}  // namespace softrl::irl
