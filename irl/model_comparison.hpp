// Tests between two fits of the same trips.
//
// Likelihood ratio (Wilks): if the smaller of two nested models is true, 2 (L_full − L_restricted) is chi-squared with
// as many degrees of freedom as weights the larger one has more.
// Vuong (1989), for models that are not nested: with d_t the difference of the two log-likelihoods of trip t, n their
// number and s² their variance (divided by n), Σ d_t / (s √n) is standard normal if both are equally close to the
// truth.
#pragma once
#include <string>
#include <vector>

#include <Eigen/Core>

namespace softrl::irl {

struct LikelihoodRatioTest {
  double statistic;        // ≥ 0
  int degrees_of_freedom;  // ≥ 1
  double p_value;          // Small: the restriction is refused.
};

// Throws std::invalid_argument unless `degrees_of_freedom` ≥ 1 and both log-likelihoods are finite, and if the full
// model's is below the restricted one's by more than 1e-6 nats, which a nested model cannot be.
LikelihoodRatioTest likelihood_ratio_test(double restricted_log_likelihood, double full_log_likelihood,
                                          int degrees_of_freedom);

struct VuongTest {
  double statistic;  // Positive if the first model is closer; NaN if the models give every trip the same probability.
  double p_value;    // Two-sided; NaN likewise.
};

// `first`, `second` [trips]: log-likelihoods of the same trips, in the same order. Differences that vary by less than
// 1e-6 nats, as far as searches leave them, count as none. Throws std::invalid_argument if there are none or their
// numbers differ.
VuongTest vuong_test(const Eigen::VectorXd& first, const Eigen::VectorXd& second);

// A weight of a fitted model.
struct FittedWeight {
  std::string name;
  double value;
  bool estimated;               // false: fixed at `value`
  std::string definition = {};  // of what it is the weight
};

// Whether models of one family (family_of in study.hpp) may be nested in those of another by what their weights are:
// in the same, and in nested ones without scales, which are maxent.
bool may_nest(const std::string& restricted_family, const std::string& full_family);

// Whether `restricted` is `full` with at least one more weight fixed: what is estimated there is estimated in `full`,
// and what is fixed in `full` is fixed at the same value there. A weight that a model lacks is fixed at 0.
bool is_nested(const std::vector<FittedWeight>& restricted, const std::vector<FittedWeight>& full);

}  // namespace softrl::irl
