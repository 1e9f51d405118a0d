// A table of probabilities as a DiscretePolicy.
#pragma once
#include <Eigen/Core>

#include "softrl/policy.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

class TabularPolicy : public DiscretePolicy {
 public:
  // `probabilities` [K] over pairs of `mdp`, to which it refers and which must outlive it.
  // Throws std::invalid_argument, naming the state, if they are not a policy.
  TabularPolicy(const Mdp& mdp, Eigen::VectorXd probabilities);
  TabularPolicy(Mdp&&, Eigen::VectorXd) = delete;

  // The name of an action. Throws std::invalid_argument if `state` is terminal or out of range.
  int sample(const int& state, Random& random) const override;
  double log_prob(const int& state, const int& action) const override;

 private:
  std::span<const double> row(Index state) const;

  const Mdp& mdp_;
  Eigen::VectorXd probabilities_;
};

}  // namespace softrl::tabular
