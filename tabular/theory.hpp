// The verifier: a function per statement of soft Bellman theory (tabular/theory_statements.hpp), each measured on a
// given Mdp or on small built-in instances, and each from both sides: the bound holds, and where it is attained an
// instance attains it.
//
// Every statement is a law that holds exactly; `bound` adds what rounding may do to the measurement, derived, not
// guessed. The functions see backups and solvers only through Operators, so that a test can hand them broken ones and
// show that the statement then fails.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/Core>

#include "softrl/progress.hpp"
#include "tabular/base_measure.hpp"
#include "tabular/bellman.hpp"
#include "tabular/certificate.hpp"
#include "tabular/feasibility.hpp"
#include "tabular/mdp.hpp"
#include "tabular/policy_evaluation.hpp"
#include "tabular/soft_q_learning.hpp"
#include "tabular/solution.hpp"
#include "tabular/visitation.hpp"

namespace softrl::tabular {

// What a measurement looks like.
struct Curve {
  enum class Style { Line, Dashed, Points };  // Dashed: a bound.
  std::string label;
  std::vector<double> x, y;  // Of equal length; in a bar chart x is the category, 0, 1, …
  Style style = Style::Line;
};

struct Plot {
  std::string x_label, y_label;
  bool log_x = false, log_y = false;
  std::vector<std::string> categories = {};  // Not empty: a bar chart, a group of bars for each.
  std::vector<Curve> curves = {};
};

// An instance on which the bound is attained, or a value that is known in closed form is met: |value − limit| is within
// what rounding may do.
struct Attainment {
  std::string on;
  double value, limit, rounding;
  bool holds;
};

struct Theorem {
  std::string id;         // "optimal_backup_contraction"
  std::string name;       // For people.
  std::string source;     // "[SQL] Theorem 4; math.md 2.6"
  std::string statement;  // What is measured, as a formula.
  double measured = 0.0;
  double bound = 0.0;            // Rounding included.
  bool holds = false;            // measured ≤ bound, and every attainment holds.
  std::string skipped = {};      // Why the statement does not apply to this model; then nothing is measured.
  std::string measured_on = {};  // Number and kind of cases, false-alarm probability: what the figures rest on.
  std::vector<Attainment> attained = {};
  Plot plot = {};

  double margin() const { return bound - measured; }
  bool failed() const { return !holds && skipped.empty(); }
};

struct TheoryOptions {
  double temperature = 1.0;       // α, 0 or in [1e-50, 1e50] reward units; at 0 statements on entropy are skipped.
  BaseMeasure base_measure = {};  // Counting measure (entropy bonus) unless given; of actions of the Mdp.
  std::uint64_t seed = 0;         // Of the random action values, policies and instances on which the laws are tried.
  int trials = 20;                // ≥ 1 of them for each law; fewer where the model is large.
};

struct Problem {
  const Mdp& mdp;
  double temperature;
  BaseMeasure measure = {};
};

// What the statements are about: arrays as in bellman.hpp.
struct Operators {
  std::function<Eigen::VectorXd(const Problem&, const Eigen::VectorXd& values)> action_values;
  std::function<Eigen::VectorXd(const Problem&, const Eigen::VectorXd& q)> state_values;
  std::function<Eigen::VectorXd(const Problem&, const Eigen::VectorXd& q)> boltzmann;
  std::function<Eigen::VectorXd(const Problem&, const Eigen::VectorXd& policy, const Eigen::VectorXd& q)> policy_values;
  std::function<PolicyEvaluation(const Problem&, const Eigen::VectorXd& policy)> evaluate;
  std::function<Solution(const Problem&, const ProgressObserver&)> solve;
  std::function<Gap(const Problem&, const Sweep& sweep)> bounds;  // After a sweep of value iteration.
  std::function<Visitation(const Problem&, const Eigen::VectorXd& policy)>
      visitation;  // From the initial distribution.
  std::function<Existence(const Problem&)> existence;
  std::function<SoftQLearningResult(const Problem&, const SoftQLearningOptions&)> learn;  // From samples of the model.

  // The Q forms, TQ and T_π Q.
  Eigen::VectorXd optimal_backup(const Problem& problem, const Eigen::VectorXd& q) const {
    return action_values(problem, state_values(problem, q));
  }
  Eigen::VectorXd policy_backup(const Problem& problem, const Eigen::VectorXd& policy, const Eigen::VectorXd& q) const {
    return action_values(problem, policy_values(problem, policy, q));
  }
};

// Those of this module.
Operators exact_operators();

// What a statement is tried on. The constructor throws std::invalid_argument, naming the option, if one is out of
// range, if the base measure does not fit the Mdp, or if every state is terminal.
struct TheorySetting {
  TheorySetting(const Mdp& mdp, const TheoryOptions& options, Operators operators = exact_operators());
  TheorySetting(Mdp&&, const TheoryOptions&) = delete;

  const Mdp& mdp;
  TheoryOptions options;
  Operators operators;
  ProgressObserver progress = {};  // Of the solves within a statement.

  Problem problem() const { return problem(mdp, options.temperature); }
  // The same with other rewards or another temperature.
  Problem problem(const Mdp& other, double temperature) const {
    return {.mdp = other, .temperature = temperature, .measure = options.base_measure};
  }
  Solution solve(const Problem& problem) const { return operators.solve(problem, progress); }
};

struct Statement {
  std::string_view id;  // Of its Theorem.
  int group;            // Its chapter, an index of theory_groups() counted from 1.
  Theorem (*measure)(const TheorySetting& setting);
};

// All of them, chapter by chapter; and the titles of the chapters.
std::span<const Statement> all_statements();
std::span<const std::string_view> theory_groups();

// Measures all statements. `progress` is told the number of statements done, and the certified gap of a solve that is
// under way.
std::vector<Theorem> verify_theory(const TheorySetting& setting, const ProgressObserver& progress = {});

}  // namespace softrl::tabular
