// Values, visitations and hitting probabilities estimated from rollouts, with intervals that hold for any number of
// episodes: nothing in them is asymptotic.
//
// Means of bounded quantities get the empirical Bernstein interval (Maurer and Pontil 2009, Theorem 4) of both sides,
//     |mean − E| ≤ √(2 v L/n) + 7 R L/(3 (n − 1))        L = log(4/(1 − confidence))
// with the sample variance v and the range R that rewards and horizon imply; probabilities get the one of Clopper and
// Pearson. Each interval covers the exact answer with probability at least `confidence`.
#pragma once
#include <cstdint>
#include <span>

#include <Eigen/Core>

#include "softrl/progress.hpp"
#include "tabular/base_measure.hpp"
#include "tabular/mdp.hpp"

namespace softrl::tabular {

struct MonteCarloOptions {
  int episodes = 10'000;     // n ≥ 2.
  int max_steps = 1000;      // ≥ 1; longer episodes are cut.
  double confidence = 0.99;  // In (0, 1).
  std::uint64_t seed = 0;
  double temperature = 0.0;        // α ≥ 0: returns are Σ γ^t (r − α log(π/μ)).
  BaseMeasure base_measure = {};   // Counting measure (entropy bonus) unless given.
  ProgressObserver progress = {};  // About 100 times, without measurements.
};

struct MonteCarloEstimate {
  double mean;
  double low, high;  // The interval.
  int cut_episodes;  // That max_steps ended.
};

struct MonteCarloVisitation {
  Eigen::VectorXd mean, low, high;  // [S] as Visitation::states; all S intervals hold together with `confidence`.
  int cut_episodes;
};

// Episodes start from the initial distribution of `mdp`, which must leave out terminal states, and follow `policy` [K].
// Below discount 1, what follows max_steps is bounded and part of the interval. At discount 1 means are those of the
// first max_steps steps, and with cut_episodes > 0 more follows, of which nothing is known: the interval then has
// infinite ends where that might add or take any amount (terminal states are visited once at most). With none, what is
// covered is the process that ends after max_steps.
// All throw std::invalid_argument, naming option or state, if one is out of range, or if the temperature is positive
// and `policy` takes an action of base weight 0.
MonteCarloEstimate monte_carlo_value(const Mdp& mdp, const Eigen::VectorXd& policy,
                                     const MonteCarloOptions& options = {});
MonteCarloVisitation monte_carlo_visitation(const Mdp& mdp, const Eigen::VectorXd& policy,
                                            const MonteCarloOptions& options = {});

// P(some target is ever entered). Episodes that were cut undecided count as misses below and as hits above.
MonteCarloEstimate monte_carlo_hitting(const Mdp& mdp, const Eigen::VectorXd& policy, std::span<const Index> targets,
                                       const MonteCarloOptions& options = {});

}  // namespace softrl::tabular
