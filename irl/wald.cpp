#include "irl/wald.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <Eigen/Eigenvalues>
#include <boost/math/distributions/chi_squared.hpp>
#include <fmt/format.h>

#include "irl/inference.hpp"

namespace softrl::irl {
namespace {

// A correlation matrix with an eigenvalue below this is singular but for rounding.
constexpr double dependent = 1e-10;

// Reads one restriction from left to right.
class Reader {
 public:
  Reader(const std::vector<std::string>& names, std::string_view text) : names_(names), text_(text), rest_(text) {}

  // Adds ± what stands on both sides, brought to the left, to `row` and subtracts its numbers from `value`.
  void read(Eigen::RowVectorXd& row, double& value) {
    side(+1.0, row, value);
    if (!takes('=')) fail("lacks an equals sign, or has something else there");
    side(-1.0, row, value);
    if (!rest_.empty()) fail(fmt::format("has \"{}\" at its end", rest_));
    if ((row.array() == 0.0).all()) fail("has no weights, or they cancel");
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw std::invalid_argument(fmt::format("restriction \"{}\" {}", text_, what));
  }
  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }
  bool takes(char c) {
    skip_spaces();
    const bool here = rest_.starts_with(c);
    if (here) rest_.remove_prefix(1);
    skip_spaces();
    return here;
  }

  void side(double sign, Eigen::RowVectorXd& row, double& value) {
    for (bool first = true;; first = false) {
      double term = sign;
      const bool minus = takes('-'), plus = !minus && takes('+');
      if (minus) term = -sign;
      if (!first && !minus && !plus) return;
      int weight = -1;
      factor(term, weight);
      while (takes('*')) factor(term, weight);
      if (weight >= 0)
        row(weight) += term;
      else
        value -= term;
    }
  }

  void factor(double& term, int& weight) {
    // The longest name that stands here: names may begin with one another.
    int found = -1;
    for (int j = 0; j < static_cast<int>(names_.size()); ++j)
      if (rest_.starts_with(names_[j]) && (found < 0 || names_[j].size() > names_[found].size())) found = j;
    if (found >= 0) {
      if (weight >= 0) fail("has a product of weights: it must be linear");
      weight = found;
      rest_.remove_prefix(names_[found].size());
      return;
    }
    double number = 0.0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (error != std::errc() || !std::isfinite(number))
      fail(fmt::format("has neither a number nor a weight at \"{}\" (weights: {})", rest_, fmt::join(names_, ", ")));
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    term *= number;
  }

  const std::vector<std::string>& names_;
  std::string_view text_, rest_;
};

}  // namespace

LinearRestrictions parse_restrictions(const std::vector<std::string>& names, std::string_view text) {
  LinearRestrictions result;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string_view one = text.substr(begin, end - begin);
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    one = one.substr(0, one.find_last_not_of(' ') + 1);
    result.text.emplace_back(one);
    begin = end + 1;
  }
  const auto count = static_cast<Eigen::Index>(result.text.size());
  result.matrix = Eigen::MatrixXd::Zero(count, static_cast<Eigen::Index>(names.size()));
  result.values = Eigen::VectorXd::Zero(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    Eigen::RowVectorXd row = result.matrix.row(i);
    Reader(names, result.text[static_cast<std::size_t>(i)]).read(row, result.values(i));
    result.matrix.row(i) = row;
  }
  return result;
}

WaldTest wald_test(const Eigen::VectorXd& weights, const Eigen::MatrixXd& covariance,
                   const LinearRestrictions& restrictions) {
  const Eigen::MatrixXd& r = restrictions.matrix;
  const Eigen::Index count = r.rows();
  // 0 · NaN is NaN: weights that no restriction names must not take part.
  std::vector<int> used;
  for (int j = 0; j < static_cast<int>(r.cols()); ++j)
    if ((r.col(j).array() != 0.0).any()) used.push_back(j);
  const Eigen::MatrixXd rows = r(Eigen::indexing::all, used);
  const Eigen::MatrixXd variance = rows * covariance(used, used) * rows.transpose();
  for (Eigen::Index i = 0; i < count; ++i) {
    const std::string& text = restrictions.text[static_cast<std::size_t>(i)];
    if (!std::isfinite(variance(i, i)))
      throw std::invalid_argument(fmt::format("restriction \"{}\" is of a weight whose error is not known", text));
    if (!(variance(i, i) > 0.0))
      throw std::invalid_argument(fmt::format("restriction \"{}\" is of fixed weights alone", text));
  }
  const Eigen::VectorXd unit = variance.diagonal().cwiseSqrt().cwiseInverse();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(unit.asDiagonal() * variance * unit.asDiagonal());
  if (!(eigen.eigenvalues().minCoeff() > dependent))
    throw std::invalid_argument("the restrictions follow from, or contradict, each other: leave some out");
  const Eigen::VectorXd distance =
      eigen.eigenvectors().transpose() * (unit.asDiagonal() * (rows * weights(used) - restrictions.values));
  const double statistic = distance.cwiseAbs2().cwiseQuotient(eigen.eigenvalues()).sum();
  const boost::math::chi_squared_distribution<double> chi_squared(static_cast<double>(count));
  return {.statistic = statistic,
          .degrees_of_freedom = static_cast<int>(count),
          .p_value = boost::math::cdf(boost::math::complement(chi_squared, statistic))};
}

WeightRatio weight_ratio(const Eigen::VectorXd& weights, const Eigen::MatrixXd& covariance, int numerator,
                         int denominator, double confidence) {
  const double a = weights(numerator), b = weights(denominator);
  const double aa = covariance(numerator, numerator), bb = covariance(denominator, denominator),
               ab = covariance(numerator, denominator);
  const double z = infer(0.0, 1.0, confidence).upper;
  if (!std::isfinite(aa) || !std::isfinite(bb) || !std::isfinite(ab))
    throw std::invalid_argument("a ratio of weights whose errors are not known has none");
  if (b == 0.0) throw std::invalid_argument("a ratio whose denominator is 0");
  const double ratio = a / b;
  const double error = std::sqrt(std::max(0.0, aa - 2.0 * ratio * ab + ratio * ratio * bb)) / std::abs(b);
  WeightRatio result{.value = ratio,
                     .std_error = error,
                     .lower = ratio - z * error,
                     .upper = ratio + z * error,
                     .fieller = {.kind = FiellerSet::Kind::Everything,
                                 .lower = std::numeric_limits<double>::quiet_NaN(),
                                 .upper = std::numeric_limits<double>::quiet_NaN()}};
  // (a − ρ b)² ≤ z² (aa − 2 ρ ab + ρ² bb), a quadratic inequality in ρ.
  const double square = b * b - z * z * bb, middle = a * b - z * z * ab, constant = a * a - z * z * aa;
  const double discriminant = middle * middle - square * constant;
  if (square == 0.0 || (square < 0.0 && discriminant < 0.0)) return result;
  const double root = std::sqrt(std::max(0.0, discriminant));
  const double one = (middle - root) / square, other = (middle + root) / square;
  result.fieller = {.kind = square > 0.0 ? FiellerSet::Kind::Interval : FiellerSet::Kind::Outside,
                    .lower = std::min(one, other),
                    .upper = std::max(one, other)};
  return result;
}

}  // namespace softrl::irl
