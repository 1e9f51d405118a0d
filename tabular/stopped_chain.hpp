// The Markov chain that follows a policy until it stops, discounted by γ a step: sums along its paths, forwards and
// backwards, with certified errors. Values of policies, visitations, hitting and stationary distributions are all such
// sums.
//
// With h the discounted number of states on the way, h − γ P_π h ≥ κ > 0 makes I − γ P_π an M-matrix: whatever leaves
// a residual r in (I − γ P_π) v = b is off by at most max|r| h / κ, and whatever leaves it in (I − γ P_π)ᵀ x = b by at
// most Σ_s h(s) |r(s)| / κ, in the sum over states. Both hold for any h, which is therefore computed like all else, and
// then verified.
#pragma once
#include <optional>

#include <Eigen/Core>

#include "tabular/mdp.hpp"
#include "tabular/policy_system.hpp"

namespace softrl::tabular {

// By what share of itself a step's probability may change when the rows of `policy` [K] and those of `mdp` are divided
// by their sums.
double row_scaling_error(const Mdp& mdp, const Eigen::VectorXd& policy);

class StoppedChain {
 public:
  // `policy` [K] as in check_policy, or all zeros in a state where the chain stops; it also does in terminal states.
  // Refers to `mdp`. Costs a linear solve (policy_system.hpp), as each sum does. Errors bound the distance from the
  // sums of every chain whose probabilities π(a|s) P(s'|s,a) differ from the stored ones by at most `relative_error` of
  // themselves.
  StoppedChain(const Mdp& mdp, Eigen::VectorXd policy, double relative_error = 0.0);

  // False if κ > 0 could not be verified: at discount 1 the chain does not stop, or so late that rounding hides it or
  // h was not found. Nothing else may be called then.
  bool stops() const { return least_ > 0.0; }

  struct Visits {
    Eigen::VectorXd states;  // [S] Σ_t γ^t P(s_t = s), ≥ 0; the state where it stops counts once.
    Eigen::VectorXd error;  // [S] whose sum bounds Σ_s |states(s) − exact(s)|, rounding included; so it does for any
                            //     states that the chain neither enters from others nor leaves.
    double flow_residual;   // Σ_s |states − start − γ P_πᵀ states|.
  };
  // `start` [S] ≥ 0, a distribution or any weights, each of which may be off by `start_error` times itself. Empty if
  // the system was not solved, or overflows; so is sums().
  std::optional<Visits> visits(const Eigen::VectorXd& start, double start_error = 0.0);

  struct Sums {
    Eigen::VectorXd states;  // [S] E[ Σ_t γ^t b(s_t) | s_0 = s ].
    Eigen::VectorXd error;   // [S] |states(s) − exact(s)| ≤ error(s), rounding included.
  };
  // `b` [S], each of which may be off by `b_error`.
  std::optional<Sums> sums(const Eigen::VectorXd& b, double b_error = 0.0);

 private:
  const Mdp& mdp_;
  Eigen::VectorXd policy_;
  double units_;  // Roundings of a step's probability, that of the chain included.
  PolicySystem system_;
  Eigen::VectorXd steps_;  // h.
  double least_ = 0.0;     // κ.
};

}  // namespace softrl::tabular
