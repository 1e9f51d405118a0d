// A learned run against the exact solution of its task (exact_solution.hpp). Everything is in the task's own reward
// units: a run that scales its rewards by c has learned c times the values, at c times the temperature.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include <Eigen/Core>

#include "continuous/evaluation.hpp"
#include "continuous/trained_run.hpp"
#include "validation/exact_solution.hpp"

namespace softrl::validation {

// What the run multiplies rewards by, its α in the task's reward units (0 for agents without entropy), and its γ.
double reward_scale(const continuous::TrainedRun& run);
double temperature(const continuous::TrainedRun& run);
double discount(const continuous::TrainedRun& run);

// The smallest Q of the run's critics at the midpoint of every cell.
Eigen::VectorXd learned_q(const continuous::TrainedRun& run, const Eigen::VectorXd& observation,
                          const tabular::ActionGrid& cells);
// Their soft value, α log ∫ exp(Q/α) da over those cells.
double learned_value(const continuous::TrainedRun& run, double temperature, const Eigen::VectorXd& observation,
                     const tabular::ActionGrid& cells);

struct VisitedPair {
  Eigen::VectorXd state;
  Eigen::VectorXd action;  // in [−1, 1]^d
};
// Of all steps of the trajectories, at most so many at equal distances.
std::vector<VisitedPair> visited_pairs(const TaskModel& model,
                                       const std::vector<continuous::ContinuousTrajectory>& trajectories,
                                       std::int64_t at_most);

// Root mean squares over the pairs, in shares of the range (max − min) of the exact V, or Q, over the same pairs.
struct ValueComparison {
  std::int64_t pairs;
  double value_range, q_range;  // in reward units
  double value_rmse, q_rmse;    // learned − exact
  double value_bias;            // mean of learned − exact V, in shares of value_range
  double discretisation_error;  // of V: exact − exact on the coarser grid
  double discretisation_worst;  // the largest of them, in shares of value_range
  struct ClosedForm {
    double exact_rmse, exact_worst;  // exact − closed form
    double value_rmse;               // learned − closed form
  };
  std::optional<ClosedForm> closed_form;  // where there is one
};
// Throws std::invalid_argument if there are no pairs.
ValueComparison compare_values(const continuous::TrainedRun& run, const ExactSolution& exact,
                               const ExactSolution& coarse, const std::vector<VisitedPair>& pairs, int threads = 1);

// The law of the action at one state in equal cells: 10 × 10 in two dimensions, 20 in one; the last axis fastest. The
// exact probability of a cell is the mean of exp(Q/α) over 5 points on each axis. A divergence estimated from n samples
// in m cells is too large by up to (m − 1) / (2 n).
struct PolicyComparison {
  Eigen::VectorXd state;
  std::vector<double> exact, learned;  // probabilities; shares of the samples
  double kl;                           // KL(learned, exact), in nats; finite unless the temperature is 0
  double uniform_kl;                   // KL(uniform, exact)
};
PolicyComparison compare_policies(const continuous::TrainedRun& run, const ExactSolution& exact,
                                  const Eigen::VectorXd& state, int samples, std::uint64_t seed);

// How many cells an axis is cut into there. Throws std::invalid_argument for more than two dimensions.
int policy_cells(Eigen::Index dimensions);

// The nodes of `nodes` with the exact and the learned V.
struct ValueTable {
  std::vector<Eigen::VectorXd> states;
  std::vector<double> exact, learned;
};
ValueTable value_table(const continuous::TrainedRun& run, const ExactSolution& exact, const tabular::StateGrid& nodes,
                       int threads = 1);

}  // namespace softrl::validation
