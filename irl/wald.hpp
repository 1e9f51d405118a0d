// What one fit says of combinations of its weights, through their covariance C.
//
// Wald: if R θ = r, then (R θ̂ − r)ᵀ (R C Rᵀ)⁻¹ (R θ̂ − r) is chi-squared with as many degrees of freedom as rows of R.
//
// A ratio θ_a / θ_b (weights in units of another) by the delta method: its error is that of its linear part,
//     Var ≈ (C_aa − 2 ρ C_ab + ρ² C_bb) / θ_b²          ρ = θ̂_a / θ̂_b
// and by Fieller's theorem: all ρ for which θ_a − ρ θ_b may be 0. The second is right however poorly θ_b is known, and
// then no interval.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/Core>

namespace softrl::irl {

struct LinearRestrictions {
  Eigen::MatrixXd matrix;         // R [restrictions × K]
  Eigen::VectorXd values;         // r
  std::vector<std::string> text;  // Each as it was written.
};

// From "left_turn = 0, u_turn = 2 * link_constant + 1": sums of numbers, weights, and products of the two, on both
// sides of the equals sign. Throws std::invalid_argument, naming the restriction: what is none, an unknown weight, one
// without weights.
LinearRestrictions parse_restrictions(const std::vector<std::string>& names, std::string_view text);

struct WaldTest {
  double statistic;        // ≥ 0
  int degrees_of_freedom;  // ≥ 1
  double p_value;          // Small: the restrictions are refused.
};

// Throws std::invalid_argument: a weight without an error (NaN in `covariance`), a restriction of fixed weights alone,
// or restrictions that follow from each other.
WaldTest wald_test(const Eigen::VectorXd& weights, const Eigen::MatrixXd& covariance,
                   const LinearRestrictions& restrictions);

struct FiellerSet {
  enum class Kind {
    Interval,    // lower … upper
    Outside,     // −∞ … lower and upper … +∞: the denominator may be 0
    Everything,  // the data say nothing of the ratio
  };
  Kind kind;
  double lower, upper;  // NaN for Everything.
};

struct WeightRatio {
  double value;         // θ_a / θ_b
  double std_error;     // Delta method.
  double lower, upper;  // Its interval.
  FiellerSet fieller;
};

// Of weights `numerator` and `denominator`. Throws std::invalid_argument where one has no error (NaN in `covariance`),
// the denominator is 0, or `confidence` is not in (0, 1).
WeightRatio weight_ratio(const Eigen::VectorXd& weights, const Eigen::MatrixXd& covariance, int numerator,
                         int denominator, double confidence);

}  // namespace softrl::irl
