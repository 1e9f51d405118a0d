// What the statements of the verifier share: verdicts, random cases, what rounding may do, small instances.
#pragma once
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Core>

#include "softrl/operators.hpp"
#include "softrl/random.hpp"
#include "tabular/theory.hpp"

namespace softrl::tabular::theory {

using Eigen::VectorXd;

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double unit = std::numeric_limits<double>::epsilon() / 2.0;  // Relative error of one operation.

// Verdicts. Nothing holds that was compared with an infinite bound or with NaN.
void attain(Theorem& theorem, std::string on, double value, double limit, double rounding);
Theorem conclude(Theorem theorem, double measured, double bound);
Theorem skip(Theorem theorem, std::string reason);

// Why a statement does not apply; empty where it does.
std::string without_temperature(const TheorySetting& setting);  // Entropy needs a positive temperature.
std::string without_discount(const TheorySetting& setting);     // A contraction needs a discount below 1.
// Many linear systems take up to 600,000 transitions below discount 1 and 60,000 at 1; many solutions alone up to
// 3,000,000 below discount 1.
std::string too_large_to_solve(const TheorySetting& setting);
std::string too_large_to_iterate(const TheorySetting& setting);
std::string uncertified(const Solution& solution);  // A model without a certified solution.

// The largest |x|, 0 for an empty array; and the larger of the two, NaN never lost.
double largest(const VectorXd& x);
double worst(double a, double b);

// Random cases.
int trials(const TheorySetting& setting);  // options.trials, fewer for a large model.
std::string trials_text(const TheorySetting& setting, std::string_view what);  // "20 random policies".
double usual_size(const Problem& problem);  // What rewards and bonuses amount to, > 0, in reward units.
VectorXd random_action_values(const Problem& problem, Random& random);  // Of that size.
VectorXd random_policy(const Problem& problem, Random& random);         // Positive where the base measure is.

// What rounding may do to one computed Q backup of action values up to `largest_q`: it takes a state value and a Q.
double backup_error(const Problem& problem, double largest_q);

// At least the expected discounted number of steps of `policy` from any state: what a rounding error per step adds up
// to. +∞ if the policy may go on for ever at discount 1.
double longest_walk(const Mdp& mdp, const VectorXd& policy);

// At least |V_π − V*| for the Boltzmann policy π of the computed `solution`: one step costs at most twice its error.
double policy_error(const Problem& problem, const Solution& solution);

// [K] as array over pairs, times: Σ_a π(a|s) x(s,a) in every state, 0 in terminal ones.
VectorXd mean_over(const Mdp& mdp, const VectorXd& policy, const VectorXd& per_pair);
// [S] γ P_πᵀ x: one step of the forward pass. What is in a terminal state leaves.
VectorXd step_forward(const Mdp& mdp, const VectorXd& policy, const VectorXd& present);
// [S] the largest of a state's x(s,a), 0 in terminal ones.
VectorXd largest_of(const Mdp& mdp, const VectorXd& per_pair);
std::span<const double> row(const Mdp& mdp, Index state, const VectorXd& per_pair);

// The same process with other rewards [K], and with its terminal values or without.
enum class TerminalValues { Keep, Zero };
Mdp with_rewards(const Mdp& mdp, const VectorXd& rewards, TerminalValues terminal_values = TerminalValues::Keep);
VectorXd rewards_of(const Mdp& mdp);

// Instances. One state whose actions all return to it.
Mdp loop_instance(const std::vector<double>& rewards, double discount);
// State 0 chooses between the end (action 0) and state 1 (action 1), where two equal actions lead to the end; all
// rewards are 0. Entropy is to be had by going on.
Mdp fork_instance(double discount);
// States in layers, each with two or three actions that lead to up to two states of the next layer, the last one to a
// terminal state: every walk ends after `layers` steps. Rewards are normal, times `scale`.
Mdp layered_instance(int layers, double scale, double discount, bool deterministic, Random& random);

// Plots.
Curve line(std::string label, std::vector<double> x, std::vector<double> y, Curve::Style style = Curve::Style::Line);
Curve line(std::string label, std::vector<double> y, Curve::Style style = Curve::Style::Line);  // x = 0, 1, …

}  // namespace softrl::tabular::theory
