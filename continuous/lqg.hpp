// A linear system with a quadratic cost and Gaussian noise: its soft solution is known in closed form, so that a
// learned value and policy can be measured against the truth at every state.
//
//     s' = A s + B a + w,   w ~ N(0, σ² I)        r = −(sᵀ Q s + aᵀ R a)
//
// Over unbounded actions with Lebesgue measure, at temperature α and discount γ (docs/math.md 1),
//
//     V(s) = −sᵀ P s − c        π(·|s) = N(−K s, Σ)        M = R + γ Bᵀ P B
//     P = Q + γ Aᵀ P A − γ² Aᵀ P B M⁻¹ Bᵀ P A              (the Riccati equation of the hard problem: α is not in it)
//     K = γ M⁻¹ Bᵀ P A          Σ = (α / 2) M⁻¹
//     c = (γ σ² tr P − (α / 2) (d log(π α) − log det M)) / (1 − γ)
//
// The task's box of actions is wide enough for this to hold but for rare corners; see lqg_system().
#pragma once
#include <memory>

#include <Eigen/Core>

#include "continuous/task.hpp"
#include "softrl/status.hpp"

namespace softrl::continuous {

struct LinearQuadraticSystem {
  Eigen::MatrixXd A;  // [S × S]
  Eigen::MatrixXd B;  // [S × d]
  Eigen::MatrixXd Q;  // [S × S] symmetric, positive semidefinite
  Eigen::MatrixXd R;  // [d × d] symmetric, positive definite
  double noise;       // σ ≥ 0
};

// The task's: a damped rotation in the plane with a force in each direction. S = d = 2, A = 0.95 · (turn by 0.3 rad),
// B = 0.5 I, Q = I, R = 0.5 I, σ = 0.1. Actions in [−2, 2]² (clipped); the start is N(0, 0.4² I).
// At temperature 0.1 and discount 0.95 each component of the action has standard deviation 0.23 and a mean of at most
// 0.89 |s|: the bound is over three standard deviations away where |s| < 1.46, outside which 0.13 % of episodes start.
const LinearQuadraticSystem& lqg_system();

struct LqgSolution {
  Status status;               // Converged or IterationLimit
  Eigen::MatrixXd P;           // [S × S]
  double c;                    // in reward units
  Eigen::MatrixXd gain;        // [d × S] K
  Eigen::MatrixXd covariance;  // [d × d] Σ

  double value(const Eigen::VectorXd& state) const;                 // V
  Eigen::VectorXd mean_action(const Eigen::VectorXd& state) const;  // −K s
};

// Iterates the Riccati equation from P = Q until no entry moves by more than 1e-14 of the largest, at most 100,000
// times. Throws std::invalid_argument if temperature ≤ 0 or discount is outside [0, 1).
LqgSolution lqg_solution(double temperature, double discount, const LinearQuadraticSystem& system = lqg_system());

// Observation and state: s. Never terminates.
std::unique_ptr<TaskBody> lqg();

}  // namespace softrl::continuous
