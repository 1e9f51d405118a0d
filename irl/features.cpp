#include "irl/features.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

#include "softrl/excerpt.hpp"

namespace softrl::irl {

namespace {

using Source = FeatureDefinition::Source;
using Transform = FeatureDefinition::Transform;
using Size = FeatureDefinition::Size;

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

std::string_view word(Transform transform) {
  switch (transform) {
    case Transform::None:
      return "none";
    case Transform::Log:
      return "log";
    case Transform::Sqrt:
      return "sqrt";
    case Transform::Square:
      return "square";
    case Transform::Reciprocal:
      return "reciprocal";
  }
  return "";
}

double transformed(Transform transform, double x) {
  switch (transform) {
    case Transform::None:
      return x;
    case Transform::Log:
      return std::log(x);
    case Transform::Sqrt:
      return std::sqrt(x);
    case Transform::Square:
      return x * x;
    case Transform::Reciprocal:
      return 1.0 / x;
  }
  return x;
}

double size_of(Size size, const Eigen::VectorXd& values) {
  switch (size) {
    case Size::One:
      return 1.0;
    case Size::Max:
      return values.cwiseAbs().maxCoeff();
    case Size::Mean:
      return values.cwiseAbs().mean();
    case Size::StandardDeviation:
      return std::sqrt((values.array() - values.mean()).square().mean());
  }
  return 1.0;
}

// The values of one feature.
class Reader {
 public:
  Reader(const FeatureDefinition& feature, const FeatureRows& rows) : feature_(feature), rows_(rows) {
    if (feature.source == Source::MoveColumn) {
      assert(rows.moves != nullptr);
      table_ = rows.moves;
    } else if (feature.source == Source::LinkColumn || feature.source == Source::FromLinkColumn) {
      assert(rows.links != nullptr);
      table_ = &rows.links->table;
    }
    if (table_ != nullptr) column_ = table_->column(feature.column);
  }

  Eigen::VectorXd values() const {
    Eigen::VectorXd result(static_cast<Eigen::Index>(rows_.to.size()));
    if (feature_.source == Source::Product) {
      result.setOnes();
      for (const FeatureDefinition& factor : feature_.factors)
        result = result.cwiseProduct(Reader(factor, rows_).values());
    } else {
      for (std::size_t r = 0; r < rows_.to.size(); ++r) result(static_cast<Eigen::Index>(r)) = own_value(r);
    }
    for (std::size_t r = 0; r < rows_.to.size(); ++r) {
      double& value = result(static_cast<Eigen::Index>(r));
      const double before = value;
      value = transformed(feature_.transform, before);
      if (!std::isfinite(value)) fail(r, fmt::format("has no {} of {}", word(feature_.transform), before));
    }
    const double size = size_of(feature_.divide_by, result);
    if (!(size > 0.0))
      throw std::runtime_error(
          fmt::format("feature {} cannot be divided by its size, which is {} over all rows", feature_.name, size));
    for (std::size_t r = 0; r < rows_.to.size(); ++r) {
      double& value = result(static_cast<Eigen::Index>(r));
      value /= size;
      if (!(std::abs(value * feature_.scale) <= largest_feature))
        fail(r, fmt::format("must be at most {:g} in size, got {} · scale {}", largest_feature, value, feature_.scale));
      value *= feature_.scale;
    }
    return result;
  }

 private:
  const FeatureDefinition& feature_;
  const FeatureRows& rows_;
  const CsvTable* table_ = nullptr;  // of a column
  std::size_t column_ = 0;

  std::size_t table_row(std::size_t r) const {
    if (feature_.source == Source::MoveColumn) return r;
    return rows_.links->row[feature_.source == Source::LinkColumn ? rows_.to[r] : rows_.from[r]];
  }

  // Where the fault lies: the field's line, or that of the move, or else the feature alone.
  [[noreturn]] void fail(std::size_t r, std::string_view message) const {
    if (table_ != nullptr) table_->fail(table_row(r), fmt::format("{} {}", feature_.column, message));
    const std::string whole = fmt::format("feature {} {}", feature_.name, message);
    if (rows_.moves != nullptr) rows_.moves->fail(r, whole);
    throw std::runtime_error(whole);
  }

