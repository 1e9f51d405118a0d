// The statements of the verifier, a function each; where they come from and what they say stands in the Theorem they
// return. [SQL], [PGQL], [IRL], [Z10], [CDR] and [MQ] are the papers of docs/math.md.
#pragma once
#include "tabular/theory.hpp"

namespace softrl::tabular {

// 1  The backups (theory_backups.cpp)
Theorem optimal_backup_contraction(const TheorySetting& setting);   // |TQ₁ − TQ₂| ≤ γ |Q₁ − Q₂|
Theorem policy_backup_contraction(const TheorySetting& setting);    // the same for T_π
Theorem optimal_backup_monotonicity(const TheorySetting& setting);  // Q₁ ≤ Q₂ ⇒ TQ₁ ≤ TQ₂
Theorem policy_backup_monotonicity(const TheorySetting& setting);   //
Theorem optimal_backup_shift(const TheorySetting& setting);         // T(Q + c) = TQ + γ c P(s' not terminal)
Theorem policy_backup_shift(const TheorySetting& setting);          //

// 2  The fixed point (theory_fixed_point.cpp)
Theorem unique_fixed_point(const TheorySetting& setting);           // |TⁿQ₁ − TⁿQ₂| ≤ γⁿ |Q₁ − Q₂|
Theorem residual_bounds_error(const TheorySetting& setting);        // (1 − γ) |Q − Q*| ≤ |TQ − Q|
Theorem soft_bellman_equation(const TheorySetting& setting);        // the optimal policy's returns solve Q = TQ
Theorem optimal_policy_is_boltzmann(const TheorySetting& setting);  // V_π ≤ V*, equal for Boltzmann(Q*)
Theorem macqueen_porteus_encloses(const TheorySetting& setting);    // W + lower ≤ V* ≤ W + upper

// 3  The Boltzmann policy as a maximiser (theory_variational.cpp)
Theorem variational_identity(const TheorySetting& setting);  // V_Q − E_π Q + α D(π) = α KL(π, π_Q)
Theorem unique_maximiser(const TheorySetting& setting);      // V_Q − E_π Q + α D(π) ≥ α |π − π_Q|₁² / 2

// 4  Policy iteration (theory_policy_iteration.cpp)
Theorem policy_improvement(const TheorySetting& setting);          // π' = Boltzmann(Q_π) ⇒ Q_π' ≥ Q_π
Theorem policy_iteration_converges(const TheorySetting& setting);  // V rises, e' ≤ γ e
Theorem policy_iteration_rate(const TheorySetting& setting);       // e' ≤ γ² e² h / (8 α)

// 5  Cooling and heating (theory_cooling.cpp)
Theorem cooling_limit(const TheorySetting& setting);       // α m / (1 − γ) ≤ V_α − V₀ ≤ α M / (1 − γ)
Theorem cooling_by_entropy(const TheorySetting& setting);  // −α D(π₀) ≤ V_α − V₀ ≤ −α D(π_α)
Theorem heating_limit(const TheorySetting& setting);  // 0 ≤ V_α − α H* − R(π_H) ≤ D² / (8 α (1 − γ))

// 6  Entropy against KL to uniform (theory_reference_policy.cpp)
Theorem kl_charges_action_counts(const TheorySetting& setting);  // V_KL(r) = V_entropy(r + α log μ)
Theorem kl_shift(const TheorySetting& setting);                  // V_KL = V_entropy − α log|A| / (1 − γ)
Theorem kl_is_no_shift(const TheorySetting& setting);            // where that condition fails

// 7  Composition (theory_composition.cpp)
Theorem composition_bounds(const TheorySetting& setting);      // Q̄ − C ≤ Q ≤ Q̄
Theorem composed_policy_regret(const TheorySetting& setting);  // 0 ≤ V − V_π ≤ W for π = Boltzmann(Q̄)

// 8  Boltzmann exploration (theory_exploration.cpp)
Theorem maxent_beats_exploration(const TheorySetting& setting);  // V of Boltzmann(hard Q*) ≤ V*_α
Theorem exploration_falls_short(const TheorySetting& setting);   // by α (log 3 − 3/2 log 2) on a fork

// 9  Policy gradients (theory_policy_gradient.cpp)
Theorem gradient_one_step(const TheorySetting& setting);        // ∇ ½E(Q − y)² = α PG + ∇ ½E(V − V̂)²
Theorem gradient_n_step(const TheorySetting& setting);          //
Theorem gradient_td_lambda(const TheorySetting& setting);       //
Theorem natural_gradient(const TheorySetting& setting);         // damped regression = natural gradient + O(ε²)
Theorem proper_entropy_gradient(const TheorySetting& setting);  // entropy in the return: the true gradient
Theorem naive_entropy_bonus(const TheorySetting& setting);      // entropy of the present step only: not

// 10  Path distributions and visitation (theory_visitation.cpp, theory_path_distribution.cpp)
Theorem visitation_forward_pass(const TheorySetting& setting);  // the linear solve and the forward pass agree
Theorem visitation_monte_carlo(const TheorySetting& setting);   // and so do sampled walks
Theorem visitation_is_gradient(const TheorySetting& setting);  // 0 ≤ V(r + εh) − V(r) − ε⟨x, h⟩ ≤ O(ε²)
Theorem log_partition_gradient(const TheorySetting& setting);  // log Z = V, ∂ log Z/∂r = expected counts
Theorem feature_matching(const TheorySetting& setting);        // at the maximum of the likelihood
Theorem label_bias(const TheorySetting& setting);              // 1/3, 1/3, 1/3 against 1/2, 1/4, 1/4
Theorem paths_equal_causal(const TheorySetting& setting);      // where moves are deterministic
Theorem paths_differ_from_causal(const TheorySetting& setting);  // cosh 1 / (1 + cosh 1) against 1/2

// 11  Discount 1 (theory_path_sum.cpp)
Theorem path_sum_exists(const TheorySetting& setting);         // exactly while the spectral radius is below 1
Theorem path_sum_of_model(const TheorySetting& setting);       // the same of the model, by a charge a step
Theorem spectral_radius_bounds(const TheorySetting& setting);  // lower ≤ ρ(M) ≤ upper

// 12  Soft Q-iteration (theory_q_iteration.cpp)
Theorem soft_q_iteration(const TheorySetting& setting);        // |Q_n − Q*| ≤ γⁿ |Q₀ − Q*|
Theorem sampled_q_iteration(const TheorySetting& setting);     // the same from samples, but for Hoeffding's bound
Theorem soft_q_learning_rounds(const TheorySetting& setting);  // asynchronous: |Q − Q*| ≤ γ^rounds |Q₀ − Q*|

}  // namespace softrl::tabular
