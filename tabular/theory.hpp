// The verifier: a function per statement of docs/math.md 2, each measured on a given Mdp.
//
// Every statement is a law that holds exactly; `bound` adds what rounding may do to the measurement, derived, not
// guessed. The functions see the backups and solvers only through Operators, so that a test can hand them broken ones
// and show that the statement then fails.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "tabular/bellman.hpp"
#include "tabular/certificate.hpp"
#include "tabular/mdp.hpp"
#include "tabular/policy_evaluation.hpp"
#include "tabular/solution.hpp"

namespace softrl::tabular {

struct Theorem {
  std::string id;         // "optimal_backup_contraction"
  std::string name;       // For people.
  std::string source;     // "math.md 2.4"
  std::string statement;  // What is measured, as a formula.
  double measured = 0.0;
  double bound = 0.0;  // Rounding included.
  bool holds = false;  // measured ≤ bound.
};

struct TheoryOptions {
  double temperature = 1.0;  // α > 0, in reward units.
  std::uint64_t seed = 0;    // Of the random action values and policies on which the laws are tried.
  int trials = 20;           // ≥ 1 of them for each law.
};

// What the statements are about: arrays as in bellman.hpp, counting base measure.
struct Operators {
  std::function<Eigen::VectorXd(const Eigen::VectorXd& q)> optimal_backup;
  std::function<Eigen::VectorXd(const Eigen::VectorXd& policy, const Eigen::VectorXd& q)> policy_backup;
  std::function<Eigen::VectorXd(const Eigen::VectorXd& q)> state_values;
  std::function<Eigen::VectorXd(const Eigen::VectorXd& q)> boltzmann;
  std::function<PolicyEvaluation(const Eigen::VectorXd& policy)> evaluate;
  std::function<Solution(double temperature)> solve;
  std::function<Gap(const Sweep& sweep)> bounds;  // After a sweep of value iteration.
};

// Those of this module; they refer to `mdp`, which must outlive them.
Operators exact_operators(const Mdp& mdp, double temperature);

// What a statement is tried on. The constructor throws std::invalid_argument unless α > 0 and the discount is below 1:
// at 1 the backups are not contractions.
struct TheorySetting {
  TheorySetting(const Mdp& mdp, const TheoryOptions& options);
  TheorySetting(const Mdp& mdp, const TheoryOptions& options, Operators operators);
  TheorySetting(Mdp&&, const TheoryOptions&) = delete;

  const Mdp& mdp;
  TheoryOptions options;
  Operators operators;
};

Theorem optimal_backup_contraction(const TheorySetting& setting);   // |TQ₁ − TQ₂| ≤ γ |Q₁ − Q₂|
Theorem optimal_backup_monotonicity(const TheorySetting& setting);  // Q₁ ≤ Q₂ ⇒ TQ₁ ≤ TQ₂
Theorem policy_backup_contraction(const TheorySetting& setting);    // the same for T_π
Theorem policy_backup_monotonicity(const TheorySetting& setting);   //
Theorem constant_shift(const TheorySetting& setting);               // T(Q + c) = TQ + γ c P(s' not terminal)
Theorem unique_fixed_point(const TheorySetting& setting);           // |TⁿQ₁ − TⁿQ₂| ≤ γⁿ |Q₁ − Q₂|
Theorem variational_identity(const TheorySetting& setting);         // V_Q − E_π Q + α D(π) = α KL(π, π_Q)
Theorem policy_improvement(const TheorySetting& setting);           // π' ∝ exp(Q_π/α) ⇒ Q_π' ≥ Q_π
Theorem policy_iteration_rate(const TheorySetting& setting);        // e' ≤ min(γ e, γ² e² / (8 α (1 − γ)))
Theorem cooling_limit(const TheorySetting& setting);                // 0 ≤ V_α − V₀ ≤ α log|A| / (1 − γ)
Theorem macqueen_porteus_encloses(const TheorySetting& setting);    // W + lower ≤ V* ≤ W + upper

// All of them, in this order.
std::vector<Theorem> verify_theory(const TheorySetting& setting);

}  // namespace softrl::tabular
