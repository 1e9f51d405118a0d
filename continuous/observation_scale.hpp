// x ↦ (x − mean) / deviation, cut to [−10, 10]: observations of a common size.
#pragma once
#include <Eigen/Core>

namespace softrl::continuous {

constexpr double greatest_normalised = 10.0;

struct ObservationScale {
  Eigen::VectorXd mean, deviation;  // [S]

  Eigen::VectorXd apply(const Eigen::VectorXd& observation) const {
    return (observation - mean).cwiseQuotient(deviation).cwiseMax(-greatest_normalised).cwiseMin(greatest_normalised);
  }
};

}  // namespace softrl::continuous