  double own_value(std::size_t r) const {
    if (feature_.source == Source::OutDegree) return rows_.out_degree[rows_.to[r]];
    if (feature_.source == Source::FromOutDegree) return rows_.out_degree[rows_.from[r]];
    return table_ == nullptr ? 1.0 : field(table_row(r));
  }

  double field(std::size_t row) const {
    const std::string& text = table_->text(row, column_);
    if (!feature_.equals.empty() && contains(feature_.equals, text)) return 1.0;
    if (text.empty() && feature_.missing) return *feature_.missing;
    if (!feature_.equals.empty()) {
      if (text.empty())
        table_->fail(row, fmt::format("{} is empty (a study may say what that means: missing)", feature_.column));
      if (!feature_.others.empty() && !contains(feature_.others, text))
        table_->fail(row, fmt::format("{} is \"{}\", which is neither a class nor a reference of the study",
                                      feature_.column, excerpt(text)));
      return 0.0;
    }
    const double number = table_->number(row, column_);
    if (feature_.nonnegative && number < 0.0)
      table_->fail(row, fmt::format("{} must not be negative, got {}", feature_.column, number));
    if (!feature_.at_least && !feature_.below) return number;
    return (!feature_.at_least || number >= *feature_.at_least) && (!feature_.below || number < *feature_.below) ? 1.0
                                                                                                                 : 0.0;
  }
};

// Whether nothing but constants and these two sources are in a feature.
bool is_of(const FeatureDefinition& feature, Source column, Source out_degree) {
  if (feature.source == Source::Product)
    return std::all_of(feature.factors.begin(), feature.factors.end(),
                       [&](const FeatureDefinition& factor) { return is_of(factor, column, out_degree); });
  return feature.source == column || feature.source == out_degree || feature.source == Source::Constant;
}

}  // namespace

std::string describe(const FeatureDefinition& feature) {
  std::string text;
  switch (feature.source) {
    case Source::MoveColumn:
      text = "column " + feature.column;
      break;
    case Source::LinkColumn:
      text = "link_column " + feature.column;
      break;
    case Source::FromLinkColumn:
      text = "from_link_column " + feature.column;
      break;
    case Source::OutDegree:
      text = "out_degree to";
      break;
    case Source::FromOutDegree:
      text = "out_degree from";
      break;
    case Source::Constant:
      return fmt::format("constant {}", feature.scale);
    case Source::Product: {
      std::vector<std::string> factors;
      for (const FeatureDefinition& factor : feature.factors) factors.push_back(fmt::format("({})", describe(factor)));
      std::sort(factors.begin(), factors.end());
      text = fmt::format("product {}", fmt::join(factors, " "));
      break;
    }
  }
  std::vector<std::string> classes = feature.equals;
  std::sort(classes.begin(), classes.end());
  if (!classes.empty()) text += fmt::format(", equals \"{}\"", fmt::join(classes, "\" or \""));
  if (feature.at_least) text += fmt::format(", at_least {}", *feature.at_least);
  if (feature.below) text += fmt::format(", below {}", *feature.below);
  if (feature.missing) text += fmt::format(", missing {}", *feature.missing);
  if (feature.transform != Transform::None) text += fmt::format(", transform {}", word(feature.transform));
  if (feature.divide_by == Size::Max) text += ", divide_by max";
  if (feature.divide_by == Size::Mean) text += ", divide_by mean";
  if (feature.divide_by == Size::StandardDeviation) text += ", divide_by standard_deviation";
  if (feature.scale != 1.0) text += fmt::format(", scale {}", feature.scale);
  return text;
}

bool is_of_link_left(const FeatureDefinition& feature) {
  return is_of(feature, Source::FromLinkColumn, Source::FromOutDegree);
}

bool is_of_link_entered(const FeatureDefinition& feature) {
  return is_of(feature, Source::LinkColumn, Source::OutDegree);
}

RowMatrix feature_matrix(const std::vector<FeatureDefinition>& definitions, const FeatureRows& rows) {
  RowMatrix values(static_cast<Eigen::Index>(rows.to.size()), static_cast<Eigen::Index>(definitions.size()));
  for (std::size_t j = 0; j < definitions.size(); ++j)
    values.col(static_cast<Eigen::Index>(j)) = Reader(definitions[j], rows).values();
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
