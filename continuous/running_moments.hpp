// Mean and variance of vectors as they come, several at a time (Chan, Golub & LeVeque 1979; Welford 1962 for one).
#pragma once
#include <Eigen/Core>

#include "continuous/environments.hpp"

namespace softrl::continuous {

struct RunningMoments {
  double count = 0.0;
  Eigen::VectorXd mean;     // [S] 0 while there are none
  Eigen::VectorXd squares;  // [S] Σ (x − mean)²

  static RunningMoments zero(Eigen::Index size);

  void add(const Eigen::Ref<const RowMatrix>& rows);  // [N × S]
  Eigen::VectorXd deviation() const;                  // [S] √(squares / count + 1e-8); 1 for fewer than two
};

}  // namespace softrl::continuous
